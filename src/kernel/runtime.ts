import { checkDuration, checkFunction } from "../base/check.ts";
import { currentScope, setDefaultRuntime, storage } from "./current.ts";
import { Engine } from "./engine.ts";
import { Deadlock, NoHost } from "./errors.ts";
import type { Host } from "./host.ts";
import { captureContext, inRoot, takeStrangers } from "./root-context.ts";
import { IS_QUIET, Scope } from "./scope.ts";
import { GroupScope } from "./group-scope.ts";
import { TaskGroup } from "./task-group.ts";
import { TimedCall, type Timers } from "./timers.ts";
import type { Turn } from "./turn.ts";
import { snapshotOf } from "./snapshot.ts";
import { formatTree } from "./tree-text.ts";

/** Figures about a runtime, as `runtime.stats()` gives them. Milliseconds, and a share from 0 to 1. */
export interface RuntimeStats {
  /** Live tasks, services and background tasks included. */
  readonly tasks: number;
  /** Armed timers: sleeps, deadlines, `callLater`. */
  readonly timers: number;
  /** How late the last timer fired, and the latest so far. */
  readonly lagMs: number;
  readonly maxLagMs: number;
  /** The share of time in which the event loop was busy. */
  readonly utilisation: number;
}

/** A call that is going to happen. */
export interface ScheduledCall {
  /** Keeps the call from happening. Does nothing afterwards. */
  cancel(): void;
}

/** Background tasks: one that fails is reported, and the others live on. */
class BackgroundScope extends GroupScope {
  override fail(error: unknown): void {
    this.engine.unhandled(error);
  }
}

/** The event loop of a program, as its tasks see it: the clock, the background, and where its news go. */
export class Runtime extends Engine {
  /** @internal The scope above all others. */
  readonly root: Scope;
  /** @internal */
  readonly backgroundScope: GroupScope;
  /** The group for work that belongs to no caller. It lives as long as the runtime; failures go to `onUnhandled`. */
  readonly background: TaskGroup;

  /** @internal A simulation brings its own turn and timers. */
  constructor(host: Host, turn?: Turn, timers?: Timers) {
    super(host, turn, timers);
    this.root = new Scope(this, null, "root", null, 0);
    this.backgroundScope = new BackgroundScope(this, this.root, "background", null, IS_QUIET);
    this.background = new TaskGroup(this.backgroundScope);
  }

  /** Monotonic milliseconds: the instants of deadlines and of `withDeadline`. */
  now(): number {
    return this.host.now();
  }

  /** Calls `callback` in the next turn of the event loop, in the context of the caller. Its errors go to `onUnhandled`. */
  callSoon(callback: () => void): void {
    checkFunction("callback of callSoon", callback);
    const inContext = captureContext();
    this.turn.defer(() => this.guard(() => inContext(callback)));
  }

  /**
   * Calls `callback` after `ms` milliseconds, in the context of the caller. Its errors go to `onUnhandled`. It keeps the process
   * alive as `setTimeout` does, unless the caller is a service or background task.
   */
  callLater(ms: number, callback: () => void): ScheduledCall {
    const delay = checkDuration("ms of callLater", ms);
    checkFunction("callback of callLater", callback);
    const inContext = captureContext();
    const call = new TimedCall(() => this.guard(() => inContext(callback)), currentScope().keepsAlive);
    this.timers.add(call, this.now() + delay);
    return { cancel: () => this.timers.remove(call) };
  }

  stats(): RuntimeStats {
    const { lagMs, maxLagMs, size } = this.timers;
    return { tasks: this.taskCount, timers: size, lagMs, maxLagMs, utilisation: this.host.utilisation() };
  }
}

let installed: Host | null = null;

/** Says on which platform the default runtime and `run` work. Called by the entry files. */
export function installHost(host: Host): void {
  installed ??= host;
  const strangers = takeStrangers();
  if (strangers === null) return;
  host.warn(
    `two versions of tsyncio are loaded that cannot share scopes: ${strangers.join(" and ")}. ` +
      `Cancellation and deadlines do not cross from one to the other; install one version.`,
  );
}

/** The platform's host. */
export function platformHost(): Host {
  if (installed === null) throw new NoHost();
  return installed;
}

setDefaultRuntime(() => {
  const runtime = new Runtime(platformHost());
  inRoot(() => runtime.host.process?.onIdleExit(() => warnOfDeadlock(runtime)));
  return runtime;
});

/** Without `run` there is nobody to throw a deadlock to: the process ends, and the tree says what was left waiting (law 24). */
function warnOfDeadlock(runtime: Runtime): void {
  const left = runtime.root.firstWait !== null || runtime.backgroundScope.nextSibling !== null;
  if (!left || runtime.timers.keepForNext()) return;
  runtime.host.warn(new Deadlock(formatTree(snapshotOf(runtime.root))).message);
}

/** The runtime to which the calling code belongs: that of the enclosing `run` or simulation, else the default one. */
export function currentRuntime(): Runtime {
  return currentScope().engine as Runtime;
}

/**
 * Runs `fn` in the runtime's background scope, outside the caller's: no cancellation or deadline of the caller reaches it, and
 * what it registers (event handlers, servers, pools) may outlive the caller. `ContextVar` values are not inherited.
 *
 * A server's handlers run where `listen` was called, so that is the call to detach.
 *
 * @example
 * import { createServer } from "node:http";
 * import { detached, sleep, withTimeout } from "tsyncio";
 * const server = createServer(async (_request, response) => {
 *   await sleep(1); // works long after the time limit has been left
 *   response.end();
 * });
 * await withTimeout(1_000, async () => { detached(() => server.listen(0)); });
 * server.close();
 */
export function detached<T>(fn: () => T): T {
  checkFunction("fn of detached", fn);
  return storage.run(currentRuntime().backgroundScope, fn);
}
