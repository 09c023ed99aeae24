/** What a process of a soak holds. */
import { readdirSync } from "node:fs";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";

declare const gc: () => void;

export interface Holdings {
  readonly rss: number;
  readonly heap: number;
  /** Open descriptors; 0 where the platform does not list them. */
  readonly descriptors: number;
  /** What keeps the process alive, by kinds. */
  readonly resources: readonly string[];
}

/** The least of several looks: V8 gives pages back a while after a collection. */
export async function holdings(): Promise<Holdings> {
  let rss = Infinity;
  let heap = Infinity;
  for (let look = 0; look < 5; look++) {
    gc();
    await pause(50);
    const usage = process.memoryUsage();
    rss = Math.min(rss, usage.rss);
    heap = Math.min(heap, usage.heapUsed);
  }
  return {
    rss,
    heap,
    descriptors: descriptors(),
    resources: process.getActiveResourcesInfo().toSorted(),
  };
}

function descriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}
