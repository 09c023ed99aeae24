/**
 * Cancelling a scope: mark, then act (law 10).
 *
 * Marking sets `blocked` on the scope and everything below it down to the nearest shields, and takes every wait there out
 * of what would wake it. It is a loop over the tree, so its depth costs no stack, and it runs no foreign code. Acting then
 * aborts signals and calls back; that code may spawn, cancel and wake as it likes.
 */
import { storage } from "./current.ts";
import { Cancelled } from "./errors.ts";
import { counterOf } from "./refuse.ts";
import { HAD_BRANCHES, type AfterMark, type Blocked, type Parked, type Scope } from "./scope.ts";

/**
 * Cancels `scope` and all below it. The first cancellation counts; later ones, and that of an ended scope, do nothing.
 *
 * `by` says who asked: the path of the calling scope unless something else did.
 *
 * @returns whether it was the first.
 */
export function cancelScope(scope: Scope, reason: unknown, by?: string): boolean {
  if (scope.cancelled !== null || scope.hasEnded) return false;
  const asker = by ?? storage.getStore()?.path ?? "code outside any scope";
  const cancelled = Cancelled.of(scope, asker, reason, scope.engine.debug);
  scope.cancelled = cancelled;
  const rejection = Promise.reject(cancelled);
  rejection.catch(() => {});
  if (scope.blocked === null) block(scope, { error: cancelled, rejection });
  if (scope.engine.instruments !== null) {
    scope.engine.tell((instrument) => instrument.scopeCancelled?.(scope, reason));
  }
  return true;
}

/** Puts `scope`, its subtree and their waits under `blocked`: that of a scope above it, or its own. */
export function block(scope: Scope, blocked: Blocked): void {
  const after: AfterMark = { signals: [], notices: [] };
  mark(scope, blocked, after);
  for (const notice of after.notices) scope.engine.guard(notice);
  for (const marked of after.signals) abortSignal(marked);
}

/** Aborts the scope's signal, in the scope's own context: what its listeners wait for is refused. */
export function abortSignal(scope: Scope): void {
  const { rare } = scope;
  if (rare === null || rare.signal === null) return;
  const { signal } = rare;
  scope.engine.guard(() => storage.run(scope, () => signal.abort(scope.blocked?.error ?? undefined)));
}

function mark(top: Scope, blocked: Blocked, after: AfterMark): void {
  let scope: Scope = top;
  for (;;) {
    markOne(scope, blocked, after);
    let next = openChild(scope.firstChild);
    while (next === null) {
      if (scope === top) return;
      next = openChild(scope.nextSibling);
      if (next === null) scope = scope.parent!;
    }
    scope = next;
  }
}

/** The first of `scope` and its later siblings that lets a cancellation in; shields on the way are told. */
function openChild(scope: Scope | null): Scope | null {
  for (let child = scope; child !== null; child = child.nextSibling) {
    const shield = child.rare?.shield;
    if (shield === null || shield === undefined) return child;
    shield.parentCancelled();
  }
  return null;
}

function markOne(scope: Scope, blocked: Blocked, after: AfterMark): void {
  scope.blocked = blocked;
  if (hasBranches(scope)) scope.flags |= HAD_BRANCHES;
  const { rare } = scope;
  if (rare !== null && rare.signal !== null) after.signals.push(scope);
  let interrupted = 0;
  for (let wait: Parked | null = scope.firstWait; wait !== null; interrupted++) {
    const { next }: Parked = wait;
    wait.interrupt(blocked, after);
    wait = next;
  }
  if (interrupted > 1 || (interrupted === 1 && !scope.isTask))
    counterOf(scope).rarely.refusals -= interrupted;
}

/** Whether at least two things wait or stand below the scope. */
function hasBranches({ firstWait, firstChild }: Scope): boolean {
  if (firstWait === null) return firstChild !== null && firstChild.nextSibling !== null;
  return firstChild !== null || firstWait.next !== null;
}
