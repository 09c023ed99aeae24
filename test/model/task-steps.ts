/** The steps of a model program that spawn, start, join and cancel tasks. */
import { Cancelled, ClosedGroup, NotReady, TaskCancelled, withTaskGroup } from "../../src/index.ts";
import { makeError } from "./failures.ts";
import { at, type OpenGroup, type Place, type Runner } from "./place.ts";
import type { Block, StartStep, Step } from "./program.ts";
import type { Region } from "./region.ts";
import { isCancellation, type World } from "./world.ts";

type StepOf<O extends Step["op"]> = Extract<Step, { readonly op: O }>;

export async function groupStep(runner: Runner, body: Block, place: Place): Promise<void> {
  const { world } = runner;
  const region = world.open("group", place.region);
  const services = world.open("services", region);
  const token = {};
  const settled = withTaskGroup((group) => {
    const open = { region, services, group };
    runner.groups.push(open);
    return runBody(world, region, token, () =>
      runner.block(body, { ...place, region, groups: [open, ...place.groups] }),
    );
  });
  let value: unknown;
  try {
    value = await settled;
  } catch (error) {
    world.left(region);
    if (!(error instanceof Cancelled)) world.checkFailures(region, error);
    else if (region.failures.length > 0) world.report("a cancellation beat the failure of a group");
    else if (!world.wasCutFromOutside(region))
      world.report("a group that nobody cancelled threw Cancelled");
    throw error;
  }
  world.left(region);
  if (value !== token || region.failures.length > 0)
    world.report(`a group with ${region.failures.length} failures resolved`);
}

async function runBody(
  world: World,
  region: Region,
  token: object,
  fn: () => Promise<void>,
): Promise<unknown> {
  try {
    return await world.enter(region, token, fn);
  } catch (error) {
    if (!isCancellation(error)) world.fail(region, error);
    throw error;
  } finally {
    noteIdle(world, region);
  }
}

export function spawnStep(
  runner: Runner,
  { op, target, body }: StepOf<"spawn" | "service">,
  place: Place,
): void {
  const { world } = runner;
  const open = groupFor(runner, target, place);
  if (open === undefined) return;
  const isService = op === "service";
  const region = world.open("task", isService ? open.services : open.region);
  const inside = { region, groups: [open, ...place.groups], bound: place.bound, isStray: false };
  const run = () => runTask(world, region, open.region, () => runner.block(body, inside));
  const { idleAt } = open.region;
  region.join();
  try {
    const task = isService ? open.group.spawnService(run) : open.group.spawn(run);
    runner.tasks.push({ task, region });
  } catch (error) {
    region.leave();
    open.region.idleAt = idleAt;
    checkRefused(world, open, error);
    world.left(region);
  }
}

/** Spawns a function that throws before its first wait. */
export function spawnThrowStep(runner: Runner, target: number, place: Place): void {
  const { world } = runner;
  const open = groupFor(runner, target, place);
  if (open === undefined) return;
  const error = makeError("error", world.nextStep());
  try {
    open.group.spawn(() => {
      open.region.rivals.push(error);
      world.fail(open.region, error);
      throw error;
    });
  } catch (refusal) {
    checkRefused(world, open, refusal);
  }
}

/** The function of a task: what it throws is a failure of its group, unless it is a cancellation. */
async function runTask(
  world: World,
  region: Region,
  group: Region,
  fn: () => Promise<void>,
): Promise<void> {
  try {
    await world.enter(region, undefined, fn);
  } catch (error) {
    if (!isCancellation(error)) {
      if (!region.isStarting) world.fail(group, error);
      else if (region.isUncertain) group.perhapsFailures.push(error);
    }
    throw error;
  } finally {
    world.left(region);
    region.leave();
    noteIdle(world, group);
  }
}

export async function startStep(
  runner: Runner,
  { op, target, before, calls, after }: StartStep,
  place: Place,
): Promise<void> {
  const { world } = runner;
  const open = groupFor(runner, target, place);
  if (open === undefined) return;
  const home = op === "start" ? open.region : open.services;
  const region = world.open("task", place.region);
  region.isStarting = true;
  const token = {};
  const inside = { region, groups: [open, ...place.groups], bound: place.bound, isStray: false };
  let ran = false;
  const run = (ready: (value: object) => void) => {
    ran = true;
    return runTask(world, region, open.region, async () => {
      await runner.block(before, inside);
      if (calls > 0) beReady(world, region, home, open);
      for (let i = 0; i < calls; i++) ready(token);
      await runner.block(after, inside);
    });
  };
  const start = () => (op === "start" ? open.group.start(run) : open.group.startService(run));
  try {
    const value = await world.wait(place.region, place.isStray, start);
    adopted(region, home);
    region.isUncertain = false;
    if (value !== token) world.report("start gave something else than ready was called with");
  } catch (error) {
    if (!ran) world.left(region);
    if (region.live > 0) world.report("start threw while its task was alive");
    if (!(error instanceof ClosedGroup)) {
      checkStartThrew(world, region, error);
      throw error;
    }
    checkRefused(world, open, error);
  }
}

/** A task calls `ready`. Where it or its group may be cancelled by now, it is seen later whether it was adopted. */
function beReady(world: World, region: Region, home: Region, open: OpenGroup): void {
  const isSure = region.blockedSince() > world.now && home.blockedSince() > world.now;
  if (isSure && !isEnding(open)) {
    adopted(region, home);
    return;
  }
  region.isUncertain = true;
  markLoose(open.region);
}

function adopted(region: Region, home: Region): void {
  if (!region.isStarting) return;
  region.isStarting = false;
  region.moveTo(home);
  region.join();
}

function checkStartThrew(world: World, region: Region, error: unknown): void {
  const { outcome } = region;
  if (region.isUncertain || error instanceof Cancelled) return;
  if (outcome === null) world.report(`start threw ${String(error)} before its task ended`);
  else if (outcome.kind === "error" && outcome.error !== error)
    world.report("start changed the error of its task");
  else if (outcome.kind === "value" && !(error instanceof NotReady))
    world.report(`start threw ${String(error)}`);
}

export async function joinStep({ world, tasks }: Runner, index: number, place: Place): Promise<void> {
  const joined = at(tasks, index);
  if (joined === undefined) return;
  const { task, region } = joined;
  try {
    const value = await world.wait(place.region, place.isStray, () => task.join());
    if (region.outcome?.kind !== "value" || value !== undefined)
      world.report("a join gave a wrong value");
  } catch (error) {
    if (error instanceof TaskCancelled && region.outcome?.kind !== "cancelled")
      world.report("the join of a task that was not cancelled threw TaskCancelled");
    throw error;
  }
}

export function cancelTaskStep({ world, tasks }: Runner, index: number): void {
  const found = at(tasks, index);
  if (found === undefined) return;
  world.cancel(found.region);
  found.task.cancel("by the program");
}

export function cancelTasksStep(runner: Runner, target: number, place: Place): void {
  const { world } = runner;
  const open = groupFor(runner, target, place);
  if (open === undefined) return;
  for (const region of world.regions) {
    const isOrdinary = region.kind === "task" && region.parent === open.region && !region.isStarting;
    if (isOrdinary && region.settled === 0) world.cancel(region);
  }
  open.group.cancelTasks("by the program");
}

/** Every task is in the state that its function's end calls for. */
export function checkTasks({ world, tasks }: Runner): void {
  for (const { task, region } of tasks) {
    const { outcome } = region;
    const expected = { value: "done", error: "failed", cancelled: "cancelled" }[outcome?.kind ?? "value"];
    if (task.state !== expected) world.report(`a task is "${task.state}", and should be "${expected}"`);
  }
}

/** Strays, and tasks of which it is not known whose they are, make the order of failures further out uncertain. */
export function markLoose(from: Region): void {
  for (let region: Region | null = from; region !== null; region = region.parent) region.isLoose = true;
}

function groupFor({ groups }: Runner, index: number, place: Place): OpenGroup | undefined {
  return index === 0 ? (place.groups[0] ?? at(groups, 0)) : at(groups, index);
}

/** A group refused a task: it must have ended, or be about to. */
function checkRefused(world: World, open: OpenGroup, error: unknown): void {
  if (!(error instanceof ClosedGroup)) throw error;
  if (!isEnding(open)) world.report("a group that is open refused a task");
}

function isEnding({ region }: OpenGroup): boolean {
  return region.settled > 0 || region.idleAt !== Infinity;
}

function noteIdle(world: World, group: Region): void {
  if (group.outcome !== null && group.tasks === 0) group.idleAt = Math.min(group.idleAt, world.now);
}
