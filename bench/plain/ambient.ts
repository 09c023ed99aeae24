/**
 * The ambient floor: what the least of a runtime like ours costs on promises.
 *
 * One AsyncLocalStorage holds the current task, entered once per task; a task is linked in its group and has one slot for
 * what cancels its present wait. No names, no labels, no ages, no scopes inside a task, no deadlines, no shields, one wait at a
 * time. Whoever wants ambient cancellation on plain async functions pays at least this.
 */
import { AsyncLocalStorage } from "node:async_hooks";

const storage = new AsyncLocalStorage<AmbientTask>();

class AmbientTask {
  readonly group: AmbientGroup;
  previous: AmbientTask | null = null;
  next: AmbientTask | null = null;
  /** Ends the present wait with the error. */
  cancel: ((reason: unknown) => void) | null = null;

  constructor(group: AmbientGroup) {
    this.group = group;
  }
}

/** Tasks that are joined, and cancelled, together. The first failure wins. */
export class AmbientGroup {
  #first: AmbientTask | null = null;
  #alive = 0;
  #failure: { readonly error: unknown } | null = null;
  #cancelled: { readonly reason: unknown } | null = null;
  #whenEmpty: (() => void) | null = null;

  get cancelled(): { readonly reason: unknown } | null {
    return this.#cancelled;
  }

  spawn<A>(fn: (argument: A) => Promise<unknown>, argument: A): void {
    const task = new AmbientTask(this);
    task.next = this.#first;
    if (this.#first !== null) this.#first.previous = task;
    this.#first = task;
    this.#alive++;
    storage.run(task, fn, argument).then(
      () => this.#ended(task),
      (error: unknown) => {
        this.#ended(task);
        if (this.#cancelled?.reason === error) return;
        this.#failure ??= { error };
        this.cancel(error);
      },
    );
  }

  #ended(task: AmbientTask): void {
    if (task.previous === null) this.#first = task.next;
    else task.previous.next = task.next;
    if (task.next !== null) task.next.previous = task.previous;
    if (--this.#alive === 0) this.#whenEmpty?.();
  }

  cancel(reason: unknown): void {
    this.#cancelled ??= { reason };
    for (let task = this.#first; task !== null; task = task.next) task.cancel?.(reason);
  }

  /** Waits for all tasks. */
  async join(): Promise<void> {
    if (this.#alive > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
      });
    }
    if (this.#failure !== null) throw this.#failure.error;
  }
}

/** Sleeps until cancelled. */
export function ambientSleep(ms: number): Promise<void> {
  const task = storage.getStore();
  if (task === undefined) throw new Error("ambientSleep needs a task");
  if (task.group.cancelled !== null) return Promise.reject(task.group.cancelled.reason);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      task.cancel = null;
      resolve();
    }, ms);
    task.cancel = (reason) => {
      task.cancel = null;
      clearTimeout(timer);
      reject(reason);
    };
  });
}

/** A look at the task's cancellation where nothing has to be waited for. */
export async function ambientCheckpoint(): Promise<void> {
  const cancelled = storage.getStore()?.group.cancelled ?? null;
  if (cancelled !== null) throw cancelled.reason;
}
