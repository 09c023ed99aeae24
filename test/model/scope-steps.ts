/** The steps of a model program that open a scope around a block. */
import {
  Cancelled,
  TimeoutError,
  withCancelScope,
  withShield,
  withTimeout,
  withTimeoutOr,
  type CancelScope,
} from "../../src/index.ts";
import { at, type Place, type Runner } from "./place.ts";
import type { Block, Step } from "./program.ts";
import type { Region } from "./region.ts";
import type { World } from "./world.ts";

type StepOf<O extends Step["op"]> = Extract<Step, { readonly op: O }>;

export async function scopeStep(runner: Runner, body: Block, place: Place): Promise<void> {
  const { world } = runner;
  const region = world.open("scope", place.region);
  const token = {};
  let handle: CancelScope | undefined;
  const settled = withCancelScope((scope) => {
    handle = scope;
    runner.scopes.push({ region, scope });
    return world.enter(region, token, () => runner.block(body, { ...place, region }));
  });
  await leave(world, region, settled, (value) => {
    const wasCancelled = region.outcome!.kind === "cancelled";
    if (value !== (wasCancelled ? undefined : token)) world.report("a scope resolved to something else");
    if (handle!.caught !== wasCancelled) world.report(`caught is ${handle!.caught}`);
    if (wasCancelled && !handle!.cancelRequested) world.report("a scope that nobody cancelled caught");
  });
}

export function cancelScopeStep({ world, scopes }: Runner, index: number): void {
  const found = at(scopes, index);
  if (found === undefined) return;
  world.cancel(found.region);
  found.scope.cancel("by the program");
}

export async function limitStep(
  runner: Runner,
  { ms, throws, body }: StepOf<"limit">,
  place: Place,
): Promise<void> {
  const { world } = runner;
  const region = world.open("limit", place.region);
  region.limitAt = world.now + ms;
  if (ms === 0) world.cancel(region);
  const token = {};
  const tooLate = {};
  const run = () => world.enter(region, token, () => runner.block(body, { ...place, region }));
  const settled = throws ? withTimeout(ms, run) : withTimeoutOr(ms, run, tooLate);
  await leave(world, region, settled, (value) => {
    if (value === tooLate) checkLate(world, region);
    else if (value !== token) world.report("a limit resolved to something else");
  });
}

function checkLate(world: World, region: Region): void {
  if (region.outcome?.kind !== "cancelled" || world.now < region.limitAt)
    world.report(`a limit ended its function at ${world.now}, and was set for ${region.limitAt}`);
}

export async function shieldStep(
  runner: Runner,
  { ms, body }: StepOf<"shield">,
  place: Place,
): Promise<void> {
  const { world } = runner;
  const region = world.open("shield", place.region);
  region.shieldMs = ms;
  world.shieldMs += ms;
  const token = {};
  const run = () => world.enter(region, token, () => runner.block(body, { ...place, region }));
  await leave(world, region, withShield(ms, run), (value) => {
    if (value !== token) world.report("a shield resolved to something else");
  });
}

export async function bindStep(
  runner: Runner,
  { value, body }: StepOf<"bind">,
  place: Place,
): Promise<void> {
  const { world, variable } = runner;
  const region = world.open("bind", place.region);
  const token = {};
  const run = () =>
    world.enter(region, token, () => runner.block(body, { ...place, region, bound: value }));
  await leave(world, region, variable.run(value, run), (given) => {
    if (given !== token) world.report("a binding resolved to something else");
  });
}

/** Waits for the end of a scope, and holds what it gives or throws against how its function ended. */
async function leave(
  world: World,
  region: Region,
  settled: Promise<unknown>,
  check: (value: unknown) => void,
): Promise<void> {
  let value: unknown;
  try {
    value = await settled;
  } catch (error) {
    world.left(region);
    checkThrown(world, region, error);
    throw error;
  }
  world.left(region);
  if (region.outcome?.kind === "error") world.report(`a ${region.kind} lost an error`);
  check(value);
}

function checkThrown(world: World, region: Region, error: unknown): void {
  const { outcome, kind } = region;
  if (outcome?.kind === "value") world.report(`a ${kind} threw although its function returned`);
  if (outcome?.kind === "error" && outcome.error !== error) world.report(`a ${kind} changed an error`);
  if (outcome?.kind !== "cancelled") return;
  if (kind === "limit" && error instanceof TimeoutError) checkLate(world, region);
  else if (!(error instanceof Cancelled)) world.report(`a cancelled ${kind} threw ${String(error)}`);
  else if (!world.wasCutFromOutside(region)) world.report(`a ${kind} let Cancelled out`);
}
