/**
 * Everything that happens at an instant: sleeps, deadlines, the ends of shields, `callLater`.
 *
 * One heap per runtime, served by one platform timer. A heap, not a wheel: deadlines are mostly removed before they are
 * due, and an idle process must not tick. The platform timer is never moved later: when an entry is removed it may fire
 * for nothing and is armed again then, which is cheaper than moving it for each removal (a setTimeout with its clear costs 320 ns).
 *
 * Invariants
 * - No entry fires before its instant by the host's clock (law 18), whatever the platform timer does.
 * - The platform timer is armed for the earliest instant or before; in the root context, so that it retains no task.
 * - The process is kept alive exactly while an entry wants it (`#keeping` counts them).
 *
 * Rejected: a platform timer per entry (0.3 kB and 320 ns each).
 */
import { TimerHeap, type HeapEntry } from "../base/timer-heap.ts";
import type { Host, HostTimer } from "./host.ts";
import { inRoot } from "./root-context.ts";

export interface TimerEntry extends HeapEntry {
  /** Whether the entry keeps the process alive. It must not change while the entry is armed. */
  readonly keepsAlive: boolean;
  fire(): void;
}

/** A function to call at an instant. */
export class TimedCall implements TimerEntry {
  index = -1;
  arrival = 0;
  readonly fire: () => void;
  readonly keepsAlive: boolean;

  constructor(fire: () => void, keepsAlive: boolean) {
    this.fire = fire;
    this.keepsAlive = keepsAlive;
  }
}

/** The longest delay that platform timers take; beyond it they fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

export class Timers {
  readonly #host: Host;
  readonly #heap: TimerHeap<TimerEntry> = new TimerHeap();
  readonly #tick: () => void;
  #platform: HostTimer | null = null;
  #armedFor = Infinity;
  #keeping = 0;
  #keptAlive = false;
  #firing = false;
  /** How late the platform timer last was, and at most, in milliseconds. */
  lagMs = 0;
  maxLagMs = 0;

  constructor(host: Host) {
    this.#host = host;
    this.#tick = () => this.#fireDue();
  }

  get size(): number {
    return this.#heap.size;
  }

  /** Keeps the process alive until {@link release}, as an entry does: somebody waits for quiet work to end. */
  hold(): void {
    this.#keeping++;
    this.#rearm();
  }

  release(): void {
    this.#keeping--;
    this.#rearm();
  }

  /**
   * Lets the process live until the next entry fires, quiet or not: somebody waits, and that entry may be what wakes them. False when
   * none is armed.
   */
  keepForNext(): boolean {
    if (this.#platform === null) return false;
    this.#platform.keepAlive(true);
    this.#keptAlive = true;
    return this.#heap.size > 0;
  }

  /** Arms `entry` for `instant`. An instant in the past fires at the next turn; `Infinity` never does and costs nothing. */
  add(entry: TimerEntry, instant: number): void {
    if (instant === Infinity) return;
    this.#heap.add(entry, instant);
    if (entry.keepsAlive) this.#keeping++;
    this.#rearm();
  }

  remove(entry: TimerEntry): void {
    if (entry.index < 0) return;
    this.#heap.remove(entry);
    if (entry.keepsAlive && --this.#keeping === 0) this.#rearm();
  }

  #rearm(): void {
    if (this.#firing) return;
    const { earliest } = this.#heap;
    if (earliest < this.#armedFor) this.#arm(earliest);
    const keep = this.#keeping > 0;
    if (keep === this.#keptAlive || this.#platform === null) return;
    this.#keptAlive = keep;
    this.#platform.keepAlive(keep);
  }

  #arm(instant: number): void {
    this.#platform?.cancel();
    this.#armedFor = instant;
    const ms = Math.min(Math.max(Math.ceil(instant - this.#host.now()), 0), LONGEST_MS);
    inRoot(() => {
      this.#platform = this.#host.setTimer(this.#tick, ms);
    });
    this.#keptAlive = true;
  }

  /**
   * Takes the entry to fire next out of the heap. A simulation may choose another one of the same instant that arrived before
   * `_arrivals`.
   */
  protected take(heap: TimerHeap<TimerEntry>, _arrivals: number): TimerEntry {
    return heap.pop()!;
  }

  #fireDue(): void {
    const now = this.#host.now();
    if (this.#heap.earliest <= this.#armedFor) this.lagMs = Math.max(0, now - this.#armedFor);
    this.maxLagMs = Math.max(this.maxLagMs, this.lagMs);
    this.#platform = null;
    this.#armedFor = Infinity;
    this.#keptAlive = false;
    this.#firing = true;
    try {
      // What is armed while firing waits for the next tick, so that an entry that arms itself anew cannot hold the loop.
      const { arrivals } = this.#heap;
      while (this.#heap.earliest <= now && this.#heap.first!.arrival < arrivals) {
        const entry = this.take(this.#heap, arrivals);
        if (entry.keepsAlive) this.#keeping--;
        entry.fire();
      }
    } finally {
      this.#firing = false;
      this.#rearm();
    }
  }
}
