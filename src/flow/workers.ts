/**
 * The workers behind `map`, `forEach` and `completed`: tasks that share one source of items. Each takes an item, runs the function
 * on it, and takes the next; so the price of a task is paid per worker, not per item.
 *
 * Invariants
 * - Items are taken in their order, one at a time, and none after a cancellation: what is left stays in the source.
 * - `ended` says that the source has nothing more to give, or has failed; unless it is set, the source is closed at the end.
 */
import { cancellationIn } from "../kernel/cancellation-in.ts";
import { currentScope } from "../kernel/current.ts";
import { closeGroup } from "../kernel/group-scope.ts";
import { startTask, TaskScope } from "../kernel/task.ts";
import { Gathering } from "./gathering.ts";

/** What is done with an item. */
export type ItemFunction<I> = (item: I, index: number) => unknown;

/** What workers work on. */
export interface Work<I> {
  /** The combinator's name. */
  readonly name: string;
  readonly fn: ItemFunction<I>;
  readonly concurrency: number;
  /** Where results go, each at the index of its item; null where they do not matter. */
  readonly results: unknown[] | null;
  /** What there is to dispose of in a result, if that is not the result itself. */
  readonly valueIn?: (result: never) => unknown;
}

export abstract class Workers<I> extends Gathering {
  protected readonly work: Work<I>;
  protected taken = 0;
  protected ended = false;
  protected started = 0;
  #pause: Promise<void> | null = null;

  constructor(work: Work<I>) {
    super(work.name);
    this.work = work;
  }

  /** Does the work, closes the source where it was not read to its end, and throws what failed. */
  async run(): Promise<void> {
    try {
      this.begin();
    } catch (error) {
      this.fail(error);
    }
    await closeGroup(this);
    // An array that shrank meanwhile has fewer results than places were made for.
    if (this.work.results !== null) this.work.results.length = this.taken;
    if (!this.ended) await this.#close();
    await this.throwFailure(() => this.#values);
  }

  /** Starts the first workers. */
  protected abstract begin(): void;

  /** Tells the source that no more is wanted. */
  protected abstract close(): unknown;

  protected startWorker(loop: () => Promise<void>): void {
    this.started++;
    this.alive++;
    startTask(new TaskScope(this, "worker", 0), loop);
  }

  /** The next turn of the event loop, one promise for all workers: what an item waits for that used the turn up (law 22). */
  protected nextTurn(): Promise<void> {
    return (this.#pause ??= new Promise((resolve) => {
      this.engine.turn.defer(() => {
        this.#pause = null;
        resolve();
      });
    }));
  }

  get #values(): unknown[] {
    const { results, valueIn } = this.work;
    if (results === null) return [];
    return valueIn === undefined ? results : (results as never[]).map(valueIn);
  }

  async #close(): Promise<void> {
    try {
      await this.close();
    } catch (error) {
      if (cancellationIn(currentScope(), error) === null) this.fail(error);
    }
  }
}

/** Whether a result must be awaited. Awaiting anything else would cost a microtask per item. */
export function isPending(result: unknown): boolean {
  if (result instanceof Promise) return true;
  if (result === null || (typeof result !== "object" && typeof result !== "function")) return false;
  return "then" in result;
}

/** Workers on what is there already: an array, or an iterable. */
export class ItemWorkers<I> extends Workers<I> {
  readonly #source: Iterable<I>;
  readonly #items: readonly I[] | null;
  #iterator: Iterator<I> | null = null;
  #item: I | undefined;

  constructor(work: Work<I>, source: Iterable<I>) {
    super(work);
    this.#source = source;
    this.#items = Array.isArray(source) ? source : null;
    if (this.#items !== null && work.results !== null) work.results.length = this.#items.length;
  }

  /** Takes the item for a worker before it starts it, since a deeply nested worker starts a little later. */
  protected begin(): void {
    if (this.#items === null) this.#iterator = this.#source[Symbol.iterator]();
    while (this.started < this.work.concurrency && this.#take()) {
      const item = this.#item as I;
      const index = this.taken - 1;
      this.startWorker(() => this.#loop(item, index));
    }
  }

  protected close(): unknown {
    return this.#iterator?.return?.();
  }

  /** Takes the next item. False when there is none, or none must be taken any more. */
  #take(): boolean {
    if (this.ended) return false;
    const items = this.#items;
    if (items !== null && this.taken >= items.length) {
      this.ended = true;
      return false;
    }
    if (this.blocked !== null) {
      this.noteUnfinished();
      return false;
    }
    if (items !== null) this.#item = items[this.taken] as I;
    else if (this.#pull()) this.work.results?.push(undefined);
    else return false;
    this.taken++;
    return true;
  }

  #pull(): boolean {
    this.ended = true;
    const step = (this.#iterator as Iterator<I>).next();
    if (step.done === true) return false;
    this.ended = false;
    this.#item = step.value;
    return true;
  }

  async #loop(first: I, at: number): Promise<void> {
    const { turn } = this.engine;
    const { fn, results } = this.work;
    let item = first;
    let index = at;
    for (;;) {
      const result = fn(item, index);
      const value: unknown = isPending(result) ? await result : result;
      if (results !== null) results[index] = value;
      if (this.ended) return;
      if (turn.spend()) await this.nextTurn();
      if (!this.#take()) return;
      index = this.taken - 1;
      item = this.#item as I;
    }
  }
}
