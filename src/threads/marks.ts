/**
 * Who has a message: a word of shared memory for each message that is on its way to a thread.
 *
 *   SENT -> BEGUN     by the thread, when it begins the call
 *   SENT -> DROPPED   by the pool, when the call is not wanted any more
 *
 * Both are one atomic exchange, so that exactly one of the two happens. A call that was cancelled before its thread came to it is
 * therefore known not to have run, and when a thread dies, it is known which call it held.
 *
 * A word holds the number of its message besides. A dropped message stays in the thread's inbox until the thread comes to it, which may
 * be when its place has gone to another one: it is told by the number then. The place of a call that is under way is given to nobody.
 */

/** More than messages can be under way to one thread at a time. */
const PLACES = 8;
const SENT = 1;
const BEGUN = 2;
const DROPPED = 3;
const STATE_BITS = 2;
/** The largest number of a message; then they begin anew. */
const LAST_ID = 2 ** 28 - 1;

const wordOf = (id: number, state: number): number => (id << STATE_BITS) | state;

export class Marks {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;
  #lastId = 0;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(PLACES * 4)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  /** A number for a message, where those of `live` are under way. */
  next(live: ReadonlyArray<{ readonly id: number }>): number {
    do this.#lastId = (this.#lastId + 1) & LAST_ID;
    while (live.some(({ id }) => id % PLACES === this.#lastId % PLACES));
    return this.#lastId;
  }

  send(id: number): void {
    Atomics.store(this.#words, id % PLACES, wordOf(id, SENT));
  }

  /** False where the message was dropped. */
  begin(id: number): boolean {
    return this.#move(id, BEGUN);
  }

  /** False where the thread has begun. */
  drop(id: number): boolean {
    return this.#move(id, DROPPED);
  }

  isBegun(id: number): boolean {
    return Atomics.load(this.#words, id % PLACES) === wordOf(id, BEGUN);
  }

  #move(id: number, to: number): boolean {
    const sent = wordOf(id, SENT);
    return Atomics.compareExchange(this.#words, id % PLACES, sent, wordOf(id, to)) === sent;
  }
}
