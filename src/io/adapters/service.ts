import { cancelScope } from "../../kernel/cancel.ts";
import { currentScope } from "../../kernel/current.ts";
import { endScope } from "../../kernel/leave.ts";
import { IS_SERVICE, Scope } from "../../kernel/scope.ts";
import { startTask, TaskScope } from "../../kernel/task.ts";

/**
 * The place of one task that the current scope need not wait for: leaving that scope cancels it, and it is no stray work then. It ends
 * with its task.
 */
class ServiceScope extends Scope {
  readonly #onEnd: () => void;

  constructor(name: string, onEnd: () => void) {
    const parent = currentScope();
    super(parent.engine, parent, name, parent.context, IS_SERVICE);
    this.#onEnd = onEnd;
  }

  override childEnded(): void {
    endScope(this);
    this.#onEnd();
  }
}

/** Starts `work`, which does not throw, as a service of the current scope. `onEnd` is called when it has ended. Returns what cancels it. */
export function startService(name: string, work: () => Promise<void>, onEnd: () => void): () => void {
  const scope = new ServiceScope(name, onEnd);
  startTask(new TaskScope(scope, name, IS_SERVICE), work);
  return () => {
    if (!scope.hasEnded) cancelScope(scope, "nobody needs it any more");
  };
}
