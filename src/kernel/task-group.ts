import { checkFunction } from "../base/check.ts";
import { cancelScope } from "./cancel.ts";
import { cancellationIn, isFromAround } from "./cancellation-in.ts";
import { currentScope, storage } from "./current.ts";
import { AlreadyReady, ClosedGroup, NotReady, type Cancelled } from "./errors.ts";
import { closeGroup, GroupScope } from "./group-scope.ts";
import { refusal } from "./park.ts";
import { IS_QUIET, IS_SERVICE, IS_STARTING, IS_TASK, type Scope } from "./scope.ts";
import { startTask, TaskScope, type Task } from "./task.ts";

/** Says that a task given to `group.start` is ready, and with what. Throws {@link AlreadyReady} the second time. */
export type Ready<T> = (value: T) => void;

/**
 * Spawns tasks that end before the group does. Made by {@link withTaskGroup}; `currentRuntime().background` is one too.
 */
export class TaskGroup {
  readonly #scope: GroupScope;

  /** @internal */
  constructor(scope: GroupScope) {
    this.#scope = scope;
  }

  /**
   * Starts a task: runs `fn(...args)` up to its first wait before it returns. A name for the task may come first; otherwise it has
   * that of the function. What `fn` throws, at once or later, fails the group. In a cancelled group the task still starts, and
   * meets the cancellation at its first wait, so that it can release what it was handed.
   *
   * @throws {ClosedGroup} when the group has ended.
   */
  spawn<A extends unknown[], T>(fn: (...args: A) => T | PromiseLike<T>, ...args: A): Task<T>;
  spawn<A extends unknown[], T>(
    name: string,
    fn: (...args: A) => T | PromiseLike<T>,
    ...args: A
  ): Task<T>;
  spawn(first: unknown, ...rest: unknown[]): Task {
    const { name, fn } = toCall(first, rest);
    const group = this.#open(name);
    const task = new TaskScope(group, name, 0);
    group.alive++;
    startTask(task, fn);
    return task;
  }

  /**
   * Starts a task that does not keep the group open: it is cancelled when the body and all ordinary tasks have ended. Until then
   * no cancellation reaches it, so that their clean-up can still use it. A failure of it fails the group.
   *
   * @throws {ClosedGroup} when the group has ended.
   */
  spawnService<A extends unknown[], T>(fn: (...args: A) => T | PromiseLike<T>, ...args: A): Task<T>;
  spawnService<A extends unknown[], T>(
    name: string,
    fn: (...args: A) => T | PromiseLike<T>,
    ...args: A
  ): Task<T>;
  spawnService(first: unknown, ...rest: unknown[]): Task {
    const { name, fn } = toCall(first, rest);
    const task = new TaskScope(this.#open(name).servicesScope(), name, IS_SERVICE);
    startTask(task, fn);
    return task;
  }

  /**
   * Starts a task and waits until it calls `ready(value)`; gives that value. Until then the task lives in the caller's scope:
   * what cancels the caller cancels it, and its error goes to the caller alone. Afterwards it is an ordinary task of the group.
   *
   * Cancel safety: when the caller is cancelled first, the task is cancelled too and has ended when this throws.
   * @throws {NotReady} when the task returns without calling `ready`.
   * @throws {ClosedGroup} when the group has ended.
   */
  start<T>(fn: (ready: Ready<T>) => unknown): Promise<T>;
  start<T>(name: string, fn: (ready: Ready<T>) => unknown): Promise<T>;
  start<T>(first: unknown, second?: unknown): Promise<T> {
    const { name, fn } = toCall(first, second === undefined ? [] : [second]);
    return startIn(this.#open(name), this.#scope, name, fn as (ready: Ready<T>) => unknown);
  }

  /** {@link start} for a service. */
  startService<T>(fn: (ready: Ready<T>) => unknown): Promise<T>;
  startService<T>(name: string, fn: (ready: Ready<T>) => unknown): Promise<T>;
  startService<T>(first: unknown, second?: unknown): Promise<T> {
    const { name, fn } = toCall(first, second === undefined ? [] : [second]);
    const group = this.#open(name);
    return startIn(group, group.servicesScope(), name, fn as (ready: Ready<T>) => unknown);
  }

  /** Cancels the ordinary tasks that are alive now: not the body, not the services, not what is spawned later. */
  cancelTasks(reason?: unknown): void {
    for (let child = this.#scope.firstChild; child !== null;) {
      const next: Scope | null = child.nextSibling;
      if ((child.flags & (IS_TASK | IS_STARTING)) === IS_TASK) cancelScope(child, reason);
      child = next;
    }
  }

  /** `tasks`: how many ordinary tasks are alive. */
  stats(): Readonly<{ tasks: number; closed: boolean }> {
    return { tasks: this.#scope.alive, closed: this.#scope.closed };
  }

  #open(task: string): GroupScope {
    if (this.#scope.closed) throw new ClosedGroup(task, this.#scope.path);
    return this.#scope;
  }
}

function withArguments(fn: (...args: unknown[]) => unknown, args: unknown[]): () => unknown {
  return () => fn(...args);
}

interface Call {
  readonly name: string;
  readonly fn: (...args: unknown[]) => unknown;
}

/** A call of a function with an optional name before it and arguments after it. */
export function toCall(first: unknown, rest: unknown[], anonymous: string = "task"): Call {
  const named = typeof first === "string";
  const fn = (named ? rest.shift() : first) as (...args: unknown[]) => unknown;
  if (typeof fn !== "function") checkFunction("the function to spawn", fn);
  const name = named ? first : fn.name || anonymous;
  return { name, fn: rest.length === 0 ? fn : withArguments(fn, rest) };
}

/** Starts a task in its caller's scope, and moves it to `home`, the group or its services, when it is ready. */
function startIn<T>(
  group: GroupScope,
  home: Scope,
  name: string,
  fn: (ready: Ready<T>) => unknown,
): Promise<T> {
  const caller = currentScope();
  const refused = refusal(caller);
  if (refused !== null) return refused;
  const task = new TaskScope(caller, name, IS_STARTING);
  // Quiet as where it is going to live, not as where it is started.
  task.flags = (task.flags & ~IS_QUIET) | (home.flags & (IS_QUIET | IS_SERVICE));
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let called = false;
  const ready = (value: T): void => {
    if (called) throw new AlreadyReady(task.path);
    called = true;
    if (task.hasEnded) return;
    if (group.closed) {
      cancelScope(task, "its group had ended before it was ready");
      return;
    }
    // Cancelled before it was ready: it stays with its caller, whose start() throws when it has ended.
    if (task.blocked !== null && home.blocked === null) return;
    task.rarely.onEnd = null;
    group.adopt(task, home);
    resolve(value);
  };
  task.rarely.onEnd = () => {
    if (group.closed) reject(new ClosedGroup(name, group.path));
    else if (task.state === "done")
      reject(called ? task.parent!.blocked!.error : new NotReady(task.path));
    else if (task.state === "failed" || isFromAround(caller, task.outcome as Cancelled))
      reject(task.outcome);
    else reject(task.failure());
  };
  startTask(task, () => fn(ready));
  return promise;
}

/**
 * Runs `body` with a group in which it can spawn tasks, and waits for all of them.
 *
 * Resolves to what `body` returns. When the body or a task throws, the rest is cancelled and awaited, and that first error itself
 * is thrown; later failures are in {@link suppressedErrors}.
 *
 * Cancel safety: when it settles, nothing that was begun inside is alive.
 *
 * @example
 * import { sleep, withTaskGroup } from "tsyncio";
 * const sum = await withTaskGroup(async (group) => {
 *   const one = group.spawn(async () => { await sleep(1); return 1; });
 *   const two = group.spawn(async () => 2);
 *   return (await one.join()) + (await two.join());
 * });
 * console.log(sum); // 3
 */
export async function withTaskGroup<T>(body: (group: TaskGroup) => T | PromiseLike<T>): Promise<T> {
  checkFunction("body of withTaskGroup", body);
  const parent = currentScope();
  const scope = new GroupScope(parent.engine, parent, "withTaskGroup", parent.context, 0);
  const group = new TaskGroup(scope);
  let value: T | undefined;
  try {
    value = await storage.run(scope, body, group);
  } catch (error) {
    const cancelled = cancellationIn(scope, error);
    if (cancelled === null) scope.fail(error);
    else scope.cutShort = cancelled;
  }
  await closeGroup(scope);
  if (scope.failure !== null) throw scope.failure.error;
  if (scope.cutShort !== null) throw scope.cutShort;
  return value as T;
}
