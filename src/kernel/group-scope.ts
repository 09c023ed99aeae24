/**
 * A task group: the scope in which tasks are spawned, and which is left only when they have all ended.
 *
 * States:  open -> closing (its function has returned; tasks may still spawn) -> stopping its services -> ended.
 *
 * Invariants
 * - `alive` counts the ordinary tasks. Services stand in `services`, a scope beside the tasks behind an unbounded shield:
 *   cancellation reaches them when the body and all ordinary tasks have ended (law 7).
 * - `failure` is the first error of body, tasks and services. It is recorded before the group is cancelled for it, so that
 *   what the cancellation brings about cannot come first.
 */
import { suppress } from "../base/suppressed.ts";
import { block, cancelScope } from "./cancel.ts";
import { isFromAround } from "./cancellation-in.ts";
import type { Cancelled } from "./errors.ts";
import { endScope, leave, sweep } from "./leave.ts";
import { IS_QUIET, IS_SERVICE, IS_STARTING, Scope, type Shield } from "./scope.ts";
import type { TaskScope } from "./task.ts";

/** An error in a box, since anything can be thrown, `undefined` too. */
interface Failure {
  readonly error: unknown;
}

const unbounded: Shield = { parentCancelled() {} };

/**
 * Where the services of a group live. It stands below the group, but not in its list of children until it is their turn to end:
 * a cancellation of the group does not find it.
 */
class ServiceScope extends Scope {
  readonly group: GroupScope;

  constructor(group: GroupScope) {
    super(group.engine, group, "services", group.context, IS_QUIET | IS_SERVICE);
    this.group = group;
    this.blocked = null;
    this.rarely.shield = unbounded;
    group.unlink(this);
  }

  override childEnded(task: TaskScope): void {
    if ((task.flags & IS_STARTING) === 0 && task.state === "failed") this.group.fail(task.outcome);
  }
}

export class GroupScope extends Scope {
  alive = 0;
  failure: Failure | null = null;
  /** The cancellation from further out that ended a task before it was done; the group is then not complete. */
  cutShort: Cancelled | null = null;
  closed = false;
  services: ServiceScope | null = null;
  #whenEmpty: (() => void) | null = null;

  /** The first failure is kept and cancels the group; later ones are kept with it (law 3). */
  fail(error: unknown): void {
    if (this.failure === null) {
      this.failure = { error };
      cancelScope(this, error);
    } else if (!suppress(this.failure.error, error, this)) {
      this.engine.unhandled(error);
    }
  }

  override childEnded(task: TaskScope): void {
    if ((task.flags & IS_STARTING) !== 0) return;
    const { state, outcome } = task;
    if (state === "failed") this.fail(outcome);
    const isCut =
      state === "cancelled" && outcome !== this.cancelled && isFromAround(this, outcome as Cancelled);
    if (isCut) this.cutShort = outcome as Cancelled;
    if (--this.alive === 0) this.#whenEmpty?.();
  }

  /** Settles when no ordinary task is alive. */
  tasksEnded(): Promise<void> {
    return new Promise((resolve) => (this.#whenEmpty = resolve));
  }

  servicesScope(): ServiceScope {
    return (this.services ??= new ServiceScope(this));
  }

  /** Takes a task that has become ready over from the scope of the one who started it. */
  adopt(task: TaskScope, home: Scope): void {
    task.flags &= ~IS_STARTING;
    if (home === this) this.alive++;
    if (task.parent !== home) {
      task.parent!.unlink(task);
      task.parent = home;
      home.link(task);
    }
    if (home.blocked !== null) block(task, home.blocked);
  }

  /** Cancels the services and waits for their end. The process lives on for it, though their timers do not keep it alive. */
  async stopServices(services: ServiceScope): Promise<void> {
    this.services = null;
    this.link(services);
    services.rarely.shield = null;
    cancelScope(services, "the group has ended", this.path);
    const { timers } = this.engine;
    timers.hold();
    await leave(services);
    timers.release();
  }
}

/** Waits for the tasks, then for what is stray, then for the services, and ends the group. */
export async function closeGroup(scope: GroupScope): Promise<void> {
  while (scope.alive > 0) await scope.tasksEnded();
  scope.closed = true;
  if (!scope.isQuiescent) await sweep(scope);
  if (scope.services !== null) await scope.stopServices(scope.services);
  // What was between two waits at the first look may have begun another while the services ended.
  if (scope.isEmpty) endScope(scope);
  else await sweep(scope, endScope);
  if (scope.engine.turn.spend()) await scope.engine.turn.next();
}
