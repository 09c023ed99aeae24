import { checkCount, checkDuration, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import type { FaultOptions } from "./faults.ts";
import { Tape } from "./tape.ts";

/**
 * How schedules are looked for. `auto` goes through all of them where they are few, else draws them; `random` draws uniformly,
 * `pct` by random priorities of depth 2 and 3, `exhaustive` goes through all, as far as `runs` reaches.
 */
export type Strategy = "auto" | "random" | "pct" | "exhaustive";

/** How a simulation is made. */
export interface SimulateOptions {
  /** How many schedules at most, the one of production included. Default 100. Injected faults are counted apart. */
  readonly runs?: number;
  /** What the random schedules, and the chance of the program, are drawn from. Default 0: the same ones each time. */
  readonly seed?: number;
  /** Default `"auto"`. */
  readonly strategy?: Strategy;
  /** Faults to inject, each at every place in turn, and at random under other schedules. Default none. */
  readonly faults?: FaultOptions;
  /** Runs that inject a fault in production order, at most. Default 1,000. */
  readonly maxFaultRuns?: number;
  /**
   * Runs one schedule: that of a tape, or of what its `toString` gave. It brings its own `seed` and `faults`; `runs` and `strategy` do
   * not matter.
   */
  readonly tape?: Tape | string;
  /** Whether the first run is made twice, to see that it takes the same course. Default true, unless `runs` is 1 or there is a tape. */
  readonly checksDeterminism?: boolean;
  /** Operations of one run at most. Default 100,000. */
  readonly maxSteps?: number;
  /** Operations while virtual time stands still, at most. Default 10,000. */
  readonly maxStepsAtOnce?: number;
  /** Runs for finding a shorter tape, at most. Default 2,000. */
  readonly maxShrinks?: number;
  /** What becomes of background tasks that are alive at the end of the body: `"fail"` (default), or `"cancel"`, as `run` does. */
  readonly background?: "fail" | "cancel";
}

/** {@link SimulateOptions} with every default in its place. */
export interface Settings extends Required<Omit<SimulateOptions, "tape" | "faults">> {
  readonly tape: Tape | null;
  readonly faults: FaultOptions;
}

const strategies: readonly Strategy[] = ["auto", "random", "pct", "exhaustive"];

const defaults: Omit<Settings, "checksDeterminism"> = {
  runs: 100,
  seed: 0,
  strategy: "auto",
  faults: {},
  maxFaultRuns: 1_000,
  tape: null,
  maxSteps: 100_000,
  maxStepsAtOnce: 10_000,
  maxShrinks: 2_000,
  background: "fail",
};

/** The options whose value is a count, and the least that each can be. */
const counts = { runs: 1, maxFaultRuns: 0, maxSteps: 1, maxStepsAtOnce: 1, maxShrinks: 0 } as const;

/** @throws {InvalidArgument} for a value that is none of an option's, or an option that there is not. */
export function readOptions(options: SimulateOptions): Settings {
  const { tape, faults, checksDeterminism, ...rest } = options;
  checkNames("simulate", rest, defaults);
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const settings = { ...defaults, ...Object.fromEntries(given) };
  for (const [name, least] of Object.entries(counts))
    checkCount(`${name} of simulate`, settings[name as keyof typeof counts], least);
  checkOneOf("strategy", settings.strategy, strategies);
  checkOneOf("background", settings.background, ["fail", "cancel"]);
  if (!Number.isSafeInteger(settings.seed))
    throw new InvalidArgument(`seed of simulate is ${show(settings.seed)}. Give an integer.`);
  const followed = typeof tape === "string" ? Tape.parse(tape) : (tape ?? null);
  return {
    ...settings,
    tape: followed,
    seed: followed?.seed ?? settings.seed,
    faults: readFaults(followed?.faults ?? faults ?? {}),
    checksDeterminism: checksDeterminism ?? (settings.runs !== 1 && tape === undefined),
  };
}

function readFaults(options: FaultOptions): FaultOptions {
  const { cancel = false, throw: throws = false, slowClockMs = 0 } = options;
  checkNames("faults", options, { cancel, throw: throws, slowClockMs });
  return { cancel, throw: throws, slowClockMs: checkDuration("slowClockMs of faults", slowClockMs) };
}

function checkOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  throw new InvalidArgument(
    `${name} of simulate is ${show(value)}. Give one of ${allowed.map((one) => show(one)).join(", ")}.`,
  );
}

function checkNames(owner: string, options: object, known: object): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  throw new InvalidArgument(
    `${owner} has no option ${show(unknown)}. There are ${Object.keys(known).join(", ")}.`,
  );
}
