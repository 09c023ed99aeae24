/**
 * Exploring: which runs are made, and in which order.
 *
 * First the run that equals production; once more, to see that it takes the same course; then a fault at each place of it, where
 * faults are asked for; then other schedules, all of them where they are few. The first run that fails ends the search.
 */
import { currentScope } from "../kernel/current.ts";
import { refuse } from "../kernel/refuse.ts";
import { captureContext } from "../kernel/root-context.ts";
import type { Guide } from "./course.ts";
import { differenceOfTraces } from "./determinism.ts";
import { ChoicesGuide, FaultGuide, nextChoices, ordinary, PctGuide, UniformGuide } from "./guides.ts";
import type { Settings } from "./options.ts";
import { RandomStream } from "./random-stream.ts";
import { PATIENCE_MS } from "./driver.ts";
import { Run } from "./run.ts";
import type { WakeOrder } from "./simulated-turn.ts";
import { perform, type Simulation } from "./simulation.ts";
import { TapeGuide, type Tape } from "./tape.ts";

/** What a simulation did. */
export interface Exploration {
  /**
   * `one run`: that of production; `tape`: that of the tape; `exhaustive`: every schedule was run; `depth first`: the first of them, but not
   * all; `random`: so many were drawn.
   */
  readonly method: "one run" | "tape" | "exhaustive" | "depth first" | "random";
  /** Runs in all, those that inject a fault in production order not counted. */
  readonly runs: number;
  /** How many different schedules these were. */
  readonly schedules: number;
  /** Runs that injected a fault in production order: one for each place and kind. */
  readonly faultRuns: number;
  readonly seed: number;
}

/** A run that failed, and what it was. */
export interface FailedRun {
  readonly run: Run;
  /** `run 17 of 100 (random)`. */
  readonly where: string;
}

export type Body = (simulation: Simulation) => unknown;

/** A part of the runs left is kept for drawn schedules where going through all of them might not come to its end. */
const DEPTH_FIRST_SHARE = 0.5;
/** Going through all courses varies choices up to this multiple of the first one's length, and so many more. */
const DEEPEST_FACTOR = 4;
const DEEPEST_EXTRA = 32;
/** Real time for foreign work after the first run. Each run of a deadlock with a foreign promise takes so long. */
const LATER_PATIENCE_MS = 5;

export class Explorer {
  readonly settings: Settings;
  readonly #body: Body;
  readonly #signal: AbortSignal | undefined;
  readonly #caller = currentScope();
  readonly #inContext = captureContext();
  readonly #seen = new Set<number>();
  #isFirst = true;
  #runs = 0;
  #faultRuns = 0;
  #method: Exploration["method"] = "one run";
  /** The places at which the first run was offered faults: among how many alternatives, the first of which is none. */
  #faultPlaces: readonly number[] = [];

  /** `signal` tells it to stop: the runner's time limit for the test has passed. */
  constructor(settings: Settings, body: Body, signal?: AbortSignal) {
    this.settings = settings;
    this.#body = body;
    this.#signal = signal;
  }

  /** Whether the time for it is up, or its caller was cancelled. */
  get isStopped(): boolean {
    return this.#signal?.aborted === true || this.#caller.blocked !== null;
  }

  get summary(): Exploration {
    const { settings } = this;
    return {
      method: this.#method,
      runs: this.#runs,
      schedules: this.#seen.size,
      faultRuns: this.#faultRuns,
      seed: settings.seed,
    };
  }

  /** Makes one run. */
  async attempt(guide: Guide, order: WakeOrder, keepsTrace: boolean = false): Promise<Run> {
    const { faults, seed } = this.settings;
    const run = new Run({
      guide,
      order,
      seed,
      faults,
      isStrict: true,
      keepsTrace,
      patienceMs: this.#isFirst ? PATIENCE_MS : LATER_PATIENCE_MS,
    });
    this.#isFirst = false;
    // Each run begins in the caller's context, whatever the one before has entered.
    await this.#inContext(() => perform(run, this.#body, this.settings));
    return run;
  }

  /** Makes the runs, up to the first that fails. */
  async search(): Promise<FailedRun | null> {
    const { tape, runs } = this.settings;
    if (tape !== null) return this.#follow(tape);
    const first = await this.#count(
      await this.attempt(ordinary, "production", this.settings.checksDeterminism),
    );
    if (first !== null) return first;
    const failed = await this.#injectFaults();
    return failed ?? (this.#runs < runs ? this.#searchSchedules() : null);
  }

  /** @throws {TapeMismatch} when the tape belongs to another program. */
  async #follow(tape: Tape): Promise<FailedRun | null> {
    this.#method = "tape";
    const guide = new TapeGuide(tape);
    const run = await this.attempt(guide, tape.order);
    const mismatch = guide.checkEnd(run.taped);
    if (mismatch !== null) {
      if (run.failure !== null && run.failure.error !== mismatch) mismatch.cause = run.failure.error;
      throw mismatch;
    }
    return this.#count(run);
  }

  /** Counts a run, and says where it failed if it did. The first is checked for determinism. */
  async #count(run: Run): Promise<FailedRun | null> {
    this.#runs++;
    this.#seen.add(run.taped.hash);
    const { checksDeterminism, runs } = this.settings;
    if (this.#runs === 1) {
      const { arities, kinds } = run.taped;
      this.#faultPlaces = arities.filter((_, at) => kinds[at] === "fault");
      if (checksDeterminism && run.failure === null) await this.#checkDeterminism(run);
    }
    if (run.failure === null) {
      if (this.isStopped) await this.#stop();
      return null;
    }
    const method = this.#runs === 1 ? "production order" : this.#method;
    const where = this.#method === "tape" ? "the tape" : `run ${this.#runs} of ${runs} (${method})`;
    return { run, where };
  }

  /** @throws the reason of the signal, or the cancellation of the caller. */
  async #stop(): Promise<never> {
    if (this.#signal?.aborted === true) throw this.#signal.reason;
    return refuse(this.#caller);
  }

  /** @throws {Nondeterminism} when the first run takes another course the second time. */
  async #checkDeterminism(first: Run): Promise<void> {
    const difference = differenceOfTraces(first, await this.attempt(ordinary, "production", true));
    if (difference !== null) throw difference;
  }

  /** Each fault that was offered in the first run, at its place. */
  async #injectFaults(): Promise<FailedRun | null> {
    for (const [place, alternatives] of this.#faultPlaces.entries()) {
      for (let fault = 1; fault < alternatives; fault++) {
        if (this.#faultRuns >= this.settings.maxFaultRuns) return null;
        const run = await this.attempt(new FaultGuide(place, fault), "production");
        this.#faultRuns++;
        if (run.failure === null && this.isStopped) await this.#stop();
        if (run.failure !== null)
          return { run, where: `run ${this.#faultRuns} with a fault (production order)` };
      }
    }
    return null;
  }

  async #searchSchedules(): Promise<FailedRun | null> {
    const { runs, strategy } = this.settings;
    this.#method = strategy === "random" || strategy === "pct" ? "random" : "exhaustive";
    const first = await this.attempt(ordinary, "one at a time");
    const failed = await this.#count(first);
    if (failed !== null) return failed;
    if (this.#method === "exhaustive" && (strategy === "exhaustive" || sizeOf(first) <= runs)) {
      const share = strategy === "exhaustive" ? 1 : DEPTH_FIRST_SHARE;
      const found = await this.#goThrough(first, this.#runs + Math.ceil((runs - this.#runs) * share));
      if (found !== "more") return found;
    }
    this.#method = this.#runs < runs ? "random" : "depth first";
    return this.#draw(first.taped.length);
  }

  /**
   * Goes through all courses after `first`, depth first, while fewer than `until` runs were made; `more` where some are left, or were
   * left out because they are much longer than it.
   */
  async #goThrough(first: Run, until: number): Promise<FailedRun | null | "more"> {
    const deepest = DEEPEST_FACTOR * first.taped.length + DEEPEST_EXTRA;
    let run = first;
    let isCut = false;
    for (;;) {
      isCut ||= run.taped.length > deepest;
      const choices = nextChoices(run.taped, deepest);
      if (choices === null) return isCut ? "more" : null;
      if (this.#runs >= until) return "more";
      run = await this.attempt(new ChoicesGuide(choices), "one at a time");
      const failed = await this.#count(run);
      if (failed !== null) return failed;
    }
  }

  /** Draws schedules until all runs are made. */
  async #draw(expectedSteps: number): Promise<FailedRun | null> {
    const { runs, strategy, seed } = this.settings;
    while (this.#runs < runs) {
      const number = this.#runs;
      const chance = {
        schedule: new RandomStream(seed, "schedule", number),
        faults: new RandomStream(seed, "faults", number),
        faultPlaces: this.#faultPlaces.length,
        mostFaults: this.settings.maxFaultsPerRun,
      };
      const byPriority = strategy === "pct" || (strategy !== "random" && number % 2 === 1);
      const guide = byPriority
        ? new PctGuide(chance, 2 + ((number >> 1) % 2), Math.max(1, expectedSteps))
        : new UniformGuide(chance);
      const failed = await this.#count(await this.attempt(guide, "one at a time"));
      if (failed !== null) return failed;
    }
    return null;
  }
}

/** How many courses there are, judged by one of them: the product of the alternatives at each of its wake-ups and timers. */
function sizeOf({ taped: { arities, kinds } }: Run): number {
  let size = 1;
  let faults = 1;
  for (const [at, arity] of arities.entries()) {
    if (kinds[at] === "fault" || kinds[at] === "clock") faults += arity - 1;
    else size *= arity;
  }
  return size * faults;
}
