/** Guides that look for trouble. Following a tape is in `tape.ts`, going through all courses in `depth-first.ts`. */
import type { Observed } from "../kernel/instrument.ts";
import type { Scope } from "../kernel/scope.ts";
import type { Choice, Course, Guide } from "./course.ts";
import type { RandomStream } from "./random-stream.ts";

/** Nothing out of the ordinary. */
export const ordinary: Guide = { choose: () => 0 };

/** Takes the given choices, then ordinary ones. A choice that is too high counts as the highest. */
export class ChoicesGuide implements Guide {
  readonly #choices: readonly number[];

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  choose({ step, of }: Choice): number {
    return Math.min(this.#choices[step] ?? 0, of - 1);
  }
}

/** Everything is ordinary but the fault at one place: the `place`-th that is offered, counted from 0. */
export class FaultGuide implements Guide {
  readonly #fault: number;
  #left: number;

  constructor(place: number, fault: number) {
    this.#left = place;
    this.#fault = fault;
  }

  choose({ kind, of }: Choice): number {
    return kind === "fault" && this.#left-- === 0 ? Math.min(this.#fault, of - 1) : 0;
  }
}

/** How often the clock is late, where it may be. */
const LATE_SHARE = 0.2;
/** How often the network carries something in another way than the quickest, as a whole. */
const NETWORK_SHARE = 0.25;
/** The share of runs in which a fault strikes, where faults are asked for. */
const FAULT_SHARE = 0.5;

/** Where random guides draw from. Faults have a stream of their own. */
export interface Chance {
  readonly schedule: RandomStream;
  readonly faults: RandomStream;
  /** How many faults a run is expected to offer. */
  readonly faultPlaces: number;
  /** How many faults strike in a run at most. Default 1. */
  readonly mostFaults?: number;
}

/** Draws what is no wake-up in the same way for all strategies: the faults of a run first, by their places. */
abstract class RandomGuide implements Guide {
  protected readonly schedule: RandomStream;
  readonly #faults: RandomStream;
  readonly #struck = new Set<number>();
  #place = 0;

  constructor({ schedule, faults, faultPlaces, mostFaults = 1 }: Chance) {
    this.schedule = schedule;
    this.#faults = faults;
    if (faults.next() >= FAULT_SHARE) return;
    for (let left = mostFaults === 1 ? 1 : 1 + faults.below(mostFaults); left > 0; left--)
      this.#struck.add(faults.below(Math.max(1, faultPlaces)));
  }

  protected abstract pick(choice: Choice): number;

  choose(choice: Choice): number {
    switch (choice.kind) {
      case "wake":
        return this.pick(choice);
      case "timer":
        return this.schedule.below(choice.of);
      case "fault":
        return this.#struck.has(this.#place++) ? 1 + this.#faults.below(choice.of - 1) : 0;
      case "network":
        return this.#faults.next() < NETWORK_SHARE ? 1 + this.#faults.below(choice.of - 1) : 0;
      case "clock":
        return this.#faults.next() < LATE_SHARE ? 1 + this.#faults.below(choice.of - 1) : 0;
    }
  }
}

/** Each who can go on is as likely as the others. */
export class UniformGuide extends RandomGuide {
  protected pick({ of }: Choice): number {
    return this.schedule.below(of);
  }
}

/**
 * Tasks have random priorities, and the highest goes on; at `depth - 1` random steps the one that would go on falls to the lowest.
 * Finds a bug that needs `depth` orderings among n tasks and k steps with a chance of at least 1 / (n k^(depth - 1)).
 * (Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010.)
 */
export class PctGuide extends RandomGuide {
  readonly #priorities = new Map<Observed, number>();
  readonly #changes = new Set<number>();
  #lowest = 0;
  #step = 0;

  constructor(chance: Chance, depth: number, expectedSteps: number) {
    super(chance);
    while (this.#changes.size < Math.min(depth - 1, expectedSteps))
      this.#changes.add(this.schedule.below(expectedSteps));
  }

  protected pick({ who }: Choice): number {
    if (this.#changes.has(this.#step++))
      this.#priorities.set(taskOf(who[this.#highest(who)]), --this.#lowest);
    return this.#highest(who);
  }

  #highest(who: readonly Observed[]): number {
    let best = 0;
    let highest = -Infinity;
    for (const [at, one] of who.entries()) {
      const priority = this.#priority(taskOf(one));
      if (priority <= highest) continue;
      highest = priority;
      best = at;
    }
    return best;
  }

  #priority(task: Observed): number {
    let priority = this.#priorities.get(task);
    if (priority === undefined) {
      priority = this.schedule.next();
      this.#priorities.set(task, priority);
    }
    return priority;
  }
}

function taskOf(who: Observed | undefined): Observed {
  return (who as Scope).task;
}

/** At most so many faults, late clocks included, on a course where all courses are gone through. */
const MOST_FAULTS = 1;

/**
 * The choices that lead to the next course when all are gone through depth first; null after the last one. There is at most
 * one fault on a course, and no choice is varied from step `deepest` on: a program that tries again may do so for ever.
 */
export function nextChoices(
  { choices, arities, kinds }: Course,
  deepest: number = Infinity,
): number[] | null {
  const isFault = kinds.map((kind) => kind === "fault" || kind === "clock");
  const struck = isFault.map((fault, at) => fault && choices[at] !== 0);
  for (let at = Math.min(deepest, choices.length) - 1; at >= 0; at--) {
    const next = (choices[at] ?? 0) + 1;
    const faults = struck.slice(0, at).filter(Boolean).length + (isFault[at] === true ? 1 : 0);
    if (next < (arities[at] ?? 0) && faults <= MOST_FAULTS) return [...choices.slice(0, at), next];
  }
  return null;
}
