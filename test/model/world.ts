/** Everything the model knows about one run of a program, and the checks that compare it with what happened. */
import assert from "node:assert/strict";
import {
  Cancelled,
  currentDeadline,
  currentRuntime,
  ScopeEnded,
  suppressedErrors,
  type ContextVar,
} from "../../src/index.ts";
import { snapshot, type TreeNode } from "../../src/inspect.ts";
import { Region, type RegionKind } from "./region.ts";
import { Traffic } from "./traffic.ts";

/** A cancellation, as far as a scope around may take it for one: also several of them together. */
export function isCancellation(error: unknown): boolean {
  if (error instanceof Cancelled) return true;
  return error instanceof AggregateError && error.errors.length > 0 && error.errors.every(isCancellation);
}

export class World {
  readonly violations: string[] = [];
  readonly traffic: Traffic;
  readonly regions: Region[] = [];
  /** Failures that no one can catch: the runtime must have been told of exactly these. */
  readonly unhandled: unknown[] = [];
  /** Shields hold the end of a program up by at most this. */
  shieldMs = 0;
  readonly #now: () => number;
  #step = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.traffic = new Traffic((violation) => this.report(violation));
  }

  get now(): number {
    return this.#now();
  }

  nextStep(): number {
    return ++this.#step;
  }

  report(violation: string): void {
    this.violations.push(`at ${this.now}, step ${this.#step}: ${violation}`);
  }

  open(kind: RegionKind, parent: Region | null): Region {
    const region = new Region(kind, parent, this.now);
    this.regions.push(region);
    return region;
  }

  cancel(region: Region): void {
    region.cancelledAt = Math.min(region.cancelledAt, this.now);
    region.cancelledStep = Math.min(region.cancelledStep, this.nextStep());
  }

  /** Records a failure of a group or combinator, which cancels what is left in it. */
  fail(region: Region, error: unknown): void {
    region.failures.push(error);
    region.cancelledAt = Math.min(region.cancelledAt, this.now);
  }

  /** Runs a function of a region: counts it, and notes how it ended. */
  async enter(region: Region, value: unknown, fn: () => Promise<void>): Promise<unknown> {
    if (region.settled > 0) this.report(`a function of a ${region.kind} that has ended was started`);
    region.count(1);
    try {
      await fn();
      region.outcome = { kind: "value", value };
      return value;
    } catch (error) {
      region.outcome = isCancellation(error) ? { kind: "cancelled" } : { kind: "error", error };
      throw error;
    } finally {
      region.count(-1);
      // What is left inside is stray work, which is cancelled now. A group's waits for its tasks.
      if (region.kind !== "group") region.cancelledAt = Math.min(region.cancelledAt, this.now);
    }
  }

  /** A wait in `region`, checked against what is known about its cancellation. */
  async wait<T>(
    region: Region,
    isStray: boolean,
    start: () => Promise<T>,
    got?: (value: T) => void,
  ): Promise<T> {
    const begun = this.nextStep();
    let value: T;
    try {
      value = await start();
    } catch (error) {
      this.#checkThrown(region, isStray, error);
      throw error;
    }
    got?.(value);
    this.#checkSuccess(region, begun);
    return value;
  }

  #checkSuccess(region: Region, begun: number): void {
    if (region.isAnyUncertain) return;
    const since = region.blockedSince();
    if (this.now > since)
      this.report(`a wait in a ${region.kind} succeeded, although it was cancelled at ${since}`);
    if (begun > region.blockedSinceStep())
      this.report(`a wait that was begun in a cancelled ${region.kind} succeeded`);
  }

  #checkThrown(region: Region, isStray: boolean, error: unknown): void {
    if (isStray || region.isAnyUncertain) return;
    if (error instanceof ScopeEnded)
      this.report(`a wait in a live ${region.kind} threw ${error.message}`);
    if (!(error instanceof Cancelled)) return;
    const since = region.blockedSince();
    if (this.now < since)
      this.report(
        `a wait in a ${region.kind} threw "${error.message}"; it is cancelled at ${since}, not before`,
      );
  }

  /** What holds at every step. */
  checkStep(region: Region, bound: number, variable: ContextVar<number>): void {
    if (variable.get() !== bound) this.report(`the context variable is ${variable.get()}, not ${bound}`);
    const deadline = region.isAnyUncertain ? undefined : region.deadline();
    if (deadline !== undefined && currentDeadline() !== deadline)
      this.report(`the deadline is ${currentDeadline()}, not ${deadline}`);
  }

  /** A scope has been left: once, and with nothing alive inside. */
  left(region: Region): void {
    if (++region.settled > 1) this.report(`a ${region.kind} was left ${region.settled} times`);
    if (region.live > 0)
      this.report(`${region.live} functions are alive in a ${region.kind} that was left`);
    // A task has ended a few microtasks later, when the library has seen the end of its function.
    if (region.kind !== "task") this.cancel(region);
  }

  /** Whether `region` may have been cancelled from outside by now. */
  wasCutFromOutside(region: Region): boolean {
    return region.isAnyUncertain || region.parent!.blockedSince() <= this.now;
  }

  /** The first failure was thrown, and the later ones are kept with it or were reported (law 3). */
  checkFailures(region: Region, thrown: unknown): void {
    const { failures } = region;
    if (region.isLoose) {
      if (!failures.includes(thrown) && !region.perhapsFailures.includes(thrown))
        this.report(`a ${region.kind} threw ${String(thrown)}, which is no failure of it`);
      return;
    }
    if (thrown !== failures[0] && !region.rivals.includes(thrown))
      this.report(
        `a ${region.kind} threw ${String(thrown)}; its failures are ${failures.map(String).join(", ")}`,
      );
    const later = failures.filter((error) => error !== thrown);
    if (typeof thrown !== "object" || thrown === null) {
      this.unhandled.push(...later);
      return;
    }
    const kept = suppressedErrors(thrown).errors;
    for (const error of later)
      if (!kept.includes(error))
        this.report(`a ${region.kind} lost ${String(error)}, which came after its first failure`);
  }

  /** The program has ended: nothing is alive, waiting, armed or held, and every error went where it belongs. */
  checkEnd(reported: readonly unknown[]): void {
    const runtime = currentRuntime();
    const { tasks, timers } = runtime.stats();
    if (tasks > 0) this.report(`${tasks} tasks are alive at the end`);
    if (timers > 0) this.report(`${timers} timers are armed at the end`);
    for (const node of snapshot().children) this.#checkEmpty(node);
    for (const region of this.regions) {
      if (region.live > 0) this.report(`${region.live} functions of a ${region.kind} have not ended`);
      if (region.live === 0 && region.settled !== 1 && region.kind !== "services")
        this.report(`a ${region.kind} was left ${region.settled} times`);
    }
    this.traffic.check();
    const isLoose = this.regions.some(
      ({ isLoose, kind }) => isLoose && (kind === "group" || kind === "branches"),
    );
    if (!isLoose) this.#checkUnhandled(reported);
    assert.deepEqual(this.violations, []);
  }

  #checkEmpty(node: TreeNode): void {
    if (node.children.length > 0 || node.waits.length > 0)
      this.report(
        `"${node.name}" holds ${node.children.length} scopes and ${node.waits.length} waits at the end`,
      );
  }

  #checkUnhandled(reported: readonly unknown[]): void {
    const rest = [...reported];
    for (const error of this.unhandled) {
      const at = rest.indexOf(error);
      if (at < 0) this.report(`${String(error)} was lost`);
      else rest.splice(at, 1);
    }
    for (const error of rest)
      this.report(`${String(error)} was reported as unhandled, although somebody got it`);
  }
}
