/**
 * How long connections may stay in a phase: between requests, in the middle of a head, without taking a reply.
 *
 * All connections in one phase have the same time, so they stand in a list in the order in which they entered it, and the first one is
 * due first. One timer of the runtime, armed for the first of all lists, serves a whole server: entering and leaving a phase costs a few
 * pointers, and an idle server does not tick. The timer is never moved later: it may find nothing due, and is armed anew.
 *
 * Invariants
 * - An entry stands in one list, that of its `phase`, or in none.
 * - `since` is the time at which the turn began in which the phase was entered: so a phase may end a turn of the event loop early, which is
 *   less than the clock of the other end is off. Nothing else in the library ends early; here reading the clock would cost more than the rest.
 */
import type { Engine } from "../../kernel/engine.ts";
import { TimedCall } from "../../kernel/timers.ts";

/** What stands in a list. Its fields are written here only. */
export interface PhaseEntry {
  phase: Phase | null;
  ahead: PhaseEntry | null;
  behind: PhaseEntry | null;
  since: number;
  /** The time of its phase is over; the entry has left it. */
  expired(phase: Phase): void;
}

/** A phase, and those that are in it, the oldest first. */
export class Phase {
  readonly name: string;
  readonly ms: number;
  first: PhaseEntry | null = null;
  last: PhaseEntry | null = null;
  size = 0;

  constructor(name: string, ms: number) {
    this.name = name;
    this.ms = ms;
  }
}

export class Phases {
  readonly #engine: Engine;
  readonly #phases: readonly Phase[];
  readonly #call: TimedCall;
  #armedFor = Infinity;

  constructor(engine: Engine, phases: readonly Phase[]) {
    this.#engine = engine;
    this.#phases = phases;
    this.#call = new TimedCall(() => this.#fire(), false);
  }

  /** Puts `entry` at the end of `phase`, out of the one that it was in. */
  enter(entry: PhaseEntry, phase: Phase): void {
    if (entry.phase !== null) this.leave(entry);
    const { stamp } = this.#engine.turn;
    entry.since = stamp;
    entry.phase = phase;
    entry.ahead = phase.last;
    if (phase.last === null) phase.first = entry;
    else phase.last.behind = entry;
    phase.last = entry;
    phase.size++;
    if (stamp + phase.ms < this.#armedFor) this.#arm(stamp + phase.ms);
  }

  leave(entry: PhaseEntry): void {
    const { phase, ahead, behind } = entry;
    if (phase === null) return;
    if (ahead === null) phase.first = behind;
    else ahead.behind = behind;
    if (behind === null) phase.last = ahead;
    else behind.ahead = ahead;
    phase.size--;
    entry.phase = null;
    entry.ahead = null;
    entry.behind = null;
  }

  /** Nothing will be due any more. */
  stop(): void {
    this.#engine.timers.remove(this.#call);
    this.#armedFor = -Infinity;
  }

  #arm(at: number): void {
    if (this.#armedFor !== Infinity) this.#engine.timers.remove(this.#call);
    this.#armedFor = at;
    this.#engine.timers.add(this.#call, at);
  }

  #fire(): void {
    this.#armedFor = Infinity;
    const now = this.#engine.host.now();
    for (const phase of this.#phases) {
      // An entry may enter its phase again, with its time over at once where that is 0: it waits for the next tick.
      for (let rest = phase.size; rest > 0; rest--) {
        const entry = phase.first;
        if (entry === null || entry.since + phase.ms > now) break;
        this.leave(entry);
        this.#engine.guard(() => entry.expired(phase));
      }
    }
    this.#armNext();
  }

  #armNext(): void {
    let next = Infinity;
    for (const { first, ms } of this.#phases) if (first !== null) next = Math.min(next, first.since + ms);
    if (next < this.#armedFor) this.#arm(next);
  }
}
