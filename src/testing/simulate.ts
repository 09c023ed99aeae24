/**
 * Simulating a program: many schedules, virtual time, faults; the failure shrunk, and replayed exactly.
 */
import { checkFunction } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { captured, refuseNesting } from "./capture.ts";
import { differenceOfCourses } from "./determinism.ts";
import { Explorer, type Exploration, type FailedRun } from "./explore.ts";
import { readOptions, type Settings, type SimulateOptions } from "./options.ts";
import type { Failure, Run } from "./run.ts";
import { Shrinking } from "./shrink.ts";
import { headOf, SimulationFailed } from "./simulation-failed.ts";
import type { Simulation } from "./simulation.ts";
import { Tape, TapeGuide } from "./tape.ts";

/** What a test runner may hand to its tests: a way to say something (`node:test`), and to be told to stop (Vitest too). */
interface RunnerContext {
  readonly diagnostic?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a test function of `body`, for any test runner. It runs `body` under one schedule after the other, in virtual time, and
 * throws when one of them fails. The first schedule is that of production.
 *
 * Nothing of a run may outlive it: keep the state of the program inside `body`, which is called anew for each run.
 *
 * @throws {InvalidArgument} at the call, for options that make no sense.
 * @example
 * import assert from "node:assert/strict";
 * import { sleep, withTaskGroup } from "tsyncio";
 * import { simulate } from "tsyncio/testing";
 * const test = simulate({ runs: 200 }, async (t) => {
 *   let balance = 100;
 *   const withdraw = async (amount: number) => {
 *     const seen = balance;
 *     await sleep(1); // asks the bank
 *     balance = seen - amount;
 *   };
 *   await withTaskGroup((group) => {
 *     group.spawn("alice", withdraw, 10);
 *     group.spawn("bob", withdraw, 20);
 *   });
 *   assert.equal(balance, 70);
 * });
 * await test().catch((error) => console.log(error.kind)); // error
 */
export function simulate(body: (t: Simulation) => unknown): () => Promise<void>;
export function simulate(options: SimulateOptions, body: (t: Simulation) => unknown): () => Promise<void>;
export function simulate(
  first: SimulateOptions | ((t: Simulation) => unknown),
  second?: (t: Simulation) => unknown,
): () => Promise<void> {
  const { settings, body } = readCall("simulate", first, second);
  // No parameter in sight: Jest hands a callback to a test function that has one, and Vitest reads their text.
  return async function simulation(): Promise<void> {
    const context = arguments[0] as RunnerContext | undefined;
    const exploration = await search(settings, body, context?.signal);
    if (typeof context?.diagnostic === "function") context.diagnostic(sentence(exploration));
  };
}

/**
 * What the function that {@link simulate} returns does, at once; gives what was run.
 *
 * @throws {SimulationFailed} when a schedule fails.
 * @throws {TapeMismatch} when the tape given belongs to another program.
 * @throws {Nondeterminism} when the program takes two courses under one schedule.
 * @throws {NestedSimulation} inside a simulation.
 * @example
 * import { checkpoint, withTaskGroup } from "tsyncio";
 * import { explore } from "tsyncio/testing";
 * const { method, runs } = await explore(async () => {
 *   await withTaskGroup((group) => {
 *     group.spawn("one", () => checkpoint());
 *     group.spawn("two", () => checkpoint());
 *   });
 * });
 * console.log(method, runs); // exhaustive 3
 */
export function explore(body: (t: Simulation) => unknown): Promise<Exploration>;
export function explore(options: SimulateOptions, body: (t: Simulation) => unknown): Promise<Exploration>;
export async function explore(
  first: SimulateOptions | ((t: Simulation) => unknown),
  second?: (t: Simulation) => unknown,
): Promise<Exploration> {
  const { settings, body } = readCall("explore", first, second);
  return search(settings, body);
}

function readCall(
  name: string,
  first: SimulateOptions | ((t: Simulation) => unknown),
  second: unknown,
): { settings: Settings; body: (t: Simulation) => unknown } {
  const isAlone = typeof first === "function";
  if (isAlone && second !== undefined)
    throw new InvalidArgument(`${name} was given its body first. The options come before the body.`);
  const body = isAlone || first instanceof Promise ? first : second;
  checkFunction(`body of ${name}`, body);
  return {
    settings: readOptions(name, isAlone ? {} : (first as SimulateOptions)),
    body: body as (t: Simulation) => unknown,
  };
}

async function search(
  settings: Settings,
  body: (t: Simulation) => unknown,
  signal?: AbortSignal,
): Promise<Exploration> {
  refuseNesting();
  return captured(async () => {
    const explorer = new Explorer(settings, body, signal);
    const failed = await explorer.search();
    if (failed !== null) throw await explained(explorer, failed);
    return explorer.summary;
  });
}

/** Shrinks a failure, and runs it once more to see what happened. */
async function explained(explorer: Explorer, { run, where }: FailedRun): Promise<SimulationFailed> {
  const { settings } = explorer;
  const failing = run as Run & { readonly failure: Failure };
  const budget = settings.tape === null ? settings.maxShrinks : 0;
  const shrinking = new Shrinking(failing, budget, (guide) => explorer.attempt(guide, run.order));
  const shrunk = await shrinking.shrink(() => explorer.isStopped);
  const tape = Tape.ofCourse(shrunk.run.taped, {
    order: run.order,
    seed: settings.seed,
    faults: settings.faults,
  });
  const replayed = await explorer.attempt(new TapeGuide(tape), run.order, true);
  const difference = differenceOfCourses(shrunk.run, replayed);
  if (difference !== null || replayed.failure === null || replayed.trace === null) throw difference;
  const [saidBefore, saidNow] = [headOf(shrunk.run.failure?.error), headOf(replayed.failure.error)];
  return new SimulationFailed({
    failure: replayed.failure,
    tape,
    trace: replayed.trace,
    where,
    shrinks: shrunk.attempts,
    saidBefore: saidBefore === saidNow ? null : saidBefore,
  });
}

function sentence({ method, runs, schedules, faultRuns, seed }: Exploration): string {
  const how = {
    "one run": "the schedule of production",
    tape: "the schedule of the tape",
    exhaustive: schedules === 1 ? "the only schedule" : `all ${schedules} schedules`,
    "depth first": `the first ${schedules} schedules, and there are more`,
    random: `${schedules} different schedules in ${runs} runs, drawn from seed ${seed}`,
  }[method];
  return `simulated ${how}${faultRuns === 0 ? "" : `, and ${faultRuns} runs with a fault`}`;
}
