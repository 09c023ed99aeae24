import { checkFunction, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { currentScope } from "../kernel/current.ts";
import { refuse } from "../kernel/refuse.ts";
import type { TaskScope } from "../kernel/task.ts";
import { Branches, checkBranches, type Branch } from "./branches.ts";
import { checkConcurrency, type ConcurrencyOptions } from "./concurrency.ts";

/** Functions by name. */
export type BranchRecord = Readonly<Record<string, Branch>>;

/** What the functions of an array or record return, place by place. */
export type BranchResults<F> = {
  -readonly [K in keyof F]: F[K] extends () => infer R ? Awaited<R> : never;
};

/** What became of the functions of an array or record, place by place. */
export type BranchOutcomes<F> = {
  -readonly [K in keyof F]: F[K] extends () => infer R ? PromiseSettledResult<Awaited<R>> : never;
};

/**
 * Runs functions at the same time, each as a task, and gives their results in the shape of the argument: an array for an array or
 * iterable, a record for a record. All start at once, in their order; with `concurrency` the next one starts when one has ended.
 *
 * The first failure cancels the others and is thrown itself, when they have ended; later ones are in {@link suppressedErrors}.
 * Results that nobody receives then are disposed of, the last one first, if they have `Symbol.dispose` or `Symbol.asyncDispose`.
 *
 * Cancel safety: when it settles, nothing that was begun inside is alive, and no disposable result is lost. If all functions return
 * in spite of a cancellation, their results win.
 * @throws {Cancelled} when the surrounding scope is cancelled first.
 * @throws {InvalidArgument} for what is no function, a promise for example.
 * @example
 * import { all, sleep } from "tsyncio";
 * const [name, age] = await all([async () => "Ann", () => sleep(1).then(() => 42)]);
 * const sums = await all({ two: () => 1 + 1, four: async () => 2 + 2 }, { concurrency: 1 });
 * console.log(name, age, sums.four); // Ann 42 4
 */
export function all<const F extends readonly Branch[]>(
  functions: F,
  options?: ConcurrencyOptions,
): Promise<BranchResults<F>>;
export function all<T>(functions: Iterable<Branch<T>>, options?: ConcurrencyOptions): Promise<T[]>;
export function all<F extends BranchRecord>(
  functions: F,
  options?: ConcurrencyOptions,
): Promise<BranchResults<F>>;
export function all(functions: object, options: ConcurrencyOptions = {}): Promise<unknown> {
  const { branches, keys } = shapeOf("all", functions);
  const concurrency = checkConcurrency("all", options);
  const scope = currentScope();
  if (scope.blocked !== null) return refuse(scope);
  return resultsOf(new Branches("all", branches, concurrency), keys);
}

async function resultsOf(group: Branches, keys: readonly string[] | null): Promise<unknown> {
  await group.run();
  await group.throwFailure(() => group.values);
  return reshape(group.values, keys);
}

/** A group in which a failure is an outcome like any other. */
class SettledBranches extends Branches {
  override fail(): void {}
}

/**
 * Runs functions as {@link all} does, but lets each one end, and gives every outcome: `{ status: "fulfilled", value }` or
 * `{ status: "rejected", reason }`, as `Promise.allSettled` does. A cancellation from outside is no outcome: it is thrown, and the
 * outcomes are given up.
 *
 * Cancel safety: as that of {@link all}.
 * @throws {Cancelled} when the surrounding scope is cancelled first.
 * @throws {InvalidArgument} for what is no function, a promise for example.
 * @example
 * import { allSettled } from "tsyncio";
 * const outcomes = await allSettled([() => 1, async () => { throw new Error("no"); }]);
 * console.log(outcomes.map((outcome) => outcome.status)); // [ 'fulfilled', 'rejected' ]
 */
export function allSettled<const F extends readonly Branch[]>(
  functions: F,
  options?: ConcurrencyOptions,
): Promise<BranchOutcomes<F>>;
export function allSettled<T>(
  functions: Iterable<Branch<T>>,
  options?: ConcurrencyOptions,
): Promise<Array<PromiseSettledResult<T>>>;
export function allSettled<F extends BranchRecord>(
  functions: F,
  options?: ConcurrencyOptions,
): Promise<BranchOutcomes<F>>;
export function allSettled(functions: object, options: ConcurrencyOptions = {}): Promise<unknown> {
  const { branches, keys } = shapeOf("allSettled", functions);
  const concurrency = checkConcurrency("allSettled", options);
  const scope = currentScope();
  if (scope.blocked !== null) return refuse(scope);
  return outcomesOf(new SettledBranches("allSettled", branches, concurrency), keys);
}

async function outcomesOf(group: SettledBranches, keys: readonly string[] | null): Promise<unknown> {
  await group.run();
  await group.throwFailure(() => group.values);
  return reshape(group.tasks.map(outcomeOf), keys);
}

function outcomeOf(task: TaskScope): PromiseSettledResult<unknown> {
  if (task.state === "done") return { status: "fulfilled", value: task.outcome };
  return { status: "rejected", reason: task.failure() };
}

/** The functions in an array, and their names where they came in a record. */
function shapeOf(caller: string, functions: object): { branches: Branch[]; keys: string[] | null } {
  if (typeof functions !== "object" || functions === null) {
    throw new InvalidArgument(
      `functions of ${caller} is ${show(functions)}. Give an array or a record of functions.`,
    );
  }
  if (Symbol.iterator in functions) {
    return { branches: checkBranches(caller, functions as Iterable<unknown>), keys: null };
  }
  const keys = Object.keys(functions);
  const branches = Object.values(functions) as Branch[];
  for (const [index, key] of keys.entries()) checkFunction(`${key} of ${caller}`, branches[index]);
  return { branches, keys };
}

function reshape(results: unknown[], keys: readonly string[] | null): unknown {
  return keys === null ? results : Object.fromEntries(keys.map((key, index) => [key, results[index]]));
}
