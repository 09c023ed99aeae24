import { RingBuffer } from "../base/ring-buffer.ts";
import { currentScope } from "../kernel/current.ts";
import { delivered, refusal } from "../kernel/park.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import { Disposed } from "./errors.ts";

/** What a subscription tells its broadcast. */
interface Owner {
  readonly capacity: number;
  fullChanged(by: 1 | -1): void;
  left(): void;
}

/**
 * One subscriber's view of a {@link Broadcast}: an async iterable of the items put since `subscribe()`.
 *
 * Leaving a `for await` loop keeps the subscription, and the next loop goes on where it was; disposing of it ends it.
 */
export class BroadcastSubscription<T> implements AsyncIterableIterator<T, undefined>, Disposable {
  readonly #owner: Owner;
  readonly #items: RingBuffer<T> = new RingBuffer();
  readonly #readers: WaitQueue<IteratorResult<T, undefined>>;
  #state: "open" | "finished" | "disposed" = "open";

  /** @internal */
  constructor(owner: Owner, label: string) {
    this.#owner = owner;
    this.#readers = new WaitQueue(label);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * Takes the next item; waits while there is none. `done` when the broadcast is closed and every item was taken.
   *
   * Cancel safety: a cancelled call has taken nothing.
   * @throws {Disposed} when the subscription was disposed of, or is meanwhile.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  next(): Promise<IteratorResult<T, undefined>> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#state === "disposed") return Promise.reject(disposed());
    if (this.#items.size > 0) return delivered({ done: false, value: this.#take() }, scope);
    if (this.#state === "finished") return delivered({ done: true, value: undefined }, scope);
    return this.#readers.park(undefined);
  }

  /** Ends the subscription: what it has in store is dropped, and who reads it throws {@link Disposed}. Twice is the same as once. */
  [Symbol.dispose](): void {
    if (this.#state === "disposed") return;
    const wasFull = this.#isFull;
    this.#state = "disposed";
    this.#items.clear();
    this.#owner.left();
    this.#readers.failAll(disposed);
    if (wasFull) this.#owner.fullChanged(-1);
  }

  /** `size`: how many items it has in store; `readers`: how many tasks wait for one. */
  stats(): Readonly<{ size: number; readers: number }> {
    return { size: this.#items.size, readers: this.#readers.size };
  }

  /** @internal Called by the broadcast, which knows that there is room. */
  accept(item: T): void {
    if (this.#readers.wake({ done: false, value: item })) return;
    this.#items.push(item);
    if (this.#isFull) this.#owner.fullChanged(1);
  }

  /** @internal The broadcast was closed. */
  finish(): void {
    this.#state = "finished";
    this.#readers.wakeAll({ done: true, value: undefined });
  }

  get #isFull(): boolean {
    return this.#items.size === this.#owner.capacity;
  }

  #take(): T {
    const wasFull = this.#isFull;
    const item = this.#items.shift();
    if (wasFull) this.#owner.fullChanged(-1);
    return item;
  }
}

function disposed(): Disposed {
  return new Disposed("cannot read a subscription that was disposed of. Subscribe anew: subscribe().");
}
