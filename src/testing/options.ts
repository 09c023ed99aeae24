import { checkCount, checkDuration, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import type { FaultOptions } from "./faults.ts";
import { networkFaultsIn, type NetworkFaultOptions } from "./net/network-faults.ts";
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
  /** Faults that strike in one of the other runs, at most. Default 1. */
  readonly maxFaultsPerRun?: number;
  /**
   * Runs one schedule: that of a tape, or of what its `toString` gave. It brings its own `seed` and `faults`; `runs` and `strategy` do
   * not matter.
   */
  readonly tape?: Tape | string;
  /** Whether the first run is made twice, to see that it takes the same course. Default true, unless `runs` is 1 or there is a tape. */
  readonly checksDeterminism?: boolean;
  /** Steps of one run at most: operations that end, turns, timers. Default 500,000. */
  readonly maxSteps?: number;
  /** Steps while virtual time stands still, at most. Default 100,000. */
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
  maxFaultsPerRun: 1,
  tape: null,
  maxSteps: 500_000,
  maxStepsAtOnce: 100_000,
  maxShrinks: 2_000,
  background: "fail",
};

/** The options whose value is a count, and the least that each can be. */
const counts = {
  runs: 1,
  maxFaultRuns: 0,
  maxFaultsPerRun: 1,
  maxSteps: 1,
  maxStepsAtOnce: 1,
  maxShrinks: 0,
} as const;

/** @throws {InvalidArgument} for a value that is none of an option's, or an option that there is not. */
export function readOptions(owner: string, options: SimulateOptions): Settings {
  checkRecord(`options of ${owner}`, options);
  const { tape, faults, checksDeterminism, ...rest } = options;
  checkNames(owner, options, { ...defaults, checksDeterminism });
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const settings = { ...defaults, ...Object.fromEntries(given) };
  checkValues(owner, settings);
  const followed = readTape(owner, tape);
  const checks = checksDeterminism ?? (settings.runs !== 1 && followed === null);
  checkOneOf(`checksDeterminism of ${owner}`, checks, [true, false]);
  return {
    ...settings,
    tape: followed,
    seed: followed?.seed ?? settings.seed,
    faults: readFaults(followed?.faults ?? faults ?? {}),
    checksDeterminism: checks,
  };
}

function checkValues(owner: string, settings: typeof defaults): void {
  for (const [name, least] of Object.entries(counts))
    checkCount(`${name} of ${owner}`, settings[name as keyof typeof counts], least);
  checkOneOf(`strategy of ${owner}`, settings.strategy, strategies);
  checkOneOf(`background of ${owner}`, settings.background, ["fail", "cancel"]);
  if (!Number.isSafeInteger(settings.seed))
    throw new InvalidArgument(`seed of ${owner} is ${show(settings.seed)}. Give an integer.`);
}

function readTape(owner: string, tape: unknown): Tape | null {
  if (tape === undefined || tape === null) return null;
  if (tape instanceof Tape) return tape;
  if (typeof tape === "string") return Tape.parse(tape);
  throw new InvalidArgument(
    `tape of ${owner} is ${show(tape)}. Give a Tape, or the text that its toString gave.`,
  );
}

function readFaults(options: FaultOptions): FaultOptions {
  checkRecord("faults", options);
  const { cancel = false, throw: throws = false, crashThreads = false, slowClockMs = 0 } = options;
  const { network = false, crashHosts = false } = options;
  checkNames("faults", options, {
    cancel,
    throw: throws,
    crashThreads,
    network,
    crashHosts,
    slowClockMs,
  });
  checkOneOf("cancel of faults", cancel, [true, false]);
  checkOneOf("throw of faults", throws, [true, false]);
  checkOneOf("crashThreads of faults", crashThreads, [true, false]);
  checkOneOf("crashHosts of faults", crashHosts, [true, false]);
  checkNetworkFaults(network);
  const finiteMs = checkDuration("slowClockMs of faults", slowClockMs);
  if (finiteMs === Infinity)
    throw new InvalidArgument(
      "slowClockMs of faults is Infinity. Give the milliseconds by which timers may be late at most.",
    );
  return { cancel, throw: throws, crashThreads, network, crashHosts, slowClockMs: finiteMs };
}

function checkNetworkFaults(network: boolean | NetworkFaultOptions): void {
  if (typeof network === "boolean") return;
  checkRecord("network of faults", network);
  checkNames("network of faults", network, networkFaultsIn(true));
  for (const [fault, value] of Object.entries(network))
    checkOneOf(`${fault} of network faults`, value, [true, false, undefined]);
}

function checkRecord(name: string, value: unknown): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new InvalidArgument(`${name} is ${show(value)}. Give an object.`);
}

function checkOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  throw new InvalidArgument(
    `${name} is ${show(value)}. Give one of ${allowed.map((one) => show(one)).join(", ")}.`,
  );
}

function checkNames(owner: string, options: object, known: object): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  throw new InvalidArgument(
    `${owner} has no option ${show(unknown)}. There are ${Object.keys(known).join(", ")}.`,
  );
}
