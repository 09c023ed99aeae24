import { show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { currentRuntime } from "../kernel/runtime.ts";
import { sleep } from "./sleep.ts";

/**
 * Ticks every `ms` milliseconds, the first after `ms`: an async iterable of tick numbers from 1.
 *
 * Ticks are at fixed instants counted from the first `next()`, so they do not drift. Those that pass while the loop's body runs are
 * skipped, which shows as a gap in the numbers.
 *
 * @throws {InvalidArgument} when `ms` is not a finite number above 0.
 * @example
 * import { interval } from "tsyncio";
 * for await (const tick of interval(2)) {
 *   if (tick >= 3) break;
 * }
 */
export function interval(ms: number): AsyncIterable<number> {
  if (typeof ms !== "number" || !(ms > 0) || ms === Infinity) {
    throw new InvalidArgument(
      `ms of interval is ${show(ms)}. Give a finite number of milliseconds above 0.`,
    );
  }
  return { [Symbol.asyncIterator]: () => ticks(ms) };
}

async function* ticks(ms: number): AsyncGenerator<number, void, void> {
  const runtime = currentRuntime();
  const start = runtime.now();
  for (let tick = 1; ; tick = Math.max(tick, Math.floor((runtime.now() - start) / ms)) + 1) {
    await sleep(start + tick * ms - runtime.now());
    yield tick;
  }
}
