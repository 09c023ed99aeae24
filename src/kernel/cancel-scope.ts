import { checkFunction } from "../base/check.ts";
import { cancelScope } from "./cancel.ts";
import { currentScope } from "./current.ts";
import { runIn, settled } from "./leave.ts";
import { Scope } from "./scope.ts";

/** A region of code that can be cancelled from outside or inside. */
export interface CancelScope {
  /** Cancels everything inside. The first call counts; `reason` is kept in the `Cancelled` that the waits throw. */
  cancel(reason?: unknown): void;
  /** Whether `cancel` has been called. */
  readonly cancelRequested: boolean;
  /** Whether the scope was ended by its own cancellation. False while it is open, and when its function returned after all. */
  readonly caught: boolean;
}

class CancelHandle implements CancelScope {
  readonly #scope: Scope;
  cancelRequested = false;
  caught = false;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  cancel(reason?: unknown): void {
    this.cancelRequested = true;
    cancelScope(this.#scope, reason);
  }
}

/** Opens a scope below the current one. */
export function openScope(name: string): Scope {
  const parent = currentScope();
  return new Scope(parent.engine, parent, name, parent.context, 0);
}

/**
 * Runs `fn` in a scope of its own, which `fn` and others can cancel.
 *
 * Resolves to what `fn` returns, or to `undefined` when the scope's own cancellation ended it (`scope.caught` tells the two
 * apart). Cancellations from further out, and errors, pass through.
 *
 * Cancel safety: when it settles, nothing that was begun inside is alive.
 *
 * @example
 * import { sleep, withCancelScope } from "tsyncio";
 * const result = await withCancelScope(async (scope) => {
 *   scope.cancel("changed my mind");
 *   await sleep(60_000);
 *   return "never";
 * });
 * console.log(result); // undefined
 */
export async function withCancelScope<T>(
  fn: (scope: CancelScope) => T | PromiseLike<T>,
): Promise<T | undefined> {
  checkFunction("fn of withCancelScope", fn);
  const scope = openScope("withCancelScope");
  const handle = new CancelHandle(scope);
  const ending = await runIn(scope, () => fn(handle));
  if (ending.kind === "cancelled" && ending.cancelled === scope.cancelled) {
    handle.caught = true;
    return undefined;
  }
  return settled(ending);
}
