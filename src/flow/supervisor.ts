import { checkCount, checkDuration, checkFunction, show } from "../base/check.ts";
import { InvalidArgument, TsyncioError } from "../base/tsyncio-error.ts";
import { openScope } from "../kernel/cancel-scope.ts";
import { runIn } from "../kernel/leave.ts";
import { currentScope } from "../kernel/current.ts";
import type { Scope } from "../kernel/scope.ts";
import type { Task } from "../kernel/task.ts";
import { toCall, withTaskGroup, type TaskGroup } from "../kernel/task-group.ts";
import { sleep } from "./sleep.ts";

/** What a supervisor does when a child ends. */
export interface SupervisorOptions {
  /** When a child is started again: `"failure"` (default), `"always"`, also when it returned, or `"never"`. */
  readonly restart?: "failure" | "always" | "never";
  /** How many restarts of one child `withinMs` allows; one more fails the supervisor. Default 5; `Infinity` allowed. */
  readonly maxRestarts?: number;
  /** The window in which restarts are counted, in milliseconds. Default 60,000. */
  readonly withinMs?: number;
  /** The pause before the first restart in a window, in milliseconds; it doubles with each further one. Default 100. */
  readonly pauseMs?: number;
  /** Told of each failure before the restart is decided. Default: the runtime's log. */
  readonly onFailure?: (error: unknown, child: string) => void;
}

/** A child failed more often than its supervisor allows. `cause` is its last error. */
export class RestartLimit extends TsyncioError {
  static readonly code = "TSY_RESTART_LIMIT";

  constructor(child: string, maxRestarts: number, withinMs: number, cause: unknown) {
    super(
      RestartLimit.code,
      `${child} failed more than ${maxRestarts} times within ${withinMs} ms; the last time with ${show(cause)}. ` +
        `Mend the cause, or allow more with maxRestarts.`,
      { cause },
    );
  }
}

/** Spawns children that are restarted by the supervisor's policy. */
export interface Supervisor {
  /** Starts a child. The task ends when the child is not restarted any more; cancelling it ends the child for good. */
  spawn<A extends unknown[]>(fn: (...args: A) => unknown, ...args: A): Task<void>;
  spawn<A extends unknown[]>(name: string, fn: (...args: A) => unknown, ...args: A): Task<void>;
}

type Policy = Required<Omit<SupervisorOptions, "onFailure">> & Pick<SupervisorOptions, "onFailure">;

/**
 * Runs `body` with a supervisor, and waits for all of its children. A child that fails is reported and started again, while its
 * siblings live on; one that fails too often fails the supervisor.
 *
 * Cancel safety: when it settles, nothing that was begun inside is alive.
 *
 * @throws {RestartLimit} when a child failed more often than allowed.
 * @example
 * import { withSupervisor } from "tsyncio";
 * let starts = 0;
 * await withSupervisor((supervisor) => {
 *   supervisor.spawn("flaky", async () => {
 *     starts++;
 *     if (starts < 3) throw new Error("lost the connection");
 *   });
 * }, { pauseMs: 1, onFailure: () => {} });
 * console.log(starts); // 3
 */
export async function withSupervisor<T>(
  body: (supervisor: Supervisor) => T | PromiseLike<T>,
  options: SupervisorOptions = {},
): Promise<T> {
  checkFunction("body of withSupervisor", body);
  const policy = checkPolicy(options);
  return withTaskGroup((group) => body(new GroupSupervisor(group, policy)));
}

class GroupSupervisor implements Supervisor {
  readonly #group: TaskGroup;
  readonly #policy: Policy;

  constructor(group: TaskGroup, policy: Policy) {
    this.#group = group;
    this.#policy = policy;
  }

  spawn(first: unknown, ...rest: unknown[]): Task<void> {
    const { name, fn } = toCall(first, rest, "child");
    return this.#group.spawn(name, () => supervise(name, fn, this.#policy));
  }
}

async function supervise(name: string, fn: () => unknown, policy: Policy): Promise<void> {
  const scope = currentScope();
  const { host } = scope.engine;
  let restarts: number[] = [];
  for (;;) {
    const ending = await runIn(openScope("attempt"), fn);
    if (ending.kind === "cancelled") throw ending.cancelled;
    const failure = ending.kind === "error" ? ending : null;
    if (failure !== null) report(scope, name, failure.error, policy);
    if (policy.restart === "never" || (failure === null && policy.restart === "failure")) return;
    const now = host.now();
    restarts = restarts.filter((at) => at > now - policy.withinMs);
    if (failure !== null && restarts.length >= policy.maxRestarts) {
      throw new RestartLimit(scope.path, policy.maxRestarts, policy.withinMs, failure.error);
    }
    const pauseMs = failure === null ? policy.pauseMs : policy.pauseMs * 2 ** restarts.length;
    if (failure !== null) restarts.push(now);
    await sleep(Math.min(pauseMs, policy.withinMs));
  }
}

function report(scope: Scope, child: string, error: unknown, policy: Policy): void {
  const { engine } = scope;
  if (policy.onFailure !== undefined) {
    const { onFailure } = policy;
    engine.guard(() => onFailure(error, child));
    return;
  }
  engine.log({
    level: "warning",
    code: "TSY_TASK_RESTARTED",
    message: `${scope.path} failed: ${show(error)}`,
  });
}

function checkPolicy(options: SupervisorOptions): Policy {
  const { restart = "failure", maxRestarts = 5, withinMs = 60_000, pauseMs = 100, onFailure } = options;
  if (restart !== "failure" && restart !== "always" && restart !== "never") {
    throw new InvalidArgument(
      `restart of withSupervisor is ${show(restart)}. Give "failure", "always" or "never".`,
    );
  }
  checkCount("maxRestarts of withSupervisor", maxRestarts, 0);
  checkDuration("withinMs of withSupervisor", withinMs);
  checkDuration("pauseMs of withSupervisor", pauseMs);
  return { restart, maxRestarts, withinMs, pauseMs, ...(onFailure === undefined ? {} : { onFailure }) };
}
