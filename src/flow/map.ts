import type { ConcurrencyOptions } from "./concurrency.ts";
import { settle, valueIn } from "./settle.ts";
import { checkWork, doWork, type Items } from "./work.ts";
import type { ItemFunction } from "./workers.ts";

/**
 * Runs `fn(item, index)` on every item, and gives the results in the order of the items.
 *
 * All items at once, unless `concurrency` says how many at a time. The tasks of `map` are its workers, not its items: each takes the
 * next item when it is done with one. An async source is read by one worker at a time, and no further than workers are free.
 *
 * The first failure, of `fn` or of the source, cancels the workers and is thrown itself, when they have ended. The source is closed
 * then, and results that nobody receives are disposed of if they have `Symbol.dispose` or `Symbol.asyncDispose`.
 *
 * Cancel safety: an item that was taken reaches `fn`; the others stay in the source. When it settles, nothing that was begun inside
 * is alive.
 * @throws {Cancelled} when the surrounding scope is cancelled first.
 * @throws {InvalidArgument} for items that are not iterable, and a concurrency below 1.
 * @example
 * import { map, sleep } from "tsyncio";
 * const doubled = await map([1, 2, 3], async (n) => { await sleep(1); return 2 * n; }, { concurrency: 2 });
 * console.log(doubled); // [ 2, 4, 6 ]
 */
export function map<I, R>(
  items: Items<I>,
  fn: (item: I, index: number) => R | PromiseLike<R>,
  options: ConcurrencyOptions = {},
): Promise<R[]> {
  const results: R[] = [];
  return doWork({ ...checkWork("map", items, fn, options), results }, items, results);
}

/**
 * Runs `fn(item, index)` on every item as {@link map} does, but goes on after a failure, and gives every outcome in the order of the
 * items: `{ status: "fulfilled", value }` or `{ status: "rejected", reason }`. A failure of the source, and a cancellation from
 * outside, are no outcomes: they are thrown, and the outcomes are given up.
 *
 * Cancel safety: as that of {@link map}.
 * @throws {Cancelled} when the surrounding scope is cancelled first.
 * @throws {InvalidArgument} for items that are not iterable, and a concurrency below 1.
 * @example
 * import { mapSettled } from "tsyncio";
 * const outcomes = await mapSettled(["1", "x"], (text) => BigInt(text));
 * console.log(outcomes.map((outcome) => outcome.status)); // [ 'fulfilled', 'rejected' ]
 */
export function mapSettled<I, R>(
  items: Items<I>,
  fn: (item: I, index: number) => R | PromiseLike<R>,
  options: ConcurrencyOptions = {},
): Promise<Array<PromiseSettledResult<R>>> {
  const work = checkWork("mapSettled", items, fn, options);
  const outcomes: Array<PromiseSettledResult<R>> = [];
  const settling = (item: I, index: number) => settle(() => fn(item, index));
  return doWork({ ...work, fn: settling, results: outcomes, valueIn }, items, outcomes);
}

/** A queue, as far as {@link forEach} knows one. */
interface QueueLike {
  done(): void;
}

/**
 * Runs `fn(item, index)` on every item as {@link map} does, and keeps no results. An item of a queue is marked done when `fn` has
 * ended, also when it failed.
 *
 * Cancel safety: as that of {@link map}.
 * @throws {Cancelled} when the surrounding scope is cancelled first.
 * @throws {InvalidArgument} for items that are not iterable, and a concurrency below 1.
 * @example
 * import { forEach, Queue } from "tsyncio";
 * const jobs = new Queue<number>({ capacity: 10 });
 * for (const job of [1, 2, 3]) jobs.tryPut(job);
 * jobs.close();
 * let sum = 0;
 * await forEach(jobs, (job) => { sum += job; }, { concurrency: 2 });
 * console.log(sum); // 6
 */
export function forEach<I>(
  items: Items<I>,
  fn: (item: I, index: number) => unknown,
  options: ConcurrencyOptions = {},
): Promise<void> {
  const work = checkWork("forEach", items, fn, options);
  return doWork(isQueue(items) ? { ...work, fn: markingDone(items, fn) } : work, items, undefined);
}

function isQueue(items: object): items is QueueLike {
  return Symbol.asyncIterator in items && "done" in items && typeof items.done === "function";
}

function markingDone<I>(queue: QueueLike, fn: ItemFunction<I>): ItemFunction<I> {
  return async (item, index) => {
    try {
      await fn(item, index);
    } finally {
      queue.done();
    }
  };
}
