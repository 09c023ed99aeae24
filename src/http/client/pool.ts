/**
 * Who gets which connection: the decisions of a client's pool. Pure: each method is a step that takes what happened and gives what is
 * to be done; no I/O, no clock.
 *
 * Connections are kept by origin, and by age; waiters stand in line by origin, with a ticket each. A waiter is either blocked by a
 * limit, or a connection is dialled for it; but whoever is first in line takes the connection that comes first, a new one or one that
 * was given back. A dial whose waiter was served or has gone is adopted by the next one who is blocked; else it is an orphan, goes on,
 * and its connection is kept.
 *
 * Invariants
 * - `open`, the connections that are open or on their way, is at most `maxConnections`, and `maxPerOrigin` for an origin.
 * - While somebody is blocked by the global limit alone, no connection is idle and no dial is an orphan: those make room, the oldest first.
 * - While somebody waits for an origin, none of its connections is idle, unless all who wait want a fresh one.
 * - In each line those for whom is dialled stand before those who are blocked; before all of them, those who want a fresh connection:
 *   they were served before, by one that was dead, and keep their place.
 * - A connection that was given back serves its own origin, unless somebody of another origin is blocked who came earlier by more than
 *   `maxConnections` places: then it makes room for that one. So nobody is overtaken for ever, and two busy origins do not
 *   close each other's connections with each request. For one of its own who wants a fresh connection it makes room likewise.
 *
 * Rejected: one line for all origins: whoever is blocked by the limit of its origin would hold up the others.
 */
import { Slot, type Dial, type Origin, type Waiting } from "./pool-parts.ts";
import { PoolState, type Actions, type PoolLimits } from "./pool-state.ts";

/** `W` is who waits, `C` a connection. */
export class Pool<W, C> {
  readonly #state: PoolState<W, C>;

  constructor(limits: PoolLimits) {
    this.#state = new PoolState(limits);
  }

  /** When `expire` has something to do at the earliest; `Infinity` while nothing is idle. */
  get sweepAt(): number {
    return this.#state.idle.size === 0 ? Infinity : this.#state.sweepAt;
  }

  stats(): Readonly<{
    open: number;
    idle: number;
    connecting: number;
    waiting: number;
    origins: number;
  }> {
    return {
      open: this.#state.open,
      idle: this.#state.idle.size,
      connecting: this.#state.dials.size,
      waiting: this.#state.waiting.size,
      origins: this.#state.originCount,
    };
  }

  /** Whether a connection is on its way for somebody who waits. */
  hasDial(waiter: W): boolean {
    return (this.#state.waiting.get(waiter)?.dial ?? null) !== null;
  }

  /** Somebody wants a connection; with `isFresh` one that has served nobody before, in place of one that turned out to be dead. */
  wanted(waiter: W, key: string, isFresh: boolean, now: number): Actions<W, C> {
    const actions: Actions<W, C> = [];
    if (!isFresh) {
      const slot = this.#takeIdle(key, now, actions);
      if (slot !== null) {
        actions.push({ kind: "lend", waiter, slot });
        return actions;
      }
    }
    const origin = this.#state.origin(key);
    const { dial } = this.#state.join(origin, waiter, isFresh, actions);
    if (dial !== null) return this.#state.settle(actions);
    const [spare] = origin.idle;
    if (spare !== undefined && origin.open >= this.#state.limits.maxPerOrigin)
      this.#state.close(spare, actions);
    return this.#state.settle(actions);
  }

  /**
   * Somebody waits no more, and nothing is done about it before `givenUp`: of many who leave at once none is to get the place of another.
   * Twice is the same as once.
   */
  leave(waiter: W): void {
    const waiting = this.#state.waiting.get(waiter);
    if (waiting === undefined) return;
    this.#state.leave(waiting);
    this.#state.forget(waiting.origin);
  }

  /** Somebody waits no more. */
  givenUp(waiter: W): Actions<W, C> {
    this.leave(waiter);
    return this.#state.settle([]);
  }

  /** A connection has come. It is kept until `expiresAt` where nobody waits for it. */
  dialed(dial: Dial<W, C>, connection: C, expiresAt: number): Actions<W, C> {
    const actions: Actions<W, C> = [];
    const { origin, waiting } = dial;
    this.#state.dials.delete(dial);
    if (waiting === null) this.#state.unorphan(dial);
    const slot = new Slot(origin, connection);
    const first = origin.line.first;
    if (first === null) {
      this.#state.keep(slot, expiresAt, actions);
      return this.#state.settle(actions);
    }
    if (waiting !== null) waiting.dial = null;
    if (waiting !== null && waiting !== first && first.dial !== null) {
      // The first in line takes what came for another one, which gets its dial.
      const other = first.dial;
      first.dial = null;
      this.#state.adopt(other, waiting);
    }
    this.#state.leave(first);
    actions.push({ kind: "lend", waiter: first.waiter, slot });
    return this.#state.settle(actions);
  }

  dialFailed(dial: Dial<W, C>, error: unknown): Actions<W, C> {
    const actions: Actions<W, C> = [];
    const { origin, waiting } = dial;
    this.#state.dials.delete(dial);
    if (waiting !== null && dial.isAdopted) {
      this.#state.dial(waiting, actions);
      return actions;
    }
    if (waiting === null) this.#state.unorphan(dial);
    else {
      waiting.dial = null;
      this.#state.leave(waiting);
      actions.push({ kind: "fail", waiter: waiting.waiter, error });
    }
    this.#state.closed(origin);
    this.#state.settle(actions);
    this.#state.forget(origin);
    return actions;
  }

  /** A connection that was lent is given back in good order. It is kept until `expiresAt` where nobody waits for it. */
  released(slot: Slot<W, C>, expiresAt: number): Actions<W, C> {
    const actions: Actions<W, C> = [];
    const { origin } = slot;
    let own = origin.line.first;
    while (own !== null && own.isFresh) own = origin.line.after(own);
    if (own !== null && this.#mayServe(own, origin)) {
      this.#state.leave(own);
      actions.push({ kind: "lend", waiter: own.waiter, slot });
    } else this.#state.keep(slot, expiresAt, actions);
    return this.#state.settle(actions);
  }

  /** Whether nobody has been passed over for so long that the connection must make room instead. */
  #mayServe(own: Waiting<W, C>, origin: Origin<W, C>): boolean {
    const { maxConnections, maxPerOrigin } = this.#state.limits;
    const other = this.#state.blocked.first?.blocked.first ?? null;
    if (other !== null && own.ticket > other.ticket + maxConnections) return false;
    const fresh = origin.blocked.first;
    return fresh === null || own.ticket <= fresh.ticket + Math.min(maxConnections, maxPerOrigin);
  }

  /** A connection is closed, or about to be. Twice is the same as once. */
  gone(slot: Slot<W, C>): Actions<W, C> {
    const actions: Actions<W, C> = [];
    if (slot.state === "gone") return actions;
    if (slot.state === "idle") this.#state.wake(slot);
    slot.state = "gone";
    this.#state.closed(slot.origin);
    this.#state.settle(actions);
    this.#state.forget(slot.origin);
    return actions;
  }

  /** Closes what was idle for too long. */
  expire(now: number): Actions<W, C> {
    const actions: Actions<W, C> = [];
    this.#state.sweepAt = Infinity;
    for (let slot = this.#state.idle.oldest; slot !== null;) {
      const next: Slot<W, C> | null = slot.younger;
      if (slot.expiresAt <= now) this.#state.close(slot, actions);
      else this.#state.sweepAt = Math.min(this.#state.sweepAt, slot.expiresAt);
      slot = next;
    }
    return actions;
  }

  /** Ends everything but what is lent: all who wait fail with what `makeError` gives. */
  closeAll(makeError: (waiter: W) => unknown): Actions<W, C> {
    const actions: Actions<W, C> = [];
    for (const waiting of this.#state.waiting.values()) {
      this.#state.abandon(waiting);
      actions.push({ kind: "fail", waiter: waiting.waiter, error: makeError(waiting.waiter) });
    }
    for (const dial of this.#state.dials) {
      this.#state.open--;
      dial.origin.open--;
      actions.push({ kind: "callOff", dial });
    }
    this.#state.dials.clear();
    while (this.#state.idle.oldest !== null) this.#state.close(this.#state.idle.oldest, actions);
    this.#state.clear();
    return actions;
  }

  /** The connection that was used last, of those that are not too old. */
  #takeIdle(key: string, now: number, actions: Actions<W, C>): Slot<W, C> | null {
    const idle = this.#state.known(key)?.idle;
    if (idle === undefined) return null;
    for (let slot = idle.at(-1); slot !== undefined; slot = idle.at(-1)) {
      if (slot.expiresAt > now) {
        this.#state.wake(slot);
        return slot;
      }
      this.#state.close(slot, actions);
    }
    return null;
  }
}
