import { currentRuntime, withCancelScope, type CancelScope } from "../../src/index.ts";

/**
 * Runs `fn` in a scope that is cancelled from outside after `ms` milliseconds, as a task is that somebody cancels. Says whether the
 * cancellation ended it; throws what `fn` throws otherwise.
 */
export async function cancelAfter(ms: number, fn: () => unknown): Promise<{ readonly caught: boolean }> {
  let handle!: CancelScope;
  await withCancelScope((scope) => {
    handle = scope;
    const call = currentRuntime().callLater(ms, () => scope.cancel("from outside"));
    return Promise.resolve(fn()).finally(() => call.cancel());
  });
  return handle;
}
