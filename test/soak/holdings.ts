/**
 * What a process of a soak holds, and whether that stays the same.
 *
 * V8 keeps the pages that a collection has emptied, in the young generation and in a pool, and gives them back when it sees fit: the resident
 * size of one and the same program differs by 60 MiB and more from one look to the next. Its collection of last resort gives all of them
 * back. After that, looks at the same memory differ by little, so that a limit on it says something.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as (how: { type: "major"; flavor: "last-resort" }) => void;

export interface Holdings {
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Open descriptors; 0 where the platform does not list them. */
  readonly descriptors: number;
  /** What keeps the process alive, by kinds. */
  readonly resources: readonly string[];
}

/** What may be added besides a tenth: code that is compiled meanwhile, what threads of the collector keep for their work. */
const ALLOWANCE: Readonly<Record<"rssBytes" | "heapBytes", number>> = {
  rssBytes: 32 * 2 ** 20,
  heapBytes: 2 ** 20,
};

/** The least of several looks: pages are given back by other threads, a moment after the collection. */
export async function holdings(): Promise<Holdings> {
  let rssBytes = Infinity;
  let heapBytes = Infinity;
  for (let look = 0; look < 5; look++) {
    gc({ type: "major", flavor: "last-resort" });
    await pause(50);
    const usage = process.memoryUsage();
    rssBytes = Math.min(rssBytes, usage.rss);
    heapBytes = Math.min(heapBytes, usage.heapUsed);
  }
  const resources = process.getActiveResourcesInfo().toSorted();
  return { rssBytes, heapBytes, descriptors: descriptors(), resources };
}

function descriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}

/** Fails when memory is more than a tenth, and what may be added, above what it was. */
export function assertFlat(name: string, before: Holdings, after: Holdings): void {
  for (const part of ["rssBytes", "heapBytes"] as const)
    assert.ok(
      after[part] <= before[part] * 1.1 + ALLOWANCE[part],
      `${part} of ${name} grew from ${mib(before[part])} to ${mib(after[part])}`,
    );
}

/** Memory after each round, for the log. */
export function memoryOf(held: readonly Holdings[]): string {
  const rss = held.map(({ rssBytes }) => mib(rssBytes)).join(", ");
  return `RSS ${rss}, heap ${held.map(({ heapBytes }) => mib(heapBytes)).join(", ")}`;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
