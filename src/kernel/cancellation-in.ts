import { Cancelled, originOf } from "./errors.ts";
import type { Scope } from "./scope.ts";

/**
 * The cancellation that `error`, leaving `scope`, stands for; null where it is an ordinary error (law 9).
 *
 * A `Cancelled` counts when its scope encloses this one, by identity. So does a `SuppressedError` or `AggregateError` all of
 * whose leaves count (`await using` and `Promise.any` make them), and the `AbortError` of a foreign function that was told to
 * stop. A `Cancelled` that came from elsewhere, through a memoised promise say, is an error like any other.
 */
export function cancellationIn(scope: Scope, error: unknown): Cancelled | null {
  const effective = scope.blocked?.error ?? null;
  if (effective === null || error === effective) return effective;
  if (error instanceof Cancelled) return encloses(error, scope) ? error : null;
  if (!(error instanceof Error)) return null;
  const leaves = leavesOf(error);
  if (leaves !== null) return outermostOf(scope, leaves);
  return error.name === "AbortError" ? effective : null;
}

/** The errors that a compound error holds, or null for a simple one. Its `cause` is no leaf: who wraps, throws an error. */
function leavesOf(error: Error): readonly unknown[] | null {
  if (error instanceof AggregateError) return error.errors;
  if (error.name === "SuppressedError" && "suppressed" in error && "error" in error) {
    return [error.error, error.suppressed];
  }
  return null;
}

/** The outermost of the cancellations that all of `leaves` stand for; null when one of them is an error. */
function outermostOf(scope: Scope, leaves: readonly unknown[]): Cancelled | null {
  let outermost: Cancelled | null = null;
  for (const leaf of leaves) {
    const found = cancellationIn(scope, leaf);
    if (found === null) return null;
    if (outermost === null || encloses(found, originOf<Scope>(outermost))) outermost = found;
  }
  return outermost;
}

function encloses(cancelled: Cancelled, scope: Scope): boolean {
  return originOf<Scope>(cancelled).encloses(scope);
}
