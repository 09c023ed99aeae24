/** What the pool of a client is made of. Only `pool.ts` changes these. */
import { LinkedList, type Link } from "./pool-lists.ts";

function link<T>(): Link<T> {
  return { before: null, after: null };
}

/** A connection that is open: lent out, or idle. */
export class Slot<W, C> {
  readonly origin: Origin<W, C>;
  readonly connection: C;
  state: "lent" | "idle" | "gone" = "lent";
  /** When it is closed, if nobody has wanted it until then. */
  expiresAt: number = Infinity;
  /** Its neighbours among the idle ones, by age. Plain fields: a connection comes and goes here with each request. */
  older: Slot<W, C> | null = null;
  younger: Slot<W, C> | null = null;

  constructor(origin: Origin<W, C>, connection: C) {
    this.origin = origin;
    this.connection = connection;
  }
}

/** A connection on its way. `waiting` is whom its failure concerns; null for an orphan, whose waiter was served or has gone. */
export class Dial<W, C> {
  readonly origin: Origin<W, C>;
  waiting: Waiting<W, C> | null;
  /** Whether `waiting` came when it had begun already: its failure is no answer to that one. */
  isAdopted = false;
  readonly inOrigin: Link<Dial<W, C>> = link();
  readonly inAge: Link<Dial<W, C>> = link();

  constructor(origin: Origin<W, C>, waiting: Waiting<W, C>) {
    this.origin = origin;
    this.waiting = waiting;
  }
}

/** Somebody who waits for a connection. */
export class Waiting<W, C> {
  readonly origin: Origin<W, C>;
  readonly waiter: W;
  /** The order in which they came. */
  readonly ticket: number;
  /** Takes no connection that has served somebody before. */
  readonly isFresh: boolean;
  /** The connection on its way for it; null while a limit blocks it. */
  dial: Dial<W, C> | null = null;
  isBlocked = false;
  readonly inLine: Link<Waiting<W, C>> = link();
  readonly inBlocked: Link<Waiting<W, C>> = link();

  constructor(origin: Origin<W, C>, waiter: W, ticket: number, isFresh: boolean) {
    this.origin = origin;
    this.waiter = waiter;
    this.ticket = ticket;
    this.isFresh = isFresh;
  }
}

/** All that concerns connections of one key. It stands in the heap of origins while one of its waiters is blocked by the global limit alone. */
export class Origin<W, C> {
  readonly key: string;
  /** How many connections are open or on their way. */
  open = 0;
  /** The one that was used last is last. */
  readonly idle: Array<Slot<W, C>> = [];
  readonly line: LinkedList<Waiting<W, C>> = new LinkedList((waiting) => waiting.inLine);
  readonly blocked: LinkedList<Waiting<W, C>> = new LinkedList((waiting) => waiting.inBlocked);
  readonly orphans: LinkedList<Dial<W, C>> = new LinkedList((dial) => dial.inOrigin);
  index = -1;
  arrival = 0;

  constructor(key: string) {
    this.key = key;
  }
}

/** The idle connections of all origins, the one that is idle for the longest time first. */
export class IdleList<W, C> {
  oldest: Slot<W, C> | null = null;
  #youngest: Slot<W, C> | null = null;
  size = 0;

  push(slot: Slot<W, C>): void {
    slot.origin.idle.push(slot);
    slot.older = this.#youngest;
    if (this.#youngest === null) this.oldest = slot;
    else this.#youngest.younger = slot;
    this.#youngest = slot;
    this.size++;
  }

  remove(slot: Slot<W, C>): void {
    const { older, younger } = slot;
    const { idle } = slot.origin;
    if (idle.at(-1) === slot) idle.pop();
    else idle.splice(idle.indexOf(slot), 1);
    if (older === null) this.oldest = younger;
    else older.younger = younger;
    if (younger === null) this.#youngest = older;
    else younger.older = older;
    slot.older = null;
    slot.younger = null;
    this.size--;
  }
}
