/**
 * Leaving a scope (law 1).
 *
 * When the function of a scope has ended, something may still be parked in it or open below it: a forgotten branch of a
 * `Promise.all`, say. That is stray work. It is cancelled, reported with its labels, and waited for; only then is the scope
 * ended, for ever (law 2).
 *
 * What is woken or cancelled runs some microtasks later, and may wait again in its clean-up. So a scope that had stray work, or in
 * which several branches were cancelled together, is looked at once more after a turn of the event loop before it counts as left.
 */
import { abortSignal, cancelScope } from "./cancel.ts";
import { storage } from "./current.ts";
import type { Cancelled } from "./errors.ts";
import { ENDED, HAS_ENDED, IS_DRAINING, IS_SERVICE, type Scope } from "./scope.ts";
import { cancellationIn } from "./cancellation-in.ts";

/** How the function of a scope ended. A cancellation is that of an enclosing scope or of the scope itself. */
export type Ending<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "cancelled"; readonly cancelled: Cancelled };

/** Runs `fn` in `scope` and leaves it. Never rejects. */
export async function runIn<T>(scope: Scope, fn: () => T | PromiseLike<T>): Promise<Ending<T>> {
  let ending: Ending<T>;
  try {
    ending = { kind: "value", value: await storage.run(scope, fn) };
  } catch (error) {
    // Asked before the sweep, which cancels the scope itself.
    const cancelled = cancellationIn(scope, error);
    ending = cancelled === null ? { kind: "error", error } : { kind: "cancelled", cancelled };
  }
  if (scope.isQuiescent) endScope(scope);
  else await sweep(scope, endScope);
  if (scope.engine.turn.spend()) await scope.engine.turn.next();
  return ending;
}

/** The value of an ending, or what it threw. */
export function settled<T>(ending: Ending<T>): T {
  if (ending.kind === "value") return ending.value;
  throw ending.kind === "error" ? ending.error : ending.cancelled;
}

/** Cancels and waits for what is left in a scope whose function has ended. `whenEmpty` is called before anything can begin anew. */
export async function sweep<S extends Scope>(scope: S, whenEmpty?: (scope: S) => void): Promise<void> {
  if (scope.blocked === null) {
    const strays = strayLabels(scope);
    cancelScope(scope, "its scope was left while it was still waiting");
    if (strays !== "") report(scope, strays);
  }
  do {
    if (!scope.isEmpty) await emptied(scope);
    await scope.engine.turn.next();
  } while (!scope.isEmpty);
  whenEmpty?.(scope);
}

/** Leaves a scope: at once where nothing is left inside, else when that has been cancelled and has ended. */
export async function leave(scope: Scope): Promise<void> {
  if (scope.isQuiescent) endScope(scope);
  else await sweep(scope, endScope);
}

/** Marks a scope as ended: it leaves the tree, its signal is aborted, and every later wait in it is refused. */
export function endScope(scope: Scope): void {
  scope.flags |= HAS_ENDED;
  scope.blocked = ENDED;
  scope.parent?.unlink(scope);
  const { rare } = scope;
  if (rare === null) return;
  rare.limit?.disarm();
  abortSignal(scope);
  rare.onEnd?.();
}

/** Settles when `scope` has neither waits nor children. */
function emptied(scope: Scope): Promise<void> {
  return new Promise((resolve) => {
    scope.flags |= IS_DRAINING;
    scope.rarely.onEmpty = () => {
      scope.flags &= ~IS_DRAINING;
      resolve();
    };
  });
}

/** What is left in a scope, for the report: the labels of waits, and the names of scopes that are no services. */
function strayLabels(scope: Scope): string {
  const labels: string[] = [];
  for (let wait = scope.firstWait; wait !== null; wait = wait.next) labels.push(wait.label);
  for (let child = scope.firstChild; child !== null; child = child.nextSibling) {
    if ((child.flags & IS_SERVICE) === 0) labels.push(child.name);
  }
  return labels.slice(0, 10).join(", ");
}

function report(scope: Scope, strays: string): void {
  scope.engine.log({
    level: "warning",
    code: "TSY_STRAY_WORK",
    message:
      `${scope.path} ended while work it had begun was still waiting: ${strays}. It was cancelled. ` +
      `Await all that a scope begins; use all() or race() in place of Promise.all() or Promise.race().`,
  });
}
