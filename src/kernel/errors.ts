import { show } from "../base/check.ts";
import { TsyncioError } from "../base/tsyncio-error.ts";

/** Leads from a {@link Cancelled} to its scope. A symbol, and not enumerable, so that printing the error prints no tree. */
const origin = Symbol.for("tsyncio.origin");

/** The scope that was cancelled. Any copy of the package may have made the error. */
export function originOf<S extends object>(cancelled: Cancelled): S {
  return (cancelled as unknown as { [origin]: S })[origin];
}

/**
 * The interruption that a wait throws in a cancelled scope. Let it pass: catch it only to clean up, then throw it on.
 *
 * One object per cancelled scope is thrown by all its waits, so it is recognised by identity, its fields cannot be changed, and carries no stack
 * (under `debug` it has that of the call to `cancel`).
 */
export class Cancelled extends TsyncioError {
  static readonly code = "TSY_CANCELLED";
  /** What was given to `cancel`. */
  readonly reason: unknown;
  /** The path of the scope that was cancelled. */
  readonly scope: string;
  /** The path of the scope in which `cancel` was called. */
  readonly by: string;

  private constructor(scope: string, by: string, reason: unknown, from: object) {
    super(
      Cancelled.code,
      `${reason === undefined ? "" : `${show(reason)}: `}${scope} was cancelled by ${by}.`,
    );
    this.reason = reason;
    this.scope = scope;
    this.by = by;
    // Not frozen: the platform's fetch writes a stack on the reason of the signal it was given (decisions/009).
    const fixed = { writable: false, configurable: false };
    Object.defineProperties(this, {
      code: fixed,
      reason: fixed,
      scope: fixed,
      by: fixed,
      [origin]: { value: from },
    });
  }

  /** @internal */
  static of(from: { readonly path: string }, by: string, reason: unknown, withStack: boolean): Cancelled {
    if (withStack) return new Cancelled(from.path, by, reason, from);
    return withoutStack(() => new Cancelled(from.path, by, reason, from));
  }
}

/** Makes an error without a stack: a fifth of the price. Where the intrinsics are frozen, the full price is paid. */
function withoutStack<E extends Error>(make: () => E): E {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, "stackTraceLimit", 0);
  const error = make();
  Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  return error;
}

/** Thrown by `task.join()` for a task that ended by cancellation. An ordinary error; `reason` is that of the cancellation. */
export class TaskCancelled extends TsyncioError {
  static readonly code = "TSY_TASK_CANCELLED";
  readonly reason: unknown;

  constructor(task: string, cancelled: Cancelled) {
    super(TaskCancelled.code, `${task} has no result: it was cancelled (${cancelled.message}).`);
    this.reason = cancelled.reason;
  }
}

/** A time limit passed before the function it was set for returned. */
export class TimeoutError extends TsyncioError {
  static readonly code = "TSY_TIMEOUT";

  constructor(scope: string, limit: string) {
    super(TimeoutError.code, `${scope} did not end within ${limit}.`);
  }
}

/** A wait was begun in a scope that has already ended, as from an event handler that was registered inside it. */
export class ScopeEnded extends TsyncioError {
  static readonly code = "TSY_SCOPE_ENDED";

  constructor(scope: string) {
    super(
      ScopeEnded.code,
      `cannot wait in ${scope}: it has already ended. Code that outlives its scope, such as an event handler or a server, ` +
        `must be registered under detached(() => ...), which runs it in the runtime's background scope.`,
    );
  }
}

/** A task was spawned into a group that has ended. */
export class ClosedGroup extends TsyncioError {
  static readonly code = "TSY_CLOSED_GROUP";

  constructor(task: string, group: string) {
    super(
      ClosedGroup.code,
      `cannot spawn "${task}": its task group (${group}) has already ended. A task cannot outlive its group. ` +
        `Spawn it while the group is open, or in currentRuntime().background if it must live on.`,
    );
  }
}

/** A task given to `group.start` returned without calling `ready`. */
export class NotReady extends TsyncioError {
  static readonly code = "TSY_NOT_READY";

  constructor(task: string) {
    super(
      NotReady.code,
      `${task} returned without calling ready(value). Call it once, when others may rely on the task.`,
    );
  }
}

/** A task given to `group.start` called `ready` a second time. */
export class AlreadyReady extends TsyncioError {
  static readonly code = "TSY_ALREADY_READY";

  constructor(task: string) {
    super(
      AlreadyReady.code,
      `${task} called ready(value) twice. Call it once; send later values through a Queue.`,
    );
  }
}

/** A task waited for its own end. */
export class SelfJoin extends TsyncioError {
  static readonly code = "TSY_SELF_JOIN";

  constructor(task: string) {
    super(SelfJoin.code, `${task} waits for itself and could never go on. Join it from another task.`);
  }
}

/** `run` was called inside a live `run`. */
export class NestedRun extends TsyncioError {
  static readonly code = "TSY_NESTED_RUN";

  constructor(scope: string) {
    super(
      NestedRun.code,
      `run() was called inside a live run (in ${scope}). One run owns the program: call the function directly, ` +
        `or open a scope for it with withTaskGroup().`,
    );
  }
}

/** Every task waits and nothing is left that could wake one. The message holds the task tree. */
export class Deadlock extends TsyncioError {
  static readonly code = "TSY_DEADLOCK";

  constructor(tree: string) {
    super(Deadlock.code, `every task waits, and nothing is left that could wake one:\n${tree}`);
  }
}

/** The kernel was loaded without a platform beneath it. */
export class NoHost extends TsyncioError {
  static readonly code = "TSY_NO_HOST";

  constructor() {
    super(
      NoHost.code,
      `no host is installed. Import "tsyncio" (or another entry of the package), not a file inside it.`,
    );
  }
}

/** A `ContextVar` without a default was read where nothing had set it. */
export class NoContextValue extends TsyncioError {
  static readonly code = "TSY_NO_CONTEXT_VALUE";

  constructor(variable: string, scope: string) {
    super(
      NoContextValue.code,
      `ContextVar "${variable}" has no value in ${scope}. Set one with variable.run(value, fn), or give a default.`,
    );
  }
}
