import { checkCount } from "../base/check.ts";
import { currentScope } from "../kernel/current.ts";
import { passed, refusal } from "../kernel/park.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import { BroadcastSubscription } from "./broadcast-subscription.ts";
import { QueueClosed } from "./errors.ts";
import { labelOf } from "./hold.ts";
import type { QueueOptions } from "./queue-options.ts";

/**
 * Hands every item to every subscriber that there is when it is put.
 *
 * Each subscriber has at most `capacity` items in store; while one has that many, a put waits: the slowest sets the pace. An item that
 * is put while nobody subscribes goes nowhere.
 *
 * Invariant: somebody waits to put only while some subscriber's store is full (`#full` counts them).
 *
 * @example
 * import { Broadcast, withTaskGroup } from "tsyncio";
 * const prices = new Broadcast<number>({ capacity: 8 });
 * await withTaskGroup(async (group) => {
 *   for (const name of ["chart", "table"]) {
 *     const items = prices.subscribe();
 *     group.spawn(async () => {
 *       using _ = items;
 *       for await (const price of items) console.log(name, price);
 *     });
 *   }
 *   await prices.put(42);
 *   prices.close();
 * });
 * // chart 42
 * // table 42
 */
export class Broadcast<T> {
  /** How many items each subscriber has in store at most. */
  readonly capacity: number;
  readonly #subscriptions = new Set<BroadcastSubscription<T>>();
  /** A putter brings its item along. */
  readonly #putters: WaitQueue<void, T>;
  readonly #name: string | undefined;
  #full = 0;
  #isClosed = false;

  /** `capacity`: at least 1; `Infinity` for no bound. */
  constructor(options: QueueOptions) {
    this.capacity = checkCount("capacity of Broadcast", options?.capacity);
    this.#name = options.name;
    this.#putters = new WaitQueue(labelOf("broadcast.put", options.name));
  }

  /** Whether it was closed. Subscribers may still have items in store. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Gives an item to every subscriber; waits while one of them has its store full.
   *
   * Cancel safety: the item of a cancelled put has reached nobody.
   * @throws {QueueClosed} when the broadcast is closed, or is while the put waits.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  put(item: T): Promise<void> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#isClosed) return Promise.reject(new QueueClosed("put", this.#name));
    if (this.#full > 0) return this.#putters.park(item);
    this.#deliver(item);
    return passed(scope);
  }

  /**
   * Gives an item to every subscriber if all have room for it. Never waits, and is no cancellation point.
   *
   * @returns whether the item was put.
   * @throws {QueueClosed} when the broadcast is closed.
   */
  tryPut(item: T): boolean {
    if (this.#isClosed) throw new QueueClosed("put", this.#name);
    if (this.#full > 0) return false;
    this.#deliver(item);
    return true;
  }

  /**
   * A subscription: it gives every item that is put from now on. Dispose of it when it is not read any more, or its store fills up and
   * stops everybody. One of a closed broadcast ends at once.
   */
  subscribe(): BroadcastSubscription<T> {
    const subscription = new BroadcastSubscription<T>(
      {
        capacity: this.capacity,
        fullChanged: (by) => this.#fullChanged(by),
        left: () => this.#subscriptions.delete(subscription),
      },
      labelOf("broadcast.next", this.#name),
    );
    if (this.#isClosed) subscription.finish();
    else this.#subscriptions.add(subscription);
    return subscription;
  }

  /** Closes it: puts, those that wait too, throw {@link QueueClosed}; subscribers get what they have in store, then end. */
  close(): void {
    this.#isClosed = true;
    this.#putters.failAll(() => new QueueClosed("put", this.#name));
    for (const subscription of this.#subscriptions) subscription.finish();
    this.#subscriptions.clear();
  }

  /** `putters`: how many tasks wait for room. */
  stats(): Readonly<{ capacity: number; isClosed: boolean; subscribers: number; putters: number }> {
    return {
      capacity: this.capacity,
      isClosed: this.#isClosed,
      subscribers: this.#subscriptions.size,
      putters: this.#putters.size,
    };
  }

  #deliver(item: T): void {
    for (const subscription of this.#subscriptions) subscription.accept(item);
  }

  /** A store has become full (1), or has room again (-1). */
  #fullChanged(by: 1 | -1): void {
    this.#full += by;
    while (this.#full === 0 && this.#putters.size > 0) {
      const item = this.#putters.headItem;
      this.#putters.wake();
      this.#deliver(item);
    }
  }
}
