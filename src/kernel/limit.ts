/**
 * Limits in time: the deadline of a scope, and the end of a shield.
 *
 * States of a deadline:  armed -> fired (its scope is cancelled), or armed -> disarmed (its scope has ended).
 * States of a shield:    up -> running down (an enclosing scope is cancelled) -> down (the cancellation has come through).
 */
import { block, cancelScope } from "./cancel.ts";
import { type Limit, type Scope, type Shield } from "./scope.ts";
import type { TimerEntry } from "./timers.ts";

abstract class ScopeTimer implements TimerEntry {
  index = -1;
  arrival = 0;
  at = Infinity;
  protected readonly scope: Scope;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  get keepsAlive(): boolean {
    return this.scope.keepsAlive;
  }

  arm(at: number): void {
    this.at = at;
    this.scope.engine.timers.add(this, at);
  }

  disarm(): void {
    this.scope.engine.timers.remove(this);
  }

  abstract fire(): void;
}

class Deadline extends ScopeTimer implements Limit {
  readonly #describe: string;

  constructor(scope: Scope, describe: string) {
    super(scope);
    this.#describe = describe;
  }

  fire(): void {
    cancelScope(this.scope, this.#describe, "its time limit");
  }
}

/** Sets the scope's deadline. One that is past acts at the first wait. */
export function setDeadline(scope: Scope, at: number, reason: string): void {
  const deadline = new Deadline(scope, reason);
  scope.rarely.limit = deadline;
  if (at > scope.engine.host.now()) {
    deadline.arm(at);
    return;
  }
  deadline.at = at;
  deadline.fire();
}

class BoundedShield extends ScopeTimer implements Limit, Shield {
  readonly #ms: number;

  constructor(scope: Scope, ms: number) {
    super(scope);
    this.#ms = ms;
  }

  parentCancelled(): void {
    if (this.index >= 0 || this.at !== Infinity) return;
    this.arm(this.scope.engine.host.now() + this.#ms);
  }

  fire(): void {
    const { rare, parent } = this.scope;
    rare!.shield = null;
    if (parent !== null && parent.blocked !== null && this.scope.blocked === null)
      block(this.scope, parent.blocked);
  }
}

/**
 * Keeps enclosing cancellations out for `ms`, counted from the cancellation or from now, whichever is later (law 12).
 * Against the end of an enclosing scope there is no shield.
 */
export function raiseShield(scope: Scope, ms: number): void {
  if (scope.blocked !== null && scope.blocked.error === null) return;
  const shield = new BoundedShield(scope, ms);
  scope.rarely.shield = shield;
  scope.rarely.limit = shield;
  scope.blocked = null;
  if (scope.parent!.blocked !== null) shield.parentCancelled();
}

/** The earliest deadline of the scope and those around it, up to the nearest shield (law 17). `Infinity` where there is none. */
export function deadlineOf(scope: Scope): number {
  let earliest = Infinity;
  for (let inner: Scope | null = scope; inner !== null; inner = inner.parent) {
    const { rare } = inner;
    if (rare === null) continue;
    if (rare.limit !== null) earliest = Math.min(earliest, rare.limit.at);
    if (rare.shield !== null) break;
  }
  return earliest;
}
