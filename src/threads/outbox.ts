/**
 * Results on their way to the reader of a mapping: in the order of the items, or as they come.
 *
 * Invariants
 * - `#pending` counts items that were taken from the source, or are about to be, and whose results have not been handed to the reader. Nobody takes items
 *   while they are too many; a batch that is alone always may.
 * - In order, results wait in `#held` until all before them have gone. One lane at a time hands on; the others go on with their work.
 * - A failure is thrown when the results before it have gone.
 */
import type { Emit } from "../flow/production.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";

/** What became of the items of a message. */
export interface BatchOutcome<R> {
  /** How many items it had. */
  readonly items: number;
  readonly values: readonly R[];
  /** What ended it; null where each item has its value. */
  readonly failure: { readonly error: unknown } | null;
}

export class Outbox<R> {
  /** After a failure no more items are taken. */
  isStopped = false;
  readonly #emit: Emit<readonly R[]>;
  readonly #isOrdered: boolean;
  readonly #mostPending: number;
  readonly #room: WaitQueue = new WaitQueue("room for results of mapInThreads");
  readonly #held = new Map<number, BatchOutcome<R>>();
  #pending = 0;
  #next = 0;
  #handsOn = false;

  constructor(emit: Emit<readonly R[]>, isOrdered: boolean, mostPending: number) {
    this.#emit = emit;
    this.#isOrdered = isOrdered;
    this.#mostPending = mostPending;
  }

  /** Waits until `items` further ones may be taken, and keeps their room. */
  async reserve(items: number): Promise<void> {
    while (this.#pending > 0 && this.#pending + items > this.#mostPending)
      await this.#room.park(undefined);
    this.#pending += items;
  }

  /** Gives back room that was reserved, and not needed. */
  release(items: number): void {
    this.#pending -= items;
    this.#room.wakeAll(undefined);
  }

  /** Hands on the results for the items from place `first` on. */
  async put(first: number, outcome: BatchOutcome<R>): Promise<void> {
    if (outcome.failure !== null) this.isStopped = true;
    if (!this.#isOrdered) return this.#handOn(outcome);
    this.#held.set(first, outcome);
    if (this.#handsOn) return;
    this.#handsOn = true;
    for (let next = this.#held.get(this.#next); next !== undefined; next = this.#held.get(this.#next)) {
      this.#held.delete(this.#next);
      this.#next += next.items;
      await this.#handOn(next);
    }
    this.#handsOn = false;
  }

  async #handOn({ items, values, failure }: BatchOutcome<R>): Promise<void> {
    if (values.length > 0) await this.#emit(values);
    this.release(items);
    if (failure !== null) throw failure.error;
  }
}
