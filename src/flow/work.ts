import { checkFunction, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { currentScope } from "../kernel/current.ts";
import { refuse } from "../kernel/refuse.ts";
import { checkConcurrency, type ConcurrencyOptions } from "./concurrency.ts";
import { StreamWorkers } from "./stream-workers.ts";
import { ItemWorkers, type ItemFunction, type Work, type Workers } from "./workers.ts";

/** Where items come from. */
export type Items<I> = Iterable<I> | AsyncIterable<I>;

/** The arguments of `name` as work whose results do not matter. */
export function checkWork<I>(
  name: string,
  items: Items<I>,
  fn: ItemFunction<I>,
  options: ConcurrencyOptions,
): Work<I> {
  if (!isIterable(items)) {
    throw new InvalidArgument(`items of ${name} is ${show(items)}. Give an iterable or async iterable.`);
  }
  checkFunction(`fn of ${name}`, fn);
  return { name, fn, concurrency: checkConcurrency(name, options), results: null };
}

function isIterable(items: unknown): boolean {
  if (typeof items === "string") return true;
  if (typeof items !== "object" || items === null) return false;
  return Symbol.iterator in items || Symbol.asyncIterator in items;
}

/** Does `work` on all items, then gives `results`. */
export function doWork<I, R>(work: Work<I>, items: Items<I>, results: R): Promise<R> {
  const scope = currentScope();
  if (scope.blocked !== null) return refuse(scope);
  const isAsync = typeof items === "object" && Symbol.asyncIterator in items;
  const group = isAsync ? new StreamWorkers(work, items) : new ItemWorkers(work, items as Iterable<I>);
  return resultsOf(group, results);
}

async function resultsOf<R>(group: Workers<never>, results: R): Promise<R> {
  await group.run();
  return results;
}
