/**
 * Who has a message: a word of shared memory for each message that is on its way to a thread.
 *
 *   SENT -> BEGUN     by the thread, when it begins the call
 *   SENT -> DROPPED   by the pool, when the call is not wanted any more
 *
 * Both are one atomic exchange, so that exactly one of the two happens. A call that was cancelled before its thread came to it is
 * therefore known not to have run, and when a thread dies, it is known which call it held.
 */

/** More than messages can be under way to one thread at a time. */
const PLACES = 8;
const SENT = 1;
const BEGUN = 2;
const DROPPED = 3;

export class Marks {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(PLACES * 4)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  send(id: number): void {
    Atomics.store(this.#words, id % PLACES, SENT);
  }

  /** False where the message was dropped. */
  begin(id: number): boolean {
    return Atomics.compareExchange(this.#words, id % PLACES, SENT, BEGUN) === SENT;
  }

  /** False where the thread has begun. */
  drop(id: number): boolean {
    return Atomics.compareExchange(this.#words, id % PLACES, SENT, DROPPED) === SENT;
  }

  isBegun(id: number): boolean {
    return Atomics.load(this.#words, id % PLACES) === BEGUN;
  }
}
