/**
 * A task: an async function that runs in a scope of its own.
 *
 * States:  running -> done | failed | cancelled.   Between the end of its function and its own, a task may drain stray work.
 *
 * Speed: a task is one object, its scope included. Its function is started with one `storage.run`; the two completion
 * handlers are shared by all tasks and find theirs in the ambient store, in which promise reactions run.
 *
 * Invariants
 * - A task ends once, after its function and all it began. Then, in this order: it leaves the tree, those who joined are
 *   woken, and its parent is told.
 * - `outcome` is the function until it has started, then nothing, then the value or the error.
 */
import { currentScope, storage } from "./current.ts";
import { SelfJoin, TaskCancelled, type Cancelled } from "./errors.ts";
import { cancellationIn } from "./cancellation-in.ts";
import { cancelScope } from "./cancel.ts";
import { endScope, sweep } from "./leave.ts";
import { delivered, refusal } from "./park.ts";
import { captureContext } from "./root-context.ts";
import { IS_TASK, Scope } from "./scope.ts";
import { WaitQueue } from "./wait-queue.ts";

/** What a task is doing. `"cancelled"` is only said of a task that has ended by its cancellation. */
export type TaskState = "running" | "done" | "failed" | "cancelled";

/**
 * A running or ended task. Not thenable, so that it can be returned from an async function or sent through a queue.
 */
export interface Task<T = unknown> {
  readonly name: string;
  readonly state: TaskState;
  /**
   * Waits for the end of the task and gives its value, or throws its error. Any number of tasks may join, before and after
   * the end. A failed task cancels its group even where the error is caught here.
   *
   * Cancel safety: cancelling a join leaves the task alone.
   * @throws {TaskCancelled} when the task was cancelled.
   * @throws {SelfJoin} when a task joins itself.
   */
  join(): Promise<T>;
  /** Cancels the task and all it began. It is no failure of its group. Does nothing after the end. */
  cancel(reason?: unknown): void;
}

const NOT_ENDED: unique symbol = Symbol("not ended");

export class TaskScope<T = unknown> extends Scope implements Task<T> {
  state: TaskState = "running";
  outcome: unknown = NOT_ENDED;
  joiners: WaitQueue<T> | null = null;

  constructor(parent: Scope, name: string, flags: number) {
    const spawner = currentScope();
    super(parent.engine, parent, name, spawner.context, flags | IS_TASK);
    const { engine } = parent;
    engine.taskCount++;
    if (engine.debug) this.rarely.createdAt = new Error().stack ?? null;
  }

  join(): Promise<T> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.encloses(scope)) return Promise.reject(new SelfJoin(this.path));
    if (this.state === "running") {
      this.joiners ??= new WaitQueue<T>(`join of ${this.name}`);
      return handled(this.joiners.park(undefined, scope));
    }
    if (this.state === "done") return delivered(this.outcome as T, scope);
    const rejection = handled(Promise.reject(this.failure()));
    return handled(delivered(rejection as never, scope));
  }

  cancel(reason?: unknown): void {
    cancelScope(this, reason);
  }

  /** What joining throws. The task has failed or was cancelled. */
  failure(): unknown {
    return this.state === "failed"
      ? this.outcome
      : new TaskCancelled(this.path, this.outcome as Cancelled);
  }
}

/** Marks a join as handled: the group is told of the failure in any case (law 4). */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** Beyond this many spawns inside each other a task's first step comes from the run queue, so that no stack overflows. */
const DEEPEST_SPAWN = 64;
let depth = 0;

/** Runs the first step of `task` now, or soon where spawns are nested too deep (law 5). */
export function startTask(task: TaskScope, fn: () => unknown): void {
  task.outcome = fn;
  if (task.engine.instruments !== null) {
    task.engine.tell((instrument) => instrument.taskSpawned?.(task));
  }
  if (depth >= DEEPEST_SPAWN) {
    const inContext = captureContext();
    task.engine.host.microtask(() => inContext(() => storage.run(task, firstStep)));
    return;
  }
  depth++;
  try {
    storage.run(task, firstStep);
  } catch (error) {
    // The stack was full before the function could begin: a failure like any other, lest the group wait for ever.
    if (task.outcome !== fn) throw error;
    end(task, "failed", error);
  } finally {
    depth--;
  }
}

function firstStep(): void {
  const task = storage.getStore() as TaskScope;
  const fn = task.outcome as () => unknown;
  task.outcome = NOT_ENDED;
  let result: unknown;
  try {
    result = fn();
    if (result instanceof Promise && Object.getPrototypeOf(result) === Promise.prototype) {
      result.then(succeeded, failed);
      return;
    }
  } catch (error) {
    failed(error);
    return;
  }
  if (typeof result !== "object" && typeof result !== "function") succeeded(result);
  else adopted(result).then(succeeded, failed);
}

/** A native promise for whatever an object is. A foreign thenable does its work when `then` is called: that is done once. */
function adopted(value: unknown): Promise<unknown> {
  return new Promise((resolve) => resolve(value));
}

function succeeded(value: unknown): void {
  const task = storage.getStore() as TaskScope;
  if (task.isQuiescent) end(task, "done", value);
  else void sweep(task, () => end(task, "done", value));
}

function failed(error: unknown): void {
  const task = storage.getStore() as TaskScope;
  const cancelled = cancellationIn(task, error);
  const state = cancelled === null ? "failed" : "cancelled";
  if (task.isQuiescent) end(task, state, cancelled ?? error);
  else void sweep(task, () => end(task, state, cancelled ?? error));
}

function end(task: TaskScope, state: "done" | "failed" | "cancelled", outcome: unknown): void {
  const { engine, joiners } = task;
  const parent = task.parent!;
  engine.taskCount--;
  task.state = state;
  task.outcome = outcome;
  endScope(task);
  if (joiners !== null) {
    task.joiners = null;
    if (state === "done") joiners.wakeAll(outcome);
    else joiners.failAll(() => task.failure());
  }
  if (engine.instruments !== null) engine.tell((instrument) => instrument.taskEnded?.(task, state));
  parent.childEnded(task);
}
