import { checkFunction, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { cancelScope } from "../kernel/cancel.ts";
import { openScope } from "../kernel/cancel-scope.ts";
import { runIn, settled } from "../kernel/leave.ts";

/**
 * Runs `fn` and cancels it when `signal` aborts: the way in for code that is handed an `AbortSignal`. If `fn` returns a value after
 * all, the value wins. An aborted signal acts at the first wait.
 *
 * Cancel safety: when it settles, nothing that `fn` began is alive, and no listener is left on the signal.
 *
 * @throws the signal's `reason` when the signal ended `fn`.
 * @example
 * import { sleep, withSignal } from "tsyncio";
 * const controller = new AbortController();
 * controller.abort(new Error("no longer wanted"));
 * try {
 *   await withSignal(controller.signal, () => sleep(60_000));
 * } catch (error) {
 *   console.log(error === controller.signal.reason); // true
 * }
 */
export async function withSignal<T>(signal: AbortSignal, fn: () => T | PromiseLike<T>): Promise<T> {
  if (typeof signal?.addEventListener !== "function" || typeof signal.aborted !== "boolean") {
    throw new InvalidArgument(`signal of withSignal is ${show(signal)}. Give an AbortSignal.`);
  }
  checkFunction("fn of withSignal", fn);
  const scope = openScope("withSignal");
  const aborted = (): void => {
    cancelScope(scope, signal.reason);
  };
  if (signal.aborted) aborted();
  else signal.addEventListener("abort", aborted, { once: true });
  const ending = await runIn(scope, fn);
  signal.removeEventListener("abort", aborted);
  if (ending.kind === "cancelled" && ending.cancelled === scope.cancelled) throw signal.reason;
  return settled(ending);
}
