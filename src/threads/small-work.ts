import type { Runtime } from "../kernel/runtime.ts";

/** Below so many milliseconds of work an item costs about as much to send as to work on. */
const SMALL_MS = 0.02;
/** Fewer items say nothing. */
const FEWEST_ITEMS = 1_000;

const warned = new WeakMap<Runtime, Set<string>>();

/** Warns once of a function that does too little for a thread. `ms` is 0 where time is virtual. */
export function warnOfSmallWork(
  runtime: Runtime,
  { module, name }: { readonly module: string; readonly name: string },
  items: number,
  ms: number,
): void {
  if (items < FEWEST_ITEMS || ms === 0 || ms / items >= SMALL_MS) return;
  const known = warned.get(runtime) ?? new Set();
  warned.set(runtime, known);
  const key = `${module} ${name}`;
  if (known.has(key)) return;
  known.add(key);
  runtime.log({
    level: "warning",
    code: "TSY_SMALL_WORK",
    message:
      `mapInThreads(${name} of ${module}) had ${(1_000 * (ms / items)).toFixed(1)} us of work an item, ` +
      `about what it costs to send one. Inline is faster: call the function where you are, or give it larger items.`,
  });
}
