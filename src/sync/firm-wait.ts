import { Wait } from "../kernel/park.ts";
import type { Scope } from "../kernel/scope.ts";

/**
 * A wait that no cancellation ends: for what has to be given back to a task before it may go on, cancelled or not. The scope in which
 * it stands is not left before it is over.
 */
export class FirmWait extends Wait<void> {
  readonly label: string;

  constructor(scope: Scope, label: string) {
    super(scope);
    this.label = label;
  }

  override interrupt(): boolean {
    return false;
  }

  protected unlink(): void {}
}
