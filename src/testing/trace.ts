/**
 * What happened in a run, event by event, with the task it happened in: for the table of a report, and to compare two runs.
 * Kept only where somebody is going to look.
 */
import type { Instrument, Observed } from "../kernel/instrument.ts";
import { hashOf, mixed } from "./course.ts";
import type { TaskNames } from "./task-names.ts";

/** One event. `deviation` says what the guide chose out of the ordinary, where it did. */
export interface TraceEvent {
  /** How many choices had been made. */
  readonly step: number;
  readonly atMs: number;
  readonly task: string;
  readonly what: string;
  readonly deviation: string | null;
}

/** At least so many events are kept. */
const MOST_EVENTS = 10_000;

/** Where a trace learns when something happened. */
interface TraceClock {
  readonly step: number;
  readonly nowMs: number;
}

export class Trace implements Instrument {
  /** The last events. Of a long run the first are dropped, and counted. */
  readonly events: TraceEvent[] = [];
  dropped = 0;
  /** What was out of the ordinary, all of it. */
  readonly deviations: TraceEvent[] = [];
  readonly #clock: TraceClock;
  readonly #names: TaskNames;
  #isOpen = true;
  #hash = 0x811c9dc5;

  constructor(clock: TraceClock, names: TaskNames) {
    this.#clock = clock;
    this.#names = names;
  }

  /** A hash of all events. */
  get hash(): number {
    return this.#hash >>> 0;
  }

  add(
    who: Observed,
    what: string,
    deviation: string | null = null,
    step: number = this.#clock.step,
  ): void {
    if (!this.#isOpen) return;
    const { nowMs } = this.#clock;
    const event = { step, atMs: nowMs, task: this.#names.of(who), what, deviation };
    this.#hash = mixed(this.#hash, hashOf(eventText(event)));
    if (deviation !== null) this.deviations.push(event);
    if (this.events.push(event) < 2 * MOST_EVENTS) return;
    this.events.splice(0, MOST_EVENTS);
    this.dropped += MOST_EVENTS;
  }

  /** What comes from here on is the clean-up. */
  close(): void {
    this.#isOpen = false;
  }

  taskSpawned(task: Observed): void {
    this.add(task, "starts");
  }

  taskEnded(task: Observed, state: "done" | "failed" | "cancelled"): void {
    this.add(task, state);
  }

  scopeCancelled(scope: Observed): void {
    this.add(scope, `${scope.name} is cancelled`);
  }

  waitStarted(scope: Observed, label: string): void {
    this.add(scope, `waits: ${label}`);
  }

  waitEnded(scope: Observed, label: string): void {
    this.add(scope, `woken: ${label}`);
  }
}

export function eventText({ atMs, task, what }: TraceEvent): string {
  return `${atMs} ms: ${task} ${what}`;
}

/** The place of the first event in which two traces differ; -1 where they are the same. */
export function firstDifference(one: readonly TraceEvent[], other: readonly TraceEvent[]): number {
  const length = Math.max(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const [first, second] = [one[at], other[at]];
    if (first === undefined || second === undefined || eventText(first) !== eventText(second)) return at;
  }
  return -1;
}
