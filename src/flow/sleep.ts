import { checkDuration } from "../base/check.ts";
import { currentScope } from "../kernel/current.ts";
import { passed, Wait } from "../kernel/park.ts";
import { refuse } from "../kernel/refuse.ts";
import type { Scope } from "../kernel/scope.ts";
import type { TimerEntry } from "../kernel/timers.ts";

class SleepWait extends Wait<void> implements TimerEntry {
  index = -1;
  arrival = 0;

  get label(): string {
    return "sleep";
  }

  get keepsAlive(): boolean {
    return this.scope.keepsAlive;
  }

  fire(): void {
    this.wake();
  }

  protected unlink(): void {
    this.scope.engine.timers.remove(this);
  }
}

/**
 * Waits for `ms` milliseconds, and never less by the runtime's clock. 0 and negative take one turn of the event loop; `Infinity`
 * waits until cancelled.
 *
 * Cancel safety: a cancelled sleep leaves nothing behind.
 * @throws {Cancelled} when the surrounding scope is cancelled first.
 * @throws {InvalidArgument} for NaN and what is no number.
 * @example
 * import { sleep } from "tsyncio";
 * await sleep(5);
 */
export function sleep(ms: number): Promise<void> {
  const delay = checkDuration("ms of sleep", ms);
  const scope = currentScope();
  if (scope.blocked !== null) return refuse(scope);
  if (delay === 0) return nextTurn(scope);
  const wait = new SleepWait(scope);
  const { engine } = scope;
  engine.timers.add(wait, engine.host.now() + delay);
  return wait.park();
}

class TurnWait extends Wait<void> {
  #live = true;

  get label(): string {
    return "the next turn";
  }

  arm(): void {
    this.scope.engine.turn.defer(() => {
      if (this.#live) this.wake();
    });
  }

  protected unlink(): void {
    this.#live = false;
  }
}

function nextTurn(scope: Scope): Promise<void> {
  const wait = new TurnWait(scope);
  wait.arm();
  return wait.park();
}

/**
 * Meets a cancellation, if there is one, and every so often lets the event loop turn. For long computations and for loops over what
 * cannot be cancelled. Costs next to nothing.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @example
 * import { checkpoint } from "tsyncio";
 * let sum = 0;
 * for (let i = 0; i < 10_000; i++) {
 *   sum += i;
 *   await checkpoint();
 * }
 */
export function checkpoint(): Promise<void> {
  return passed();
}
