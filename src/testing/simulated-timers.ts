import type { TimerHeap } from "../base/timer-heap.ts";
import type { Host } from "../kernel/host.ts";
import type { Observed } from "../kernel/instrument.ts";
import { Wait } from "../kernel/park.ts";
import { Timers, type TimerEntry } from "../kernel/timers.ts";
import type { Chooser } from "./course.ts";

/** Among more timers of one instant no choice is offered: looking them all through for each of them would take squared time. */
const MOST_TIED = 32;

const unnamed: Observed = { name: "a timed call", path: "a timed call" };

/**
 * Timers of which those that are due at the same instant fire in an order that the guide chooses: in reality no two instants are
 * the same. Sleeps among themselves are not offered, since the order in which they go on is chosen when they are woken.
 */
export class SimulatedTimers extends Timers {
  readonly #chooser: Chooser;

  constructor(host: Host, chooser: Chooser) {
    super(host);
    this.#chooser = chooser;
  }

  protected override take(heap: TimerHeap<TimerEntry>, arrivals: number): TimerEntry {
    const found = heap.tied(MOST_TIED);
    const tied = found.filter(({ arrival }) => arrival < arrivals);
    if (tied.length < 2 || found.length === MOST_TIED || tied.every((entry) => entry instanceof Wait))
      return super.take(heap, arrivals);
    const entry = tied[this.#chooser.choose("timer", tied.length, tied.map(ownerOf))];
    if (entry === undefined) return super.take(heap, arrivals);
    heap.remove(entry);
    return entry;
  }
}

/** Sleeps, deadlines and shields know their scope; a call given to `callLater` has none. */
function ownerOf(entry: TimerEntry): Observed {
  return (entry as { readonly scope?: Observed }).scope ?? unnamed;
}
