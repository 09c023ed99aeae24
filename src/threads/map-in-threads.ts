import { checkCount, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { Production, type Emit } from "../flow/production.ts";
import type { Items } from "../flow/work.ts";
import { originOf, type Origin } from "./import-thread.ts";
import { Mapping } from "./mapping.ts";
import { PieceReader } from "./piece-reader.ts";
import { coreOf, type ThreadPool } from "./thread-pool.ts";

/** How `mapInThreads` works. */
export interface MapInThreadsOptions {
  /** Whether results come in the order of their items, or as soon as they are there. Default true. */
  readonly ordered?: boolean;
  /** How many milliseconds of work a message should hold. Default 3. */
  readonly targetMs?: number;
  /** How many items may have been taken whose results the reader has not been given. Default 2,048 for each thread. */
  readonly maxBuffered?: number;
  /** Default: the pool of the function. */
  readonly pool?: ThreadPool;
}

/**
 * Calls `fn`, a function of `importThread`, for every item in other threads, and yields the results.
 *
 * Items go in messages that find their own size, of some milliseconds of work each, two on their way to each thread; a thread works on the
 * items of a message one after the other. Items are taken only as fast as results are read. The work begins with the loop, in the scope of
 * the loop; leaving the loop cancels what is under way and waits for its end.
 *
 * The first failure is thrown, after the results that came before it, and no more items are taken. When a thread crashes, all items of the
 * messages that it had begun count as failed. Warns once, through the runtime's log, of a function that is too quick for it.
 *
 * Cancel safety: a cancelled `next()` takes no result.
 * @throws {InvalidArgument} for items that are not iterable, a function that is none of `importThread`, and sizes that make no sense.
 * @throws what the function throws, and what calls of `importThread` throw, from the loop.
 * @example
 * import { importThread, mapInThreads } from "tsyncio/threads";
 * const address = new URL("data:text/javascript,export const square = (n) => n * n");
 * const work = importThread<{ square(n: number): number }>(address);
 * let sum = 0;
 * for await (const square of mapInThreads([1, 2, 3], work.square)) sum += square;
 * console.log(sum); // 14
 */
export function mapInThreads<I, R>(
  items: Items<I>,
  fn: (item: I) => Promise<R>,
  options: MapInThreadsOptions = {},
): AsyncIterable<R> {
  return mapping<I, R>("mapInThreads", items, fn, options);
}

/**
 * Maps as {@link mapInThreads} does, and yields an outcome for each item, as `Promise.allSettled` does: a failure of one item is no failure
 * of the others. When a thread crashes, all items of the messages that it had begun are rejected.
 *
 * Cancel safety: a cancelled `next()` takes no outcome.
 * @throws {InvalidArgument} as `mapInThreads`.
 * @throws {ModuleNotLoaded} from the loop, and what else belongs to no item.
 * @example
 * import { importThread, mapInThreadsSettled } from "tsyncio/threads";
 * const address = new URL("data:text/javascript,export const parse = (text) => JSON.parse(text)");
 * const work = importThread<{ parse(text: string): unknown }>(address);
 * for await (const outcome of mapInThreadsSettled(["1", "{", "3"], work.parse)) {
 *   console.log(outcome.status); // fulfilled, rejected, fulfilled
 * }
 */
export function mapInThreadsSettled<I, R>(
  items: Items<I>,
  fn: (item: I) => Promise<R>,
  options: MapInThreadsOptions = {},
): AsyncIterable<PromiseSettledResult<R>> {
  return mapping<I, PromiseSettledResult<R>>("mapInThreadsSettled", items, fn, options);
}

const BUFFERED_PER_THREAD = 2_048;

function mapping<I, R>(
  caller: "mapInThreads" | "mapInThreadsSettled",
  items: Items<I>,
  fn: unknown,
  options: MapInThreadsOptions,
): AsyncIterable<R> {
  const { ordered = true, targetMs = 3 } = options;
  checkItems(caller, items);
  const origin = checkOrigin(caller, fn);
  if (typeof ordered !== "boolean")
    throw new InvalidArgument(`ordered of ${caller} is ${show(ordered)}. Give true or false.`);
  if (!(typeof targetMs === "number" && targetMs > 0))
    throw new InvalidArgument(`targetMs of ${caller} is ${show(targetMs)}. Give milliseconds above 0.`);
  const given = options.pool === undefined ? null : coreOf(options.pool);
  if (given === undefined)
    throw new InvalidArgument(`pool of ${caller} is ${show(options.pool)}. Give a ThreadPool.`);
  const buffered = options.maxBuffered;
  if (buffered !== undefined) checkCount(`maxBuffered of ${caller}`, buffered);
  const asked = new Error();
  const producer = (emit: Emit<readonly unknown[]>): Promise<void> => {
    const pool = given ?? origin.pool();
    const maxBuffered = buffered ?? BUFFERED_PER_THREAD * pool.settings.threads;
    const isSettled = caller === "mapInThreadsSettled";
    const plan = { items, origin, pool, isOrdered: ordered, isSettled, targetMs, maxBuffered, asked };
    return new Mapping(plan, emit).run();
  };
  const plan = { name: caller, producer, capacity: 1, disposable: () => undefined };
  return {
    [Symbol.asyncIterator]: () => new PieceReader<R>(new Production<readonly R[]>(plan as never)),
  };
}

function checkItems(caller: string, items: unknown): void {
  const isObject = typeof items === "object" && items !== null;
  if (
    typeof items === "string" ||
    (isObject && (Symbol.iterator in items || Symbol.asyncIterator in items))
  )
    return;
  throw new InvalidArgument(`items of ${caller} is ${show(items)}. Give an iterable or async iterable.`);
}

function checkOrigin(caller: string, fn: unknown): Origin {
  const origin = originOf(fn);
  if (origin !== undefined) return origin;
  throw new InvalidArgument(
    `fn of ${caller} is ${show(fn)}. Give a function of importThread, "work.hash": a thread must be able to import it.`,
  );
}
