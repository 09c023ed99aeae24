import { Disposed } from "./errors.ts";

interface Puttable<T> {
  put(item: T): Promise<void>;
  tryPut(item: T): boolean;
  close(): void;
}

/** One producer's handle on a queue. Made by `queue.producer()`; closing the last open one closes the queue. */
export class QueueProducer<T> implements Disposable {
  readonly #queue: Puttable<T>;
  readonly #producers: { open: number };
  #isClosed = false;

  /** @internal `producers` is what all handles of the queue share. */
  constructor(queue: Puttable<T>, producers: { open: number }) {
    this.#queue = queue;
    this.#producers = producers;
    producers.open++;
  }

  /**
   * `queue.put` through this handle.
   *
   * Cancel safety: that of `queue.put`.
   * @throws {Disposed} when this handle is closed.
   */
  put(item: T): Promise<void> {
    return this.#isClosed ? Promise.reject(disposed()) : this.#queue.put(item);
  }

  /**
   * `queue.tryPut` through this handle.
   *
   * @throws {Disposed} when this handle is closed.
   */
  tryPut(item: T): boolean {
    if (this.#isClosed) throw disposed();
    return this.#queue.tryPut(item);
  }

  /** Closes this handle. Doing so twice is the same as once. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (--this.#producers.open === 0) this.#queue.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function disposed(): Disposed {
  return new Disposed(
    "cannot put: this producer's handle is closed. Put before closing it, or ask the queue for another with producer().",
  );
}
