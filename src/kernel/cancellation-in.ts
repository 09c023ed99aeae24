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
  try {
    return outermostOf(scope, effective, error);
  } catch {
    return null; // An error with throwing getters is an error.
  }
}

/** The outermost of the cancellations that the leaves of `error` stand for; null when one of them is an error. */
function outermostOf(scope: Scope, effective: Cancelled, error: unknown): Cancelled | null {
  let outermost: Cancelled | null = null;
  const seen = new Set<unknown>();
  const open = [error];
  while (open.length > 0) {
    const next = open.pop();
    if (seen.has(next)) continue;
    seen.add(next);
    const leaves = leavesOf(next);
    if (leaves !== null) {
      for (const leaf of leaves) open.push(leaf);
      continue;
    }
    const found = leafCancellation(scope, effective, next);
    if (found === null) return null;
    if (outermost === null || isFromAround(originOf<Scope>(outermost), found)) outermost = found;
  }
  return outermost;
}

/** The errors that a compound error holds, or null for a simple one. Its `cause` is no leaf: who wraps, throws an error. */
export function leavesOf(error: unknown): readonly unknown[] | null {
  if (error instanceof AggregateError) return error.errors.length === 0 ? null : error.errors;
  if (
    error instanceof Error &&
    error.name === "SuppressedError" &&
    "suppressed" in error &&
    "error" in error
  ) {
    return [error.error, error.suppressed];
  }
  return null;
}

function leafCancellation(scope: Scope, effective: Cancelled, error: unknown): Cancelled | null {
  if (error === effective) return effective;
  if (error instanceof Cancelled) return isFromAround(scope, error) ? error : null;
  return error instanceof Error && error.name === "AbortError" ? effective : null;
}

/** Whether it is `scope` or one around it that was cancelled. */
export function isFromAround(scope: Scope, cancelled: Cancelled): boolean {
  return cancelled === scope.blocked?.error || originOf<Scope>(cancelled).encloses(scope);
}
