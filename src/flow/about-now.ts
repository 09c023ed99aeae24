/** What a task can ask about itself and its surroundings. */
import { currentScope } from "../kernel/current.ts";
import { deadlineOf } from "../kernel/limit.ts";
import type { Scope } from "../kernel/scope.ts";
import type { Task } from "../kernel/task.ts";

/** The task that calls, or `undefined` in code that belongs to none. */
export function currentTask(): Task | undefined {
  const { task } = currentScope();
  return task.isTask ? (task as unknown as Task) : undefined;
}

/**
 * The current scope as an `AbortSignal`, for platform functions that take one. It aborts when the scope is cancelled, with the
 * `Cancelled` as its reason, and when the scope ends. Made when first asked for; the same for all who ask in one scope.
 *
 * @example
 * import { currentSignal, withTimeoutOr } from "tsyncio";
 * const aborted = await withTimeoutOr(5, () => new Promise<string>((resolve) => {
 *   currentSignal().addEventListener("abort", () => resolve("told to stop"));
 * }), "never");
 * console.log(aborted); // told to stop
 */
export function currentSignal(): AbortSignal {
  return signalOf(currentScope());
}

/** The signal of any scope. */
export function signalOf(scope: Scope): AbortSignal {
  const rare = scope.rarely;
  if (rare.signal === null) {
    rare.signal = new AbortController();
    if (scope.blocked !== null) rare.signal.abort(scope.blocked.error ?? undefined);
  }
  return rare.signal.signal;
}

/** The earliest deadline that encloses the caller, up to the nearest shield: an instant, `Infinity` where there is none. */
export function currentDeadline(): number {
  return deadlineOf(currentScope());
}

/** The milliseconds left until {@link currentDeadline}, at least 0; `Infinity` without one. For calls that take a limit. */
export function remainingMs(): number {
  const scope = currentScope();
  const deadline = deadlineOf(scope);
  return deadline === Infinity ? Infinity : Math.max(0, deadline - scope.engine.host.now());
}
