/**
 * What runs in a thread: it takes the messages of the pool, and does the work of each as a task of the thread's runtime.
 *
 * - One call at a time. What comes meanwhile waits in the inbox, and has not begun.
 * - The answer is sent when the task has ended with all that it began, not when its function has returned (law 1).
 * - A module is loaded once, outside of any call: what its top level registers outlives the calls.
 */
import { cancelScope } from "../kernel/cancel.ts";
import type { Cancelled } from "../kernel/errors.ts";
import { closeGroup } from "../kernel/group-scope.ts";
import { deadlineOf, setDeadline } from "../kernel/limit.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { startTask, TaskScope } from "../kernel/task.ts";
import { Batch } from "./batch.ts";
import { ModuleNotLoaded, NoSuchExport, NotCloneable } from "./errors.ts";
import type { Marks } from "./marks.ts";
import type { FromThread, ToThread, WorkMessage } from "./messages.ts";
import { contextFrom } from "./shareable.ts";
import { forgetMarks, movedWith } from "./transfer.ts";
import { toWire } from "./wire-error.ts";

/** What a module exports. */
export type Namespace = Readonly<Record<string, unknown>>;

/** What a server needs of the platform. */
export interface ServerLink {
  /** Throws where the message cannot be cloned; then nothing has been sent. */
  post(message: FromThread, moved: readonly object[]): void;
  /** Loads a module, in the root context. */
  load(address: string): Promise<Namespace>;
}

type Work = (...args: readonly unknown[]) => unknown;

export class ThreadServer {
  readonly #runtime: Runtime;
  readonly #link: ServerLink;
  readonly #marks: Marks;
  readonly #modules = new Map<string, Namespace | Promise<Namespace>>();
  readonly #inbox: WorkMessage[] = [];
  #running: { readonly message: WorkMessage; readonly task: TaskScope } | null = null;

  constructor(runtime: Runtime, link: ServerLink, marks: Marks) {
    this.#runtime = runtime;
    this.#link = link;
    this.#marks = marks;
  }

  /** Loads the modules of the pool, and says that the thread is ready. */
  async start(modules: readonly string[]): Promise<void> {
    let error = null;
    try {
      for (const address of modules) await this.#load(address);
    } catch (failure) {
      error = toWire(failure);
    }
    this.#link.post({ kind: "ready", error }, []);
  }

  /** Takes a message of the pool. To be called in the root context. */
  receive(message: ToThread): void {
    switch (message?.kind) {
      case "call":
      case "batch":
        this.#inbox.push(message);
        this.#next();
        break;
      case "cancel":
        this.#cancel(message.id, message.reason);
        break;
      case "close":
        void this.#close();
        break;
      default: // Not from us.
    }
  }

  #cancel(id: number, reason: unknown): void {
    const { message, task } = this.#running ?? {};
    if (message?.id === id && task !== undefined)
      cancelScope(task, reason, `the caller of ${message.name}()`);
  }

  /** Begins what is next in the inbox, unless it was dropped meanwhile. */
  #next(): void {
    while (this.#running === null) {
      const message = this.#inbox.shift();
      if (message === undefined) return;
      if (this.#marks.begin(message.id)) this.#begin(message);
    }
  }

  #begin(message: WorkMessage): void {
    const task = new TaskScope(this.#runtime.root, message.name, 0);
    this.#running = { message, task };
    if (message.remainingMs !== Infinity)
      setDeadline(task, this.#runtime.now() + message.remainingMs, "the deadline of its caller");
    task.rarely.onEnd = () => this.#ended(task, message);
    startTask(task, () => this.#perform(task, message));
  }

  #perform(task: TaskScope, message: WorkMessage): unknown {
    const module = this.#modules.get(message.module);
    if (module === undefined || module instanceof Promise) return this.#loadAndCall(task, message);
    return call(module, task, message);
  }

  async #loadAndCall(task: TaskScope, message: WorkMessage): Promise<unknown> {
    return call(await this.#load(message.module), task, message);
  }

  #load(address: string): Promise<Namespace> {
    const known = this.#modules.get(address);
    if (known !== undefined) return Promise.resolve(known);
    const loading = this.#loadNow(address);
    this.#modules.set(address, loading);
    return loading;
  }

  async #loadNow(address: string): Promise<Namespace> {
    try {
      const namespace = await this.#link.load(address);
      this.#modules.set(address, namespace);
      return namespace;
    } catch (error) {
      // Whoever mends the module may try again, where the platform tries again.
      this.#modules.delete(address);
      throw new ModuleNotLoaded(address, error);
    }
  }

  #ended(task: TaskScope, message: WorkMessage): void {
    this.#running = null;
    const { state, outcome } = task;
    const { id } = message;
    if (state === "done") this.#answer(message, outcome);
    else if (state === "cancelled") {
      const reason = toWire((outcome as Cancelled).reason);
      const isDue = message.remainingMs !== Infinity && deadlineOf(task) <= this.#runtime.now();
      this.#link.post({ kind: "cancelled", id, reason, isDue }, []);
    } else this.#link.post({ kind: "error", id, error: toWire(outcome) }, []);
    this.#next();
  }

  #answer(message: WorkMessage, value: unknown): void {
    const results = value instanceof Batch ? value.results : [value];
    try {
      const sent = value instanceof Batch ? value.result() : value;
      this.#link.post({ kind: "value", id: message.id, value: sent }, movedWith(results));
    } catch (error) {
      this.#answerUncloneable(message, value, error);
    }
    forgetMarks(results);
  }

  /** A value that cannot be cloned is an error of its call; in a batch, of its item. */
  #answerUncloneable(message: WorkMessage, value: unknown, cause: unknown): void {
    const { id, name, module } = message;
    const what = `the result of ${name}() of ${module}`;
    if (!(value instanceof Batch)) {
      this.#link.post({ kind: "error", id, error: toWire(new NotCloneable(what, value, cause)) }, []);
      return;
    }
    value.replaceUncloneable(what, cause);
    this.#link.post({ kind: "value", id, value: value.result() }, movedWith(value.results));
  }

  /** Ends what the modules have begun, then says so: the thread is ended from outside. */
  async #close(): Promise<void> {
    const { backgroundScope } = this.#runtime;
    cancelScope(backgroundScope, "the thread is closed");
    await closeGroup(backgroundScope);
    this.#link.post({ kind: "closed" }, []);
  }
}

function call(module: Namespace, task: TaskScope, message: WorkMessage): unknown {
  const fn = module[message.name];
  if (typeof fn !== "function")
    throw new NoSuchExport(message.module, message.name, fn, functionsOf(module));
  // Only now: the module may have made the variables.
  task.context = contextFrom(message.context);
  if (message.kind === "call") return (fn as Work)(...message.args);
  const batch = new Batch(fn as Work, message, task);
  return batch.run();
}

function functionsOf(module: Namespace): string[] {
  return Object.keys(module).filter((name) => typeof module[name] === "function");
}
