import { currentScope } from "../kernel/current.ts";
import type { ConcurrencyOptions } from "./concurrency.ts";
import { dispose } from "./dispose.ts";
import { Production, type Emit } from "./production.ts";
import { settle, valueIn } from "./settle.ts";
import { checkWork, doWork, type Items } from "./work.ts";

/** What became of an item. */
export type Completed<I, R> = { readonly item: I; readonly index: number } & PromiseSettledResult<R>;

/**
 * Runs `fn(item, index)` on every item as {@link map} does, and yields the outcomes as they come:
 * `{ item, index, status: "fulfilled", value }` or `{ item, index, status: "rejected", reason }`.
 *
 * The work begins with the loop, in the scope of the loop, and waits when outcomes are not read: an outcome that was not taken keeps
 * its worker. Leaving the loop cancels the rest and waits for its end; values that nobody reads are disposed of if they have
 * `Symbol.dispose` or `Symbol.asyncDispose`. A failure of the source is thrown after the outcomes that came before.
 *
 * Cancel safety: a cancelled `next()` takes no outcome.
 * @throws {Cancelled} from the loop, when the surrounding scope is cancelled.
 * @throws {InvalidArgument} for items that are not iterable, and a concurrency below 1.
 * @example
 * import { completed, sleep } from "tsyncio";
 * for await (const { item, status } of completed([3, 1, 2], (ms) => sleep(ms))) {
 *   console.log(item, status); // 1 fulfilled, 2 fulfilled, 3 fulfilled
 * }
 */
export function completed<I, R>(
  items: Items<I>,
  fn: (item: I, index: number) => R | PromiseLike<R>,
  options: ConcurrencyOptions = {},
): AsyncIterable<Completed<I, R>> {
  const work = checkWork("completed", items, fn, options);
  const producer = (emit: Emit<Completed<I, R>>): Promise<void> => {
    const complete = async (item: I, index: number): Promise<void> => {
      const outcome = await settle(() => fn(item, index));
      await emit({ item, index, ...outcome }).catch((error: unknown) => giveUp(outcome, error));
    };
    return doWork({ ...work, fn: complete }, items, undefined);
  };
  const plan = { name: "completed", producer, capacity: 1, disposable: valueIn };
  return { [Symbol.asyncIterator]: () => new Production(plan) };
}

/** An outcome was not handed on, because nobody reads any more. */
async function giveUp(outcome: PromiseSettledResult<unknown>, error: unknown): Promise<never> {
  await dispose(valueIn(outcome), currentScope().engine);
  throw error;
}
