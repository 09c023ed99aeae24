import { isFromAround } from "../kernel/cancellation-in.ts";
import { currentScope } from "../kernel/current.ts";
import type { Cancelled } from "../kernel/errors.ts";
import { GroupScope } from "../kernel/group-scope.ts";
import type { TaskScope } from "../kernel/task.ts";
import { disposeAll } from "./dispose.ts";

/**
 * A group whose tasks together make up one result: what is behind `all`, `race`, `map` and their like.
 *
 * Invariant: a task that cancelled itself has no value to give, so it counts as a failure (`TaskCancelled`), never as a result
 * that is missing.
 */
export class Gathering extends GroupScope {
  constructor(name: string) {
    const parent = currentScope();
    super(parent.engine, parent, name, parent.context, 0);
  }

  override childEnded(task: TaskScope): void {
    if (task.state === "cancelled" && !isFromAround(this, task.outcome as Cancelled))
      this.fail(task.failure());
    super.childEnded(task);
  }

  /** Something will not be begun any more, because of a cancellation: the result cannot be complete. */
  protected noteUnfinished(): void {
    this.cutShort ??= this.blocked?.error ?? null;
  }

  /** Throws what kept the result from being complete, after `values`, which nobody will receive, have been disposed of. */
  async throwFailure(values: () => readonly unknown[]): Promise<void> {
    if (this.failure === null && this.cutShort === null) return;
    await this.discard(values());
    throw this.failure === null ? this.cutShort : this.failure.error;
  }

  /** Disposes of `values`. An error in it is a failure like any other; a cancellation that it meets is none. */
  async discard(values: readonly unknown[]): Promise<void> {
    await disposeAll(values, (error) => super.fail(error));
  }
}
