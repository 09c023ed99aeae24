/**
 * Where the items of a mapping come from, a batch at a time.
 *
 * Of an array or iterable as many are taken as are wanted. An async iterable is read by a task of its own, into a bounded store, of which a
 * batch takes what is there: items never wait for a batch to become full.
 */
import type { Items } from "../flow/work.ts";
import { cancellationIn } from "../kernel/cancellation-in.ts";
import { currentScope } from "../kernel/current.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";

/** Items that follow each other, and the place of the first among all. */
export interface Taken<I> {
  readonly first: number;
  readonly items: readonly I[];
}

export interface ItemSource<I> {
  /** How many items are left; `Infinity` where nobody knows. */
  readonly left: number;
  /** The next items, `most` of them at most; none at the end. */
  take(most: number): Taken<I> | Promise<Taken<I>>;
  /** Reads the items, where that takes a task. It runs beside those that take. */
  readonly read: (() => Promise<void>) | null;
  /** Tells the source that no more is wanted, unless it was read to its end or has failed. */
  close(): unknown;
}

export function itemSource<I>(items: Items<I>, capacity: number): ItemSource<I> {
  if (Array.isArray(items)) return new ArraySource(items as readonly I[]);
  if (typeof items === "object" && Symbol.asyncIterator in items)
    return new StreamSource(items, capacity);
  return new IterableSource(items as Iterable<I>);
}

class ArraySource<I> implements ItemSource<I> {
  readonly read = null;
  readonly #items: readonly I[];
  #taken = 0;

  constructor(items: readonly I[]) {
    this.#items = items;
  }

  get left(): number {
    return Math.max(0, this.#items.length - this.#taken);
  }

  take(most: number): Taken<I> {
    const first = this.#taken;
    const items = this.#items.slice(first, first + most);
    this.#taken += items.length;
    return { first, items };
  }

  close(): void {}
}

class IterableSource<I> implements ItemSource<I> {
  readonly read = null;
  readonly #size: number;
  readonly #iterator: Iterator<I>;
  #taken = 0;
  #ended = false;

  constructor(items: Iterable<I>) {
    this.#size = items instanceof Set || items instanceof Map ? items.size : Infinity;
    this.#iterator = items[Symbol.iterator]();
  }

  get left(): number {
    return Math.max(0, this.#size - this.#taken);
  }

  take(most: number): Taken<I> {
    const first = this.#taken;
    const items: I[] = [];
    while (items.length < most && !this.#ended) {
      // Set before: an iterator that throws is not asked again, nor closed.
      this.#ended = true;
      const step = this.#iterator.next();
      if (step.done === true) break;
      this.#ended = false;
      items.push(step.value);
    }
    this.#taken += items.length;
    return { first, items };
  }

  close(): unknown {
    return this.#ended ? undefined : this.#iterator.return?.();
  }
}

class StreamSource<I> implements ItemSource<I> {
  readonly left = Infinity;
  readonly #iterator: AsyncIterator<I>;
  readonly #capacity: number;
  readonly #arrival: WaitQueue = new WaitQueue("items of mapInThreads");
  readonly #room: WaitQueue = new WaitQueue("room for items of mapInThreads");
  readonly #store: I[] = [];
  #taken = 0;
  /** Nothing more comes. */
  #ended = false;

  constructor(items: AsyncIterable<I>, capacity: number) {
    this.#iterator = items[Symbol.asyncIterator]();
    this.#capacity = capacity;
  }

  readonly read = async (): Promise<void> => {
    for (;;) {
      while (this.#store.length >= this.#capacity) await this.#room.park(undefined);
      const step = await this.#next();
      if (step.done === true) break;
      this.#store.push(step.value);
      this.#arrival.wake(undefined);
    }
    this.#ended = true;
    this.#arrival.wakeAll(undefined);
  };

  async #next(): Promise<IteratorResult<I>> {
    try {
      return await this.#iterator.next();
    } catch (error) {
      // One that was cancelled has not failed, and is closed.
      if (cancellationIn(currentScope(), error) === null) this.#ended = true;
      throw error;
    }
  }

  async take(most: number): Promise<Taken<I>> {
    while (this.#store.length === 0 && !this.#ended) await this.#arrival.park(undefined);
    const first = this.#taken;
    const items = this.#store.splice(0, most);
    this.#taken += items.length;
    this.#room.wakeAll(undefined);
    // Each item wakes one, who may have taken several: what is left is another one's.
    if (this.#store.length > 0) this.#arrival.wake(undefined);
    return { first, items };
  }

  close(): unknown {
    return this.#ended ? undefined : this.#iterator.return?.();
  }
}
