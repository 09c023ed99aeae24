import { SideScope } from "../../flow/side-scope.ts";
import { cancelScope } from "../../kernel/cancel.ts";
import { IS_SERVICE } from "../../kernel/scope.ts";
import { startTask, TaskScope } from "../../kernel/task.ts";

/** Starts `work`, which does not throw, as a service of the current scope. `onEnd` is called when it has ended. Returns what cancels it. */
export function startService(name: string, work: () => Promise<void>, onEnd: () => void): () => void {
  const scope = new SideScope(name, onEnd);
  startTask(new TaskScope(scope, name, IS_SERVICE), work);
  return () => {
    if (!scope.hasEnded) cancelScope(scope, "nobody needs it any more");
  };
}
