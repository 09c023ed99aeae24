/** What the pool knows, and the moves of which its steps are made. Each keeps the invariants that `pool.ts` states, but where it says so. */
import { TimerHeap } from "../../base/timer-heap.ts";
import { LinkedList } from "./pool-lists.ts";
import { Dial, IdleList, Origin, Waiting, type Slot } from "./pool-parts.ts";

export type PoolAction<W, C> =
  | { readonly kind: "lend"; readonly waiter: W; readonly slot: Slot<W, C> }
  /** Nobody wants it now. */
  | { readonly kind: "keep"; readonly slot: Slot<W, C> }
  | { readonly kind: "dial"; readonly waiter: W; readonly dial: Dial<W, C> }
  /** The dial that was for it is for another one now: it waits for its turn again. */
  | { readonly kind: "queue"; readonly waiter: W }
  /** Nobody wants it any more: `dialed` and `dialFailed` are not called for it. */
  | { readonly kind: "callOff"; readonly dial: Dial<W, C> }
  | { readonly kind: "close"; readonly connection: C }
  | { readonly kind: "fail"; readonly waiter: W; readonly error: unknown };

export type Actions<W, C> = Array<PoolAction<W, C>>;

export interface PoolLimits {
  readonly maxConnections: number;
  readonly maxPerOrigin: number;
}

/** `W` is who waits, `C` a connection. */
export class PoolState<W, C> {
  readonly limits: PoolLimits;
  readonly waiting: Map<W, Waiting<W, C>> = new Map();
  readonly dials: Set<Dial<W, C>> = new Set();
  /** Origins with waiters whom only the global limit blocks, by the ticket of the first. */
  readonly blocked: TimerHeap<Origin<W, C>> = new TimerHeap();
  readonly idle: IdleList<W, C> = new IdleList();
  readonly #orphans: LinkedList<Dial<W, C>> = new LinkedList((dial) => dial.inAge);
  readonly #origins: Map<string, Origin<W, C>> = new Map();
  open = 0;
  tickets = 0;
  sweepAt: number = Infinity;

  constructor(limits: PoolLimits) {
    this.limits = limits;
  }

  get originCount(): number {
    return this.#origins.size;
  }

  /** Dials for those who came first, as far as the limits allow. */
  settle(actions: Actions<W, C>): Actions<W, C> {
    for (let origin = this.blocked.first; origin !== undefined; origin = this.blocked.first) {
      if (this.open >= this.limits.maxConnections && !this.#makeRoom(actions)) break;
      const waiting = origin.blocked.first as Waiting<W, C>;
      origin.blocked.remove(waiting);
      waiting.isBlocked = false;
      origin.open++;
      this.open++;
      this.dial(waiting, actions);
      this.rank(origin);
    }
    return actions;
  }

  #makeRoom(actions: Actions<W, C>): boolean {
    const slot = this.idle.oldest;
    if (slot !== null) {
      this.close(slot, actions);
      return true;
    }
    const dial = this.#orphans.first;
    if (dial === null) return false;
    this.unorphan(dial);
    this.dials.delete(dial);
    this.closed(dial.origin);
    this.forget(dial.origin);
    actions.push({ kind: "callOff", dial });
    return true;
  }

  /** The place in `open` is taken already. */
  dial(waiting: Waiting<W, C>, actions: Actions<W, C>): void {
    const dial = new Dial(waiting.origin, waiting);
    waiting.dial = dial;
    this.dials.add(dial);
    actions.push({ kind: "dial", waiter: waiting.waiter, dial });
  }

  /**
   * Puts somebody into the line: at its end, or behind the others who want a fresh connection. A dial that nobody wants is his; else that of the
   * last one behind him for whom is dialled, who waits in his stead; else he is blocked.
   */
  join(origin: Origin<W, C>, waiter: W, isFresh: boolean, actions: Actions<W, C>): Waiting<W, C> {
    const { line, orphans } = origin;
    const ticket = this.tickets++ + (isFresh ? Number.MIN_SAFE_INTEGER : 0);
    const waiting = new Waiting(origin, waiter, ticket, isFresh);
    this.waiting.set(waiter, waiting);
    line.insert(waiting, isFresh ? this.#lastOf(line, line.first, (each) => each.isFresh) : line.last);
    const orphan = orphans.first;
    const behind = this.#lastOf(line, line.after(waiting), (each) => each.dial !== null);
    if (orphan !== null) {
      this.unorphan(orphan);
      this.adopt(orphan, waiting);
    } else if (behind !== null) {
      this.adopt(behind.dial as Dial<W, C>, waiting);
      behind.dial = null;
      this.#block(behind);
      actions.push({ kind: "queue", waiter: behind.waiter });
    } else this.#block(waiting);
    return waiting;
  }

  /** The last of those from `first` on, one after the other, of whom `is` holds. */
  #lastOf(
    line: LinkedList<Waiting<W, C>>,
    first: Waiting<W, C> | null,
    is: (each: Waiting<W, C>) => boolean,
  ): Waiting<W, C> | null {
    let last: Waiting<W, C> | null = null;
    for (let each = first; each !== null && is(each); each = line.after(each)) last = each;
    return last;
  }

  /** `waiting` stands in the line behind all for whom is dialled, and before others who are blocked only where it does so in the line. */
  #block(waiting: Waiting<W, C>): void {
    const { origin } = waiting;
    const before = origin.line.before(waiting);
    waiting.isBlocked = true;
    origin.blocked.insert(waiting, before?.isBlocked === true ? before : null);
    this.rank(origin);
  }

  adopt(dial: Dial<W, C>, waiting: Waiting<W, C>): void {
    dial.waiting = waiting;
    dial.isAdopted = true;
    waiting.dial = dial;
  }

  /** Takes one who waits out of the line; a dial for it is adopted by the next, or an orphan. */
  leave(waiting: Waiting<W, C>): void {
    const { origin, dial } = waiting;
    this.waiting.delete(waiting.waiter);
    origin.line.remove(waiting);
    if (dial === null) {
      if (waiting.isBlocked) this.unblock(waiting);
      return;
    }
    waiting.dial = null;
    const heir = origin.blocked.first;
    if (heir !== null) {
      this.unblock(heir);
      this.adopt(dial, heir);
      return;
    }
    dial.waiting = null;
    origin.orphans.push(dial);
    this.#orphans.push(dial);
  }

  /** For when everything ends: nobody is to take the place of one who waits. */
  abandon(waiting: Waiting<W, C>): void {
    const { origin, dial } = waiting;
    origin.line.remove(waiting);
    if (dial !== null) dial.waiting = null;
    if (waiting.isBlocked) this.unblock(waiting);
  }

  unblock(waiting: Waiting<W, C>): void {
    waiting.origin.blocked.remove(waiting);
    waiting.isBlocked = false;
    this.rank(waiting.origin);
  }

  unorphan(dial: Dial<W, C>): void {
    dial.origin.orphans.remove(dial);
    this.#orphans.remove(dial);
  }

  /** A connection that nobody of its origin takes: idle, or closed where it would be in somebody's way. */
  keep(slot: Slot<W, C>, expiresAt: number, actions: Actions<W, C>): void {
    if (this.blocked.size > 0 || slot.origin.blocked.first !== null) {
      this.close(slot, actions);
      return;
    }
    slot.state = "idle";
    slot.expiresAt = expiresAt;
    if (expiresAt < this.sweepAt) this.sweepAt = expiresAt;
    this.idle.push(slot);
    actions.push({ kind: "keep", slot });
  }

  wake(slot: Slot<W, C>): void {
    slot.state = "lent";
    this.idle.remove(slot);
  }

  close(slot: Slot<W, C>, actions: Actions<W, C>): void {
    if (slot.state === "idle") this.wake(slot);
    slot.state = "gone";
    this.closed(slot.origin);
    this.forget(slot.origin);
    actions.push({ kind: "close", connection: slot.connection });
  }

  /** There is one connection less. */
  closed(origin: Origin<W, C>): void {
    origin.open--;
    this.open--;
    this.rank(origin);
  }

  /** Puts an origin into the heap, or takes it out, as its first blocked waiter and its own limit say. */
  rank(origin: Origin<W, C>): void {
    this.blocked.remove(origin);
    const { first } = origin.blocked;
    if (first !== null && origin.open < this.limits.maxPerOrigin) this.blocked.add(origin, first.ticket);
  }

  known(key: string): Origin<W, C> | undefined {
    return this.#origins.get(key);
  }

  /** For when nothing is left but what is lent. */
  clear(): void {
    this.waiting.clear();
    this.dials.clear();
    this.#origins.clear();
  }

  origin(key: string): Origin<W, C> {
    let origin = this.#origins.get(key);
    if (origin === undefined) this.#origins.set(key, (origin = new Origin(key)));
    return origin;
  }

  /** An origin of which nothing is left is not kept. */
  forget(origin: Origin<W, C>): void {
    if (origin.open === 0 && origin.line.first === null && this.#origins.get(origin.key) === origin)
      this.#origins.delete(origin.key);
  }
}
