/**
 * A batch in its thread: the function is called for one item after the other.
 *
 * A function that returns no promise costs no microtask. Between two items that waited, a cancellation is met.
 */
import { cancellationIn } from "../kernel/cancellation-in.ts";
import type { TaskScope } from "../kernel/task.ts";
import { NotCloneable } from "./errors.ts";
import type { BatchMessage, BatchResult } from "./messages.ts";
import { cloneFailure } from "./outgoing.ts";
import { toWire, type WireError } from "./wire-error.ts";

export class Batch {
  readonly results: unknown[] = [];
  readonly #failures: Array<[number, WireError]> = [];
  readonly #fn: (item: unknown) => unknown;
  readonly #items: readonly unknown[];
  readonly #isSettled: boolean;
  readonly #task: TaskScope;
  readonly #began: number;
  #tookMs = 0;

  constructor(fn: (item: unknown) => unknown, { items, isSettled }: BatchMessage, task: TaskScope) {
    this.#fn = fn;
    this.#items = items;
    this.#isSettled = isSettled;
    this.#task = task;
    this.#began = task.engine.host.now();
  }

  /** What is to be sent. */
  result(): BatchResult {
    return { values: this.results, failures: this.#failures, ms: this.#tookMs };
  }

  /** Does the work. Returns itself, in a promise where an item waits. */
  run(): Batch | Promise<Batch> {
    const items = this.#items;
    for (let at = 0; at < items.length && this.#goesOn; at++) {
      try {
        const result = this.#fn(items[at]);
        if (isPromise(result)) return this.#runOn(at, result);
        this.results.push(result);
      } catch (error) {
        this.#fail(error);
      }
    }
    return this.#done();
  }

  async #runOn(from: number, first: unknown): Promise<Batch> {
    const items = this.#items;
    let result: unknown = first;
    for (let at = from; ;) {
      try {
        this.results.push(await result);
      } catch (error) {
        this.#fail(error);
      }
      if (++at >= items.length || !this.#goesOn) return this.#done();
      if (this.#task.blocked !== null) throw this.#task.blocked.error;
      try {
        result = this.#fn(items[at]);
      } catch (error) {
        result = Promise.reject(error);
      }
    }
  }

  get #goesOn(): boolean {
    return this.#isSettled || this.#failures.length === 0;
  }

  #done(): this {
    this.#tookMs = this.#task.engine.host.now() - this.#began;
    return this;
  }

  #fail(error: unknown): void {
    const cancelled = cancellationIn(this.#task, error);
    if (cancelled !== null) throw cancelled;
    this.#failures.push([this.results.length, toWire(error)]);
    this.results.push(undefined);
  }

  /** Puts an error in the place of each result that cannot be cloned. Without `isSettled` the first one is the end. */
  replaceUncloneable(what: string, cause: unknown): void {
    for (const [at, value] of this.results.entries()) {
      if (cloneFailure(value) === null) continue;
      this.results[at] = undefined;
      this.#failures.push([at, toWire(new NotCloneable(what, value, cause))]);
      if (this.#isSettled) continue;
      this.results.length = at + 1;
      this.#failures.splice(0, this.#failures.length - 1);
      return;
    }
    this.#failures.sort(([a], [b]) => a - b);
  }
}

function isPromise(result: unknown): result is PromiseLike<unknown> {
  if (typeof result !== "object" || result === null) return false;
  return result instanceof Promise || typeof (result as { then?: unknown }).then === "function";
}
