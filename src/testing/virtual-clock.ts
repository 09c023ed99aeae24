/**
 * The clock of a run, and what is due by it: alarms, and callbacks for the next turn of the event loop. All simulated hosts of a
 * run share it. It stands still until the driver moves it.
 *
 * An alarm is one platform timer: that of a runtime, which serves all its sleeps and deadlines, or one of foreign code.
 */
import { RingBuffer } from "../base/ring-buffer.ts";
import { TimerHeap, type HeapEntry } from "../base/timer-heap.ts";
import type { HostTimer } from "../kernel/host.ts";
import type { Observed } from "../kernel/instrument.ts";
import type { Chooser } from "./course.ts";

class Alarm implements HeapEntry, HostTimer {
  index = -1;
  arrival = 0;
  readonly callback: () => void;
  readonly owner: Observed;
  readonly #heap: TimerHeap<Alarm>;

  constructor(callback: () => void, owner: Observed, heap: TimerHeap<Alarm>) {
    this.callback = callback;
    this.owner = owner;
    this.#heap = heap;
  }

  /** No process is kept alive: a run lives until its body has ended. */
  keepAlive(): void {}

  cancel(): void {
    this.#heap.remove(this);
  }
}

/** A callback for the next turn. */
interface TurnCall {
  readonly callback: () => void;
  /** Whether the call is going to do nothing. */
  readonly isIdle: () => boolean;
}

const MOST_TIED = 32;
/** How late the clock may be, as shares of the latest. Place 0 is punctual. */
const LATENESS = [0, 0.1, 1];

export class VirtualClock {
  nowMs = 0;
  readonly #alarms: TimerHeap<Alarm> = new TimerHeap();
  readonly #turns: RingBuffer<TurnCall> = new RingBuffer();
  readonly #latestMs: number;
  /** Alarms with a lower arrival were there when the clock last moved. */
  #dueBefore = 0;

  /** `latestMs` is how far the clock may overshoot an alarm, where the guide wants it slow; 0 keeps it punctual. */
  constructor(latestMs: number) {
    this.#latestMs = latestMs;
  }

  get alarms(): number {
    return this.#alarms.size;
  }

  setAlarm(callback: () => void, ms: number, owner: Observed): HostTimer {
    const alarm = new Alarm(callback, owner, this.#alarms);
    this.#alarms.add(alarm, this.nowMs + ms);
    return alarm;
  }

  addTurn(callback: () => void, isIdle: () => boolean): void {
    this.#turns.push({ callback, isIdle });
  }

  /** Makes calls of the next turn, up to the first that does something. False when there was none. */
  runTurn(): boolean {
    while (this.#turns.size > 0) {
      const { callback, isIdle } = this.#turns.shift();
      const idle = isIdle();
      callback();
      if (!idle) return true;
    }
    return false;
  }

  /**
   * Fires the next of the alarms that were due when the clock last moved: as in a platform's timers phase, they come before the next
   * turn. False when there is none.
   */
  fireDue(chooser: Chooser): boolean {
    const { first, earliest } = this.#alarms;
    if (first === undefined || earliest > this.nowMs || first.arrival >= this.#dueBefore) return false;
    const tied = this.#alarms.tied(MOST_TIED).filter(({ arrival }) => arrival < this.#dueBefore);
    const owners = tied.map(({ owner }) => owner);
    const choice = tied.length < 2 ? 0 : chooser.choose("timer", tied.length, owners);
    const alarm = tied[choice] ?? first;
    this.#alarms.remove(alarm);
    alarm.callback();
    return true;
  }

  /** Moves the clock to the earliest alarm, or a little beyond, and fires it. False when none is set. */
  advance(chooser: Chooser): boolean {
    const { first, earliest } = this.#alarms;
    if (first === undefined) return false;
    if (earliest > this.nowMs) this.nowMs = earliest + this.#lateBy(chooser, first.owner);
    this.#dueBefore = this.#alarms.arrivals;
    return this.fireDue(chooser);
  }

  #lateBy(chooser: Chooser, owner: Observed): number {
    if (this.#latestMs === 0) return 0;
    return (LATENESS[chooser.choose("clock", LATENESS.length, [owner])] ?? 0) * this.#latestMs;
  }
}
