/** `all`, `race` and `any` in a model program. */
import { all, any, Cancelled, race } from "../../src/index.ts";
import type { Place, Runner } from "./place.ts";
import type { Block, CombinatorStep } from "./program.ts";
import type { Region } from "./region.ts";
import { isCancellation, type World } from "./world.ts";

interface Branches {
  readonly region: Region;
  readonly op: CombinatorStep["op"];
  /** What the branches return, in their order. */
  readonly tokens: readonly object[];
}

export async function runCombinator(runner: Runner, step: CombinatorStep, place: Place): Promise<void> {
  const { world } = runner;
  const region = world.open("branches", place.region);
  const branches = { region, op: step.op, tokens: step.branches.map(() => ({})) };
  const functions = step.branches.map((body, i) => () => runBranch(runner, branches, { body, place }, i));
  try {
    checkValue(world, branches, await combine(step, functions));
  } catch (error) {
    world.left(region);
    checkError(world, branches, error);
    throw error;
  }
  world.left(region);
}

function combine(
  { op, concurrency }: CombinatorStep,
  functions: Array<() => Promise<unknown>>,
): Promise<unknown> {
  if (op === "all") return all(functions, { concurrency });
  return op === "race" ? race(functions) : any(functions);
}

async function runBranch(
  runner: Runner,
  { region: branches, op, tokens }: Branches,
  { body, place }: { body: Block; place: Place },
  index: number,
): Promise<unknown> {
  const { world } = runner;
  const region = world.open("task", branches);
  try {
    const value = await world.enter(region, tokens[index], () =>
      runner.block(body, { ...place, region }),
    );
    if (op !== "all" && !isDecided(branches, op))
      branches.cancelledAt = Math.min(branches.cancelledAt, world.now);
    if (op !== "race" || branches.failures.length === 0 || branches.isLoose) branches.values.push(value);
    return value;
  } catch (error) {
    if (!isCancellation(error)) branchFailed(world, branches, op, error);
    throw error;
  } finally {
    world.left(region);
  }
}

function branchFailed(world: World, branches: Region, op: CombinatorStep["op"], error: unknown): void {
  if (op === "any") branches.failures.push(error);
  else if (op === "race" && branches.values.length > 0 && !branches.isLoose) world.unhandled.push(error);
  else world.fail(branches, error);
}

function isDecided(branches: Region, op: CombinatorStep["op"]): boolean {
  return branches.values.length > 0 || (op === "race" && branches.failures.length > 0);
}

function checkValue(world: World, { region, op, tokens }: Branches, value: unknown): void {
  if (op === "all") {
    const results = value as unknown[];
    const isRight = results.length === tokens.length && tokens.every((token, i) => token === results[i]);
    if (!isRight || region.failures.length > 0) world.report("all resolved to something else");
    return;
  }
  const isFirst = region.isLoose ? region.values.includes(value) : region.values[0] === value;
  if (!isFirst) world.report(`${op} resolved to a value that was not the first`);
}

function checkError(world: World, { region, op, tokens }: Branches, error: unknown): void {
  if (error instanceof Cancelled) {
    if (!world.wasCutFromOutside(region)) world.report(`${op} that nobody cancelled threw Cancelled`);
    if (op !== "any" && region.failures.length > 0)
      world.report(`a cancellation beat the failure of ${op}`);
    return;
  }
  if (op !== "any") {
    world.checkFailures(region, error);
    return;
  }
  const errors = error instanceof AggregateError ? error.errors : [];
  if (errors.length !== tokens.length || !region.failures.every((failure) => errors.includes(failure)))
    world.report("any threw something else than the errors of its branches");
}
