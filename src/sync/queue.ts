import { checkCount } from "../base/check.ts";
import { RingBuffer } from "../base/ring-buffer.ts";
import { currentScope } from "../kernel/current.ts";
import { delivered, passed, refusal } from "../kernel/park.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import { NotTaken, QueueClosed } from "./errors.ts";
import { labelOf } from "./hold.ts";
import type { ItemStore } from "./item-store.ts";
import type { CloseOptions, QueueOptions, QueueStats } from "./queue-options.ts";
import { QueueProducer } from "./queue-producer.ts";

const END: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/**
 * Hands items from tasks to tasks: bounded, first in, first out, closable, async-iterable.
 *
 * A put waits while the queue is full, a get while it is empty; both are served in the order in which they came. `for await` ends
 * when the queue is closed and empty; breaking out of it leaves the queue usable.
 *
 * Invariants: somebody waits to get only while there is no item, and to put only while the queue is full. An item is either with
 * its putter, or in the queue, or with its getter.
 *
 * @example
 * import { Queue, withTaskGroup } from "tsyncio";
 * const queue = new Queue<number>({ capacity: 16 });
 * await withTaskGroup((group) => {
 *   group.spawn(async () => {
 *     using out = queue.producer();
 *     for (let i = 1; i <= 2; i++) await out.put(i);
 *   });
 *   group.spawn(async () => {
 *     for await (const item of queue) console.log(item);
 *   });
 * });
 * // 1
 * // 2
 */
export class Queue<T> implements AsyncIterable<T, undefined> {
  /** How many items it holds at most. */
  readonly capacity: number;
  readonly #items: ItemStore<T>;
  /** A getter brings along whether it wants the item as an iterator's result. */
  readonly #getters: WaitQueue<unknown, boolean>;
  /** A putter brings its item along. */
  readonly #putters: WaitQueue<void, T>;
  readonly #joiners: WaitQueue;
  readonly #name: string | undefined;
  #isClosed = false;
  #closesWhenDone = false;
  #taken = 0;
  readonly #producers = { open: 0 };

  /** `items`: for kinds of queues that keep their items in another order. */
  constructor(options: QueueOptions, items: ItemStore<T> = new RingBuffer<T>()) {
    this.capacity = checkCount("capacity of Queue", options?.capacity, 0);
    this.#name = options.name;
    this.#items = items;
    this.#getters = new WaitQueue(labelOf("queue.get", options.name));
    this.#putters = new WaitQueue(labelOf("queue.put", options.name), () => this.#checkDone());
    this.#joiners = new WaitQueue(labelOf("queue.join", options.name));
  }

  /** How many items it holds. Those of tasks that wait to put are not among them. */
  get size(): number {
    return this.#items.size;
  }

  /** It may still hold items. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Puts an item at the end; waits while the queue is full.
   *
   * Cancel safety: the item of a cancelled put is not in the queue, and never was.
   * @throws {QueueClosed} when the queue is closed, or is while the put waits. The item is not in the queue.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  put(item: T): Promise<void> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#isClosed) return Promise.reject(new QueueClosed("put", this.#name));
    return this.#offer(item) ? passed(scope) : this.#putters.park(item);
  }

  /**
   * Puts an item if there is room for it. Never waits, and is no cancellation point.
   *
   * @returns whether the item was put.
   * @throws {QueueClosed} when the queue is closed.
   */
  tryPut(item: T): boolean {
    if (this.#isClosed) throw new QueueClosed("put", this.#name);
    return this.#offer(item);
  }

  /**
   * Takes the next item; waits while there is none.
   *
   * Cancel safety: a cancelled get has taken nothing. One that has its item delivers it, even if the scope is cancelled before
   * the task runs.
   * @throws {QueueClosed} when the queue is closed and empty, or becomes so while the get waits.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  get(): Promise<T> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#hasItem) return delivered(this.#take(), scope);
    if (this.#isClosed) return Promise.reject(new QueueClosed("get", this.#name));
    return this.#getters.park(false) as Promise<T>;
  }

  /**
   * Takes the next item if there is one; `undefined` otherwise. Never waits, and is no cancellation point. Where items may
   * themselves be `undefined`, look at `size` first.
   *
   * @throws {QueueClosed} when the queue is closed and empty.
   */
  tryGet(): T | undefined {
    if (this.#hasItem) return this.#take();
    if (this.#isClosed) throw new QueueClosed("get", this.#name);
    return undefined;
  }

  /**
   * Says that the work on an item that was taken is done. For {@link Queue.join} and {@link Queue.closeWhenDone}.
   *
   * @throws {NotTaken} when it is called more often than items were taken.
   */
  done(): void {
    if (this.#taken === 0) throw new NotTaken(this.#name);
    if (--this.#taken === 0) this.#checkDone();
  }

  /**
   * Waits until the queue is empty and every item that was taken is marked done; returns at once where that is so.
   *
   * Cancel safety: a cancelled join leaves no trace.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  join(): Promise<void> {
    return this.#taken === 0 && !this.#hasItem ? passed() : this.#joiners.park(undefined);
  }

  /**
   * Closes the queue: puts, those that wait too, throw {@link QueueClosed}; gets take what is left, then throw it; `for await` ends.
   * Closing twice is the same as once.
   */
  close(options: CloseOptions = {}): void {
    this.#isClosed = true;
    this.#putters.failAll(() => new QueueClosed("put", this.#name));
    while (this.#getters.size > 0) {
      if (this.#getters.headItem) this.#getters.wake(END);
      else this.#getters.fail(new QueueClosed("get", this.#name));
    }
    if (options.immediate === true) this.#items.clear();
    this.#checkDone();
  }

  /**
   * Makes the queue close by itself when it is empty and every item that was taken is marked done: now, if that is so. For work that
   * makes work, such as a crawler: put the first items before.
   */
  closeWhenDone(): void {
    this.#closesWhenDone = true;
    this.#checkDone();
  }

  /**
   * A handle for one of several producers. When the last open one is closed, so is the queue.
   *
   * @throws {QueueClosed} when the queue is closed.
   */
  producer(): QueueProducer<T> {
    if (this.#isClosed) throw new QueueClosed("put", this.#name);
    return new QueueProducer(this, this.#producers);
  }

  /** Gives items until the queue is closed and empty. Several loops share the items; each item goes to one of them. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return { next: () => this.#next() };
  }

  stats(): QueueStats {
    return {
      size: this.#items.size,
      capacity: this.capacity,
      isClosed: this.#isClosed,
      getters: this.#getters.size,
      putters: this.#putters.size,
      taken: this.#taken,
    };
  }

  get #hasItem(): boolean {
    return this.#items.size > 0 || this.#putters.size > 0;
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#hasItem) return delivered({ done: false, value: this.#take() }, scope);
    if (this.#isClosed) return delivered(END, scope);
    return this.#getters.park(true) as Promise<IteratorResult<T, undefined>>;
  }

  #offer(item: T): boolean {
    if (this.#getters.size > 0) {
      this.#taken++;
      this.#getters.wake(this.#getters.headItem ? { done: false, value: item } : item);
      return true;
    }
    if (this.#items.size >= this.capacity) return false;
    this.#items.push(item);
    return true;
  }

  /** Takes the next item; from the hands of its putter where the queue has no capacity. */
  #take(): T {
    const stored = this.#items.size > 0;
    const item = stored ? this.#items.shift() : this.#putters.headItem;
    this.#taken++;
    if (!stored) this.#putters.wake();
    else if (this.#putters.size > 0) this.#admit();
    return item;
  }

  /** Accepts items from waiting putters while there is room. Where a priority queue cannot compare one, its putter is told. */
  #admit(): void {
    while (this.#putters.size > 0 && this.#items.size < this.capacity) {
      try {
        this.#items.push(this.#putters.headItem);
        this.#putters.wake();
      } catch (error) {
        this.#putters.fail(error);
      }
    }
  }

  #checkDone(): void {
    if (this.#taken > 0 || this.#hasItem) return;
    this.#joiners.wakeAll();
    if (this.#closesWhenDone && !this.#isClosed) this.close();
  }
}
