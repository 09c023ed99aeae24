import type { Observed } from "../kernel/instrument.ts";
import type { Scope } from "../kernel/scope.ts";

/** What is not a task: the body of the simulation. */
export const BODY = "the body";

function isInBackground(scope: Scope): boolean {
  let inner: Scope = scope;
  while (inner.parent !== null && inner.parent.parent !== null) inner = inner.parent;
  return inner.parent !== null && inner.name === "background";
}

/** The names by which a report tells the tasks of a run apart: that of the task, with a number from the second of a name on. */
export class TaskNames {
  readonly #names = new Map<Scope, string>();
  readonly #counts = new Map<string, number>();

  /** The name of the task to which `observed` belongs. */
  of(observed: Observed): string {
    const scope = observed as Scope;
    if (scope.parent === undefined) return observed.name;
    const { task } = scope;
    if (!task.isTask) return isInBackground(scope) ? "the background" : BODY;
    let name = this.#names.get(task);
    if (name === undefined) {
      const count = (this.#counts.get(task.name) ?? 0) + 1;
      this.#counts.set(task.name, count);
      name = count === 1 ? task.name : `${task.name} ${count}`;
      this.#names.set(task, name);
    }
    return name;
  }
}
