/**
 * One run of a `produce`: a task that puts values into a bounded buffer, and the iterator that takes them out.
 *
 * States:  idle -> (first next) producing -> (the producer has returned or failed) draining -> ended.
 *          return() leads to ended from any of them, by way of a cancellation.
 *
 * Invariants
 * - The task lives in a `SideScope`, a service scope below the one that called `next` first. It is cancelled when that
 *   scope is left, and is no stray work then: a loop that was left without closing its iterator is an ordinary thing.
 * - Readers wait only while nothing is buffered and nobody waits to emit; emitters wait only while the buffer is full.
 * - The task stays until its last value and its error have been read. So an error that nobody will read is noticed: it goes to
 *   `onUnhandled`; and values that nobody will read are disposed of before the scope is left.
 */
import { RingBuffer } from "../base/ring-buffer.ts";
import { cancelScope } from "../kernel/cancel.ts";
import { cancellationIn } from "../kernel/cancellation-in.ts";
import { currentScope } from "../kernel/current.ts";
import { ScopeEnded, type TaskCancelled } from "../kernel/errors.ts";
import { delivered, refusal } from "../kernel/park.ts";
import { IS_SERVICE, type Scope } from "../kernel/scope.ts";
import { startTask, TaskScope } from "../kernel/task.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import { disposeAll } from "./dispose.ts";
import { SideScope } from "./side-scope.ts";

/** Hands a value to the reader, and waits for room where there is none. */
export type Emit<T> = (value: T) => Promise<void>;

/** What is produced, and how. */
export interface Plan<T> {
  readonly name: string;
  readonly producer: (emit: Emit<T>) => unknown;
  readonly capacity: number;
  /** What there is to dispose of in a value that nobody reads. */
  readonly disposable: (value: T) => unknown;
}

interface Failure {
  readonly error: unknown;
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

export class Production<T> implements AsyncIterator<T, undefined> {
  readonly #plan: Plan<T>;
  readonly #buffer: RingBuffer<T> = new RingBuffer();
  readonly #readers: WaitQueue<IteratorResult<T, undefined>>;
  readonly #emitters: WaitQueue<void, T>;
  /** Where the task waits for its last value and its error to be read. */
  readonly #leftovers: WaitQueue;
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers();
  #scope: SideScope | null = null;
  /** The producer has returned or failed, and the task waits for the reader. */
  #draining = false;
  /** Everything has been read, or is going to be disposed of: nothing more is taken. */
  #finishing = false;
  #closed = false;
  #failure: Failure | null = null;
  /** What later reads throw: the scope of the task was left while somebody still read from another one. */
  #cut: TaskCancelled | null = null;

  constructor(plan: Plan<T>) {
    this.#plan = plan;
    this.#readers = new WaitQueue(`${plan.name}.next`);
    this.#emitters = new WaitQueue(`${plan.name}.emit`);
    this.#leftovers = new WaitQueue(`${plan.name}: its last values to be read`);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const refused = refusal();
    if (refused !== null) return refused;
    if (this.#cut !== null) return Promise.reject(this.#cut);
    if (this.#closed) return delivered(DONE);
    if (this.#scope === null) this.#begin();
    if (this.#buffer.size > 0 || this.#emitters.size > 0) {
      return delivered({ done: false, value: this.#take() });
    }
    const reading = this.#readers.park(undefined);
    this.#tellDraining();
    return reading;
  }

  /** Not a cancellation point: like any disposer it does its work in a cancelled scope too. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#closed = true;
    if (this.#scope !== null) {
      cancelScope(this.#scope, "nobody reads on");
      await this.#ended.promise;
    }
    return DONE;
  }

  readonly #emit: Emit<T> = (value) => {
    const refused = refusal();
    if (refused !== null) return refused;
    const scope = this.#scope as SideScope;
    if (this.#finishing || scope.blocked !== null) return Promise.reject(new ScopeEnded(scope.path));
    if (this.#readers.wake({ done: false, value })) return delivered(undefined);
    if (this.#buffer.size >= this.#plan.capacity) return this.#emitters.park(value);
    this.#buffer.push(value);
    return delivered(undefined);
  };

  #begin(): void {
    this.#scope = new SideScope(this.#plan.name, (task) => this.#end(task));
    const { producer } = this.#plan;
    startTask(new TaskScope(this.#scope, producer.name || "producer", IS_SERVICE), () => this.#work());
  }

  /** The oldest value. What the emitter that has waited longest brought moves up. */
  #take(): T {
    const hasBuffered = this.#buffer.size > 0;
    const value = hasBuffered ? this.#buffer.shift() : this.#emitters.headItem;
    if (this.#emitters.size > 0) {
      if (hasBuffered) this.#buffer.push(this.#emitters.headItem);
      this.#emitters.wake(undefined);
    }
    this.#tellDraining();
    return value;
  }

  async #work(): Promise<void> {
    try {
      await this.#produce();
      this.#draining = true;
      while (this.#hasUnread) await this.#leftovers.park(undefined);
    } catch (cancelled) {
      if (this.#failure !== null) currentScope().engine.unhandled(this.#failure.error);
      throw cancelled;
    } finally {
      this.#finishing = true;
      await this.#disposeUnread();
    }
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Runs the producer. Its error waits in `#failure` for a reader; a cancellation is thrown. */
  async #produce(): Promise<void> {
    try {
      await this.#plan.producer(this.#emit);
    } catch (error) {
      const cancelled = cancellationIn(currentScope(), error);
      if (cancelled !== null) throw cancelled;
      this.#failure = { error };
    }
  }

  get #hasUnread(): boolean {
    if (this.#buffer.size > 0 || this.#emitters.size > 0) return true;
    return this.#failure !== null && this.#readers.size === 0;
  }

  #tellDraining(): void {
    if (this.#draining && !this.#hasUnread) this.#leftovers.wakeAll(undefined);
  }

  async #disposeUnread(): Promise<void> {
    const unread: unknown[] = [];
    while (this.#buffer.size > 0) unread.push(this.#plan.disposable(this.#buffer.shift()));
    const { engine } = currentScope();
    await disposeAll(unread, (error) => engine.unhandled(error));
  }

  /** The task has ended, and everything has been read that will be. */
  #end(task: TaskScope): void {
    if (task.state === "failed") this.#deliverFailure(task.outcome);
    else if (task.state === "cancelled" && !this.#closed) this.#cut = task.failure() as TaskCancelled;
    this.#closed = true;
    if (this.#cut === null) this.#readers.wakeAll(DONE);
    else this.#readers.failAll(() => this.#cut);
    this.#emitters.failAll(() => new ScopeEnded(task.path));
    this.#ended.resolve();
  }

  /** All who read now get the error. One that has lost its reader meanwhile is not lost with it. */
  #deliverFailure(error: unknown): void {
    if (this.#readers.failAll(() => error) === 0) (this.#scope as Scope).engine.unhandled(error);
  }
}
