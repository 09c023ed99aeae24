/**
 * Runs a program of the model with the library, and tells the world of every step.
 *
 * Rule for who reads or extends it: the world is told of what a step does before the library is asked to do it, so that the model
 * is never behind.
 */
import { checkpoint, ContextVar, sleep } from "../../src/index.ts";
import { runCombinator } from "./combinators.ts";
import { makeError } from "./failures.ts";
import type { Place, Runner } from "./place.ts";
import type { Block, Step } from "./program.ts";
import { bindStep, cancelScopeStep, limitStep, scopeStep, shieldStep } from "./scope-steps.ts";
import {
  cancelTasksStep,
  cancelTaskStep,
  groupStep,
  joinStep,
  markLoose,
  spawnStep,
  spawnThrowStep,
  startStep,
} from "./task-steps.ts";
import { trafficStep } from "./traffic-steps.ts";
import { isCancellation, type World } from "./world.ts";

export class Interpreter implements Runner {
  readonly world: World;
  readonly variable: ContextVar<number> = new ContextVar("model", -1);
  readonly groups: Runner["groups"] = [];
  readonly tasks: Runner["tasks"] = [];
  readonly scopes: Runner["scopes"] = [];

  constructor(world: World) {
    this.world = world;
  }

  async block(steps: Block, place: Place): Promise<void> {
    for (const step of steps) {
      if (!place.isStray) this.world.checkStep(place.region, place.bound, this.variable);
      await this.#step(step, place);
    }
  }

  // One case for each kind of step.
  // oxlint-disable-next-line eslint/complexity
  async #step(step: Step, place: Place): Promise<void> {
    switch (step.op) {
      case "sleep":
        return await this.#sleep(step.ms, place);
      case "hop":
        for (let i = 0; i < step.times; i++) await Promise.resolve();
        return;
      case "checkpoint":
        return await this.world.wait(place.region, place.isStray, checkpoint);
      case "fail":
        throw makeError(step.kind, this.world.nextStep());
      case "group":
        return await groupStep(this, step.body, place);
      case "spawn":
      case "service":
        return spawnStep(this, step, place);
      case "spawnThrow":
        return spawnThrowStep(this, step.target, place);
      case "start":
      case "startService":
        return await startStep(this, step, place);
      case "join":
        return await joinStep(this, step.task, place);
      case "cancelTask":
        return cancelTaskStep(this, step.task);
      case "cancelTasks":
        return cancelTasksStep(this, step.target, place);
      case "scope":
        return await scopeStep(this, step.body, place);
      case "cancelScope":
        return cancelScopeStep(this, step.scope);
      case "limit":
        return await limitStep(this, step, place);
      case "shield":
        return await shieldStep(this, step, place);
      case "bind":
        return await bindStep(this, step, place);
      case "catch":
        return await this.#catch(step.what, step.body, place);
      case "finally":
        return await this.block(step.body, place).finally(() => this.block(step.cleanup, place));
      case "forget":
        return this.#forget(step.body, place);
      case "promiseAll":
        return await this.#promiseAll(step.branches, place);
      case "all":
      case "race":
      case "any":
        return await runCombinator(this, step, place);
      default:
        return await trafficStep(this, step, place);
    }
  }

  async #sleep(ms: number, place: Place): Promise<void> {
    const { world } = this;
    const due = world.now + ms;
    await world.wait(place.region, place.isStray, () => sleep(ms));
    if (world.now !== due) world.report(`a sleep of ${ms} ms ended at ${world.now}, not at ${due}`);
  }

  async #catch(what: "all" | "errors", body: Block, place: Place): Promise<void> {
    try {
      await this.block(body, place);
    } catch (error) {
      if (what === "errors" && isCancellation(error)) throw error;
    }
  }

  /** Work that nobody waits for. */
  #forget(body: Block, place: Place): void {
    markLoose(place.region);
    void this.block(body, { ...place, isStray: true }).catch(() => {});
  }

  async #promiseAll(branches: readonly Block[], place: Place): Promise<void> {
    markLoose(place.region);
    await Promise.all(branches.map((branch) => this.block(branch, { ...place, isStray: true })));
  }
}
