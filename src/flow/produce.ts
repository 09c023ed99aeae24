import { checkCount, checkFunction } from "../base/check.ts";
import { Production, type Emit } from "./production.ts";

/** How `produce` buffers. */
export interface ProduceOptions {
  /** How many values may wait for the reader. Default 1; with 0 each `emit` waits until its value is read. */
  readonly capacity?: number;
}

/**
 * Makes an async iterable of a function that emits values: a generator that may open scopes and run tasks (a scope must never be left
 * by a `yield`).
 *
 * The function runs as a task. It starts at the first `next()`, as a service of the scope where that happens, and is cancelled when
 * that scope or the loop is left; leaving the loop waits for its end. `emit(value)` waits for room in the buffer. What the function
 * throws is thrown by `next()` after the values emitted before; when nobody reads any more it goes to the runtime's `onUnhandled`.
 * Values that nobody reads are disposed of if they have `Symbol.dispose` or `Symbol.asyncDispose`. Each loop over the iterable runs
 * the function anew.
 *
 * Cancel safety: a cancelled `next()` takes no value. An `emit` that throws has not handed its value on.
 * @throws {InvalidArgument} for what is no function, and a negative capacity.
 * @example
 * import { map, produce } from "tsyncio";
 * const squares = produce<number>(async (emit) => {
 *   await map([1, 2, 3], (n) => emit(n * n), { concurrency: 2 });
 * });
 * let sum = 0;
 * for await (const square of squares) sum += square;
 * console.log(sum); // 14
 */
export function produce<T>(
  producer: (emit: Emit<T>) => unknown,
  options: ProduceOptions = {},
): AsyncIterable<T> {
  checkFunction("producer of produce", producer);
  const capacity = checkCount("capacity of produce", options.capacity ?? 1, 0);
  const plan = { name: "produce", producer, capacity, disposable: (value: T) => value };
  return { [Symbol.asyncIterator]: () => new Production<T>(plan) };
}
