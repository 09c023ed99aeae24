interface Putter<T> {
  readonly item: T;
  readonly resolve: () => void;
}

/** The bounded queue that one writes on promises: every operation is awaited, nobody can be cancelled. */
export class PromiseQueue<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  readonly #takers: Array<(item: T) => void> = [];
  readonly #putters: Array<Putter<T>> = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  put(item: T): Promise<void> {
    const taker = this.#takers.shift();
    if (taker !== undefined) taker(item);
    else if (this.#items.length < this.#capacity) this.#items.push(item);
    else return new Promise((resolve) => this.#putters.push({ item, resolve }));
    return Promise.resolve();
  }

  get(): Promise<T> {
    const item = this.#items.shift();
    if (item === undefined) return new Promise((resolve) => this.#takers.push(resolve));
    const putter = this.#putters.shift();
    if (putter !== undefined) {
      this.#items.push(putter.item);
      putter.resolve();
    }
    return Promise.resolve(item);
  }
}
