import { currentScope } from "../kernel/current.ts";
import { endScope } from "../kernel/leave.ts";
import { IS_SERVICE, Scope } from "../kernel/scope.ts";
import type { TaskScope } from "../kernel/task.ts";

/**
 * The place of one task that the current scope need not wait for: leaving that scope cancels it, and it is no stray work then. It ends
 * with its task.
 */
export class SideScope extends Scope {
  readonly #onEnd: (task: TaskScope) => void;

  constructor(name: string, onEnd: (task: TaskScope) => void) {
    const parent = currentScope();
    super(parent.engine, parent, name, parent.context, IS_SERVICE);
    this.#onEnd = onEnd;
  }

  override childEnded(task: TaskScope): void {
    endScope(this);
    this.#onEnd(task);
  }
}
