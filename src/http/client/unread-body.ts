import { endScope } from "../../kernel/leave.ts";
import { Wait } from "../../kernel/park.ts";
import { IS_SERVICE, Scope, type AfterMark } from "../../kernel/scope.ts";

/**
 * Binds a body that is still coming to the task that asked for it: when that is cancelled or ends, the body is given up. It stands below
 * the task, where the tree shows it, as something that the task does not wait for.
 *
 * States:  held -> released: by the end of the body, or of the task.
 */
export class BodyHold extends Wait<void> {
  readonly #name: string;
  readonly #giveUp: () => void;

  private constructor(scope: Scope, name: string, giveUp: () => void) {
    super(scope);
    this.#name = name;
    this.#giveUp = giveUp;
  }

  /** Null outside any task, where nothing ends. */
  static of(user: Scope, name: string, giveUp: () => void): BodyHold | null {
    const { task } = user;
    if (task.parent === null) return null;
    // A shielded part of a cancelled task is all that is left of it.
    const owner = task.blocked === null ? task : user;
    const hold = new BodyHold(new Scope(owner.engine, owner, name, null, IS_SERVICE), name, giveUp);
    void hold.park();
    return hold;
  }

  get label(): string {
    return `${this.#name} to be read`;
  }

  release(): void {
    if (this.scope.hasEnded) return;
    this.settle();
    endScope(this.scope);
  }

  protected unlink(after: AfterMark): void {
    after.notices.push(() => {
      if (!this.scope.hasEnded) endScope(this.scope);
      this.#giveUp();
    });
  }
}
