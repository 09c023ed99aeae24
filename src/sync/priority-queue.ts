import { checkFunction } from "../base/check.ts";
import { PriorityHeap, type Compare } from "./priority-heap.ts";
import type { QueueOptions } from "./queue-options.ts";
import { Queue } from "./queue.ts";

/** How a priority queue is made. */
export interface PriorityQueueOptions<T> extends QueueOptions {
  /** Negative when `a` comes before `b`. Default: the smaller one by `<` comes first. */
  readonly compare?: Compare<T>;
}

/**
 * A {@link Queue} that gives the least item first, and equal ones in the order in which they were put. Tasks that wait are served in
 * the order in which they came all the same: the order is that of the items in the queue, not of those still to be put.
 *
 * What `compare` throws is thrown by the put or the get that it was called for; the items stay where they were.
 *
 * @example
 * import { PriorityQueue } from "tsyncio";
 * const jobs = new PriorityQueue<{ due: number; name: string }>({ capacity: 10, compare: (a, b) => a.due - b.due });
 * jobs.tryPut({ due: 30, name: "later" });
 * jobs.tryPut({ due: 10, name: "sooner" });
 * console.log((await jobs.get()).name); // sooner
 */
export class PriorityQueue<T> extends Queue<T> {
  constructor(options: PriorityQueueOptions<T>) {
    const { compare = natural } = options;
    checkFunction("compare of PriorityQueue", compare);
    super(options, new PriorityHeap<T>(compare));
  }
}

function natural(a: unknown, b: unknown): number {
  if ((a as number) < (b as number)) return -1;
  return (b as number) < (a as number) ? 1 : 0;
}
