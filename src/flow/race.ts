import { cancelScope } from "../kernel/cancel.ts";
import { currentScope } from "../kernel/current.ts";
import { refuse } from "../kernel/refuse.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import type { TaskScope } from "../kernel/task.ts";
import { Branches, checkBranches, type Branch } from "./branches.ts";
import { disposeAll } from "./dispose.ts";

/** What the functions of an array return. */
type BranchValue<F extends readonly Branch[]> = Awaited<ReturnType<F[number]>>;

/** A group that the first value ends. Values that come later are disposed of. */
class Contest extends Branches {
  winner: TaskScope | null = null;

  override childEnded(task: TaskScope): void {
    if (task.state === "done" && this.winner === null && this.failure === null) {
      this.winner = task;
      cancelScope(this, "another function was first");
    }
    super.childEnded(task);
  }

  /** The value that won, when the others have been disposed of. Nobody waits for an error in that: it goes to `onUnhandled`. */
  async prize(winner: TaskScope): Promise<unknown> {
    const losers = this.values.filter((value) => value !== winner.outcome);
    await disposeAll(losers, (error) => this.engine.unhandled(error));
    return winner.outcome;
  }
}

/** A contest that the first error ends as well. */
class Race extends Contest {
  override fail(error: unknown): void {
    if (this.winner === null) super.fail(error);
    else this.engine.unhandled(error);
  }
}

/**
 * Runs functions at the same time, each as a task, and settles as the first of them does: with its value or its error.
 *
 * The others are cancelled and awaited before. Their values are disposed of if they have `Symbol.dispose` or
 * `Symbol.asyncDispose`. What they throw other than the cancellation is kept with the error that came first
 * ({@link suppressedErrors}), or goes to the runtime's `onUnhandled` when a value did. A loser can still get a value in the moment in
 * which another one wins: to take an item from a queue for a limited time, use {@link withTimeoutOr}, which gives the item then.
 *
 * Cancel safety: when it settles, nothing that was begun inside is alive, and no disposable value is lost. A value that is there
 * wins over a cancellation from outside.
 * @throws {Cancelled} when the surrounding scope is cancelled first.
 * @throws {InvalidArgument} for an empty list, and for what is no function.
 * @example
 * import { race, sleep } from "tsyncio";
 * const first = await race([() => sleep(1).then(() => "hare"), () => sleep(60_000).then(() => "tortoise")]);
 * console.log(first); // hare
 */
export function race<const F extends readonly Branch[]>(functions: F): Promise<BranchValue<F>>;
export function race<T>(functions: Iterable<Branch<T>>): Promise<T>;
export function race(functions: Iterable<Branch>): Promise<unknown> {
  const branches = contestants("race", functions);
  const scope = currentScope();
  return scope.blocked === null ? raced(new Race("race", branches)) : refuse(scope);
}

async function raced(group: Race): Promise<unknown> {
  await group.run();
  if (group.winner !== null) return group.prize(group.winner);
  return group.throwFailure(() => group.values);
}

/** A contest in which a failure is no end. */
class AnyContest extends Contest {
  override fail(): void {}
}

/**
 * Runs functions at the same time, each as a task, and gives the first value. The others are then cancelled and awaited, and their
 * values disposed of as by {@link race}. As long as one function may still give a value, the errors of others count for nothing: they
 * are given up when a value comes, and when a cancellation does.
 *
 * Cancel safety: as that of {@link race}.
 * @throws {AggregateError} when all functions fail; its `errors` stand in their order.
 * @throws {Cancelled} when the surrounding scope is cancelled first.
 * @throws {InvalidArgument} for an empty list, and for what is no function.
 * @example
 * import { any } from "tsyncio";
 * const mirror = await any([async () => { throw new Error("down"); }, async () => "second mirror"]);
 * console.log(mirror); // second mirror
 */
export function any<const F extends readonly Branch[]>(functions: F): Promise<BranchValue<F>>;
export function any<T>(functions: Iterable<Branch<T>>): Promise<T>;
export function any(functions: Iterable<Branch>): Promise<unknown> {
  const branches = contestants("any", functions);
  const scope = currentScope();
  return scope.blocked === null ? firstValue(new AnyContest("any", branches)) : refuse(scope);
}

async function firstValue(group: AnyContest): Promise<unknown> {
  await group.run();
  if (group.winner !== null) return group.prize(group.winner);
  if (group.cutShort !== null) throw group.cutShort;
  const errors = group.tasks.map((task) => task.failure());
  throw new AggregateError(errors, `all ${errors.length} functions of any() failed`);
}

function contestants(caller: string, functions: Iterable<unknown>): Branch[] {
  const branches = checkBranches(caller, functions);
  if (branches.length > 0) return branches;
  throw new InvalidArgument(
    `functions of ${caller} is empty, so that nothing could ever be first. Give at least one function.`,
  );
}
