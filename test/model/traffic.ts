/** The shared objects of a model program, and what must hold of them: first come, first served; nothing lost, nothing doubled. */
import { Event, Lock, Queue, Semaphore, type Hold } from "../../src/index.ts";

type Report = (violation: string) => void;

/** Whoever comes first gets first: calls by their ordinal, in the order in which they were granted. */
class Order {
  #last = -1;

  granted(call: number, report: Report, what: string): void {
    if (call < this.#last) report(`${what}: call ${call} was served after call ${this.#last}`);
    this.#last = call;
  }
}

export class WatchedQueue {
  readonly queue: Queue<number>;
  readonly #report: Report;
  /** Items that were put, by their number; the number says when the put was called. */
  readonly #accepted = new Set<number>();
  readonly #cancelledPuts = new Set<number>();
  readonly #taken: Array<{ call: number; item: number }> = [];

  constructor(capacity: number, report: Report) {
    this.queue = new Queue({ capacity });
    this.#report = report;
  }

  put(item: number): void {
    this.#accepted.add(item);
  }

  putCancelled(item: number): void {
    this.#cancelledPuts.add(item);
  }

  took(call: number, item: number): void {
    this.#taken.push({ call, item });
  }

  /** At the end: every item that was put was taken once or is still there, and gets got them in their order. */
  check(): void {
    const { queue } = this;
    const stats = queue.stats();
    if (stats.getters + stats.putters > 0)
      this.#report(`queue: waiters are left: ${JSON.stringify(stats)}`);
    const served = this.#taken.toSorted((a, b) => a.call - b.call).map(({ item }) => item);
    const rest: number[] = [];
    while (queue.size > 0) rest.push(queue.tryGet()!);
    const items = [...served, ...rest];
    for (const [at, item] of items.entries()) {
      if (at > 0 && item <= items[at - 1]!)
        this.#report(`queue: items came in the order ${items.join(" ")}`);
      if (!this.#accepted.has(item))
        this.#report(`queue: item ${item} came out, but its put did not return`);
      if (this.#cancelledPuts.has(item)) this.#report(`queue: item ${item} of a cancelled put came out`);
    }
    if (new Set(items).size !== this.#accepted.size)
      this.#report(`queue: ${this.#accepted.size} items were put, ${items.length} came out or are left`);
  }
}

/** A lock or semaphore. */
export class WatchedPermits {
  readonly source: Lock | Semaphore;
  readonly #permits: number;
  readonly #report: Report;
  readonly #order = new Order();
  #held = 0;

  constructor(permits: number, report: Report) {
    this.source = permits === 1 ? new Lock() : new Semaphore(permits);
    this.#permits = permits;
    this.#report = report;
  }

  granted(call: number): void {
    this.#order.granted(call, this.#report, "permits");
    if (++this.#held > this.#permits) this.#report(`permits: ${this.#held} of ${this.#permits} are held`);
  }

  release(hold: Hold): void {
    this.#held--;
    hold.release();
  }

  check(): void {
    const stats = this.source.stats();
    const free = "free" in stats ? stats.free : stats.isHeld ? 0 : 1;
    if (free !== this.#permits || stats.waiters > 0)
      this.#report(
        `permits: ${free} of ${this.#permits} are free at the end, ${stats.waiters} waiters are left`,
      );
  }
}

export class Traffic {
  readonly queues: readonly WatchedQueue[];
  readonly locks: readonly WatchedPermits[];
  readonly semaphores: readonly WatchedPermits[];
  readonly events: readonly Event[];
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
    this.queues = [0, 1, 2].map((capacity) => new WatchedQueue(capacity, report));
    this.locks = [new WatchedPermits(1, report)];
    this.semaphores = [new WatchedPermits(2, report)];
    this.events = [new Event(), new Event()];
  }

  check(): void {
    for (const object of [...this.queues, ...this.locks, ...this.semaphores]) object.check();
    for (const event of this.events)
      if (event.stats().waiters > 0) this.#report("event: waiters are left");
  }
}
