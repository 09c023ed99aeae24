import { Wait } from "../kernel/park.ts";
import type { AfterMark, Blocked, Scope } from "../kernel/scope.ts";

/**
 * Stands among the services of the runtime. When they are cancelled it has the pool closed, and they have not ended before it is. Not a
 * task: nobody can cancel it alone.
 */
export class EndWatch extends Wait<void> {
  readonly label: string;
  readonly #onEnd: () => void;

  constructor(scope: Scope, label: string, onEnd: () => void) {
    super(scope);
    this.label = label;
    this.#onEnd = onEnd;
  }

  override interrupt(_blocked: Blocked, after: AfterMark): void {
    after.notices.push(this.#onEnd);
  }

  protected unlink(): void {}
}
