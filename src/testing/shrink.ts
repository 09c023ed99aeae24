/**
 * Shrinking: from the choices of a run that failed to the fewest that fail in the same way.
 *
 * Choices are put back to 0 in ever smaller parts, and lowered; then all courses with a single choice that is not 0 are tried,
 * and those with two, since a shorter way to the same failure need not lie within the long one. What is better has fewer choices
 * that are not 0, then lower ones, then earlier ones. (Putting back in parts: delta debugging, Zeller and Hildebrandt 2002.)
 */
import { brandOf } from "../base/tsyncio-error.ts";
import type { Course } from "./course.ts";
import { ChoicesGuide } from "./guides.ts";
import type { Failure, Run } from "./run.ts";

/** A failing run, and how many runs its shrinking took. */
export interface Shrunk {
  readonly run: Run;
  readonly attempts: number;
}

/** Makes a run with the given choices, in the order of wake-ups of the one that failed. */
type Attempt = (guide: ChoicesGuide) => Promise<Run>;

export class Shrinking {
  readonly #attempt: Attempt;
  readonly #budget: number;
  #isStopped: () => boolean = () => false;
  readonly #failure: Failure;
  #best: Run;
  #attempts = 0;

  constructor(failed: Run & { readonly failure: Failure }, budget: number, attempt: Attempt) {
    this.#best = failed;
    this.#failure = failed.failure;
    this.#budget = budget;
    this.#attempt = attempt;
  }

  /** `isStopped` says that the time for it is up. */
  async shrink(isStopped: () => boolean): Promise<Shrunk> {
    this.#isStopped = isStopped;
    for (let before: Run | null = null; before !== this.#best && !this.#isDone;) {
      before = this.#best;
      await this.#putBack();
      await this.#lower();
    }
    if (weightOf(this.#best.taped)[0] > 1) await this.#tryDeviations(1);
    if (weightOf(this.#best.taped)[0] > 2) await this.#tryDeviations(2);
    return { run: this.#best, attempts: this.#attempts };
  }

  get #isDone(): boolean {
    if (this.#attempts >= this.#budget || this.#isStopped()) return true;
    return weightOf(this.#best.taped)[0] === 0;
  }

  /** Makes a run with `choices`, and keeps it if it fails in the same way and is better than the best so far. Null when the budget is spent. */
  async #try(choices: readonly number[]): Promise<Run | null> {
    if (this.#isDone) return null;
    this.#attempts++;
    const run = await this.#attempt(new ChoicesGuide(choices));
    if (
      run.failure !== null &&
      isSame(run.failure, this.#failure) &&
      isBetter(run.taped, this.#best.taped)
    )
      this.#best = run;
    return run;
  }

  /** Puts parts of the choices that are not 0 back to 0: all of them, halves, quarters, single ones. */
  async #putBack(): Promise<void> {
    for (let parts = 1; !this.#isDone; parts *= 2) {
      const places = placesOf(this.#best.taped);
      const size = Math.ceil(places.length / parts);
      for (let from = 0; from < places.length && !this.#isDone; from += size) {
        const part = new Set(places.slice(from, from + size));
        await this.#try(this.#best.taped.choices.map((choice, at) => (part.has(at) ? 0 : choice)));
      }
      if (size <= 1) return;
    }
  }

  async #lower(): Promise<void> {
    for (const place of placesOf(this.#best.taped)) {
      const { choices } = this.#best.taped;
      for (let lower = 1; lower < (choices[place] ?? 0) && !this.#isDone; lower++) {
        const before = this.#best;
        await this.#try(choices.map((choice, at) => (at === place ? lower : choice)));
        if (this.#best !== before) break;
      }
    }
  }

  /** Tries all courses with `count` choices that are not 0, in the order of their places. */
  async #tryDeviations(count: number, prefix: readonly number[] = []): Promise<void> {
    const base = await this.#try(prefix);
    if (base === null) return;
    const { arities } = base.taped;
    for (let at = prefix.length; at < arities.length && !this.#isDone; at++) {
      for (let choice = 1; choice < (arities[at] ?? 0); choice++) {
        const zeros = new Array<number>(at - prefix.length).fill(0);
        const choices = [...prefix, ...zeros, choice];
        if (count > 1) await this.#tryDeviations(count - 1, choices);
        else await this.#try(choices);
        if (weightOf(this.#best.taped)[0] <= prefix.filter((one) => one > 0).length + count) return;
      }
    }
  }
}

/** The places of the choices that are not 0. */
function placesOf({ choices }: Course): number[] {
  return choices.flatMap((choice, at) => (choice === 0 ? [] : [at]));
}

/** What shrinking makes small, the most important first. */
function weightOf(course: Course): [number, number, number] {
  const places = placesOf(course);
  const sum = places.reduce((total, place) => total + (course.choices[place] ?? 0), 0);
  return [places.length, sum, course.length];
}

function isBetter(course: Course, other: Course): boolean {
  const [one, two] = [weightOf(course), weightOf(other)];
  for (const [at, weight] of one.entries()) {
    const than = two[at] ?? 0;
    if (weight !== than) return weight < than;
  }
  return false;
}

/** Whether two failures are the same for a reader: of one kind, and errors of one class. */
export function isSame(one: Failure, other: Failure): boolean {
  return one.kind === other.kind && classOf(one.error) === classOf(other.error);
}

function classOf(error: unknown): string {
  return brandOf(error) ?? (error instanceof Error ? error.name : typeof error);
}
