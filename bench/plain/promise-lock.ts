/** The lock that one writes on promises in ten minutes: first come, first served, no cancellation. */
export class PromiseLock {
  #locked = false;
  readonly #waiters: Array<() => void> = [];

  acquire(): Promise<void> {
    if (!this.#locked) {
      this.#locked = true;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  release(): void {
    const next = this.#waiters.shift();
    if (next === undefined) this.#locked = false;
    else next();
  }
}

/** The same for `using`: each taker gets a hold that releases once. */
export class DisposableLock {
  #locked = false;
  readonly #waiters: Array<(hold: Hold) => void> = [];

  acquire(): Promise<Hold> {
    if (!this.#locked) {
      this.#locked = true;
      return Promise.resolve(new Hold(this));
    }
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  release(): void {
    const next = this.#waiters.shift();
    if (next === undefined) this.#locked = false;
    else next(new Hold(this));
  }
}

class Hold {
  #lock: DisposableLock | null;

  constructor(lock: DisposableLock) {
    this.#lock = lock;
  }

  [Symbol.dispose](): void {
    const lock = this.#lock;
    this.#lock = null;
    lock?.release();
  }
}
