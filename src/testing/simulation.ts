/** What the body of a simulation is handed, and how one run of it is performed. */
import { cancelScope } from "../kernel/cancel.ts";
import { storage } from "../kernel/current.ts";
import { closeGroup } from "../kernel/group-scope.ts";
import type { LogRecord } from "../kernel/instrument.ts";
import { runIn, type Ending } from "../kernel/leave.ts";
import { Scope } from "../kernel/scope.ts";
import { checkFunction } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { sleep } from "../flow/sleep.ts";
import { assertNothingAlive } from "./assertions.ts";
import { Driver, type StepLimits } from "./driver.ts";
import { LeakedTask } from "./errors.ts";
import type { NetworkOptions } from "./net/link.ts";
import { openHost, type SimulatedHost } from "./simulated-host.ts";
import type { Run } from "./run.ts";

/** What a test under virtual time can ask and do. */
export interface VirtualTime {
  /** The virtual clock: milliseconds since the start of the run. */
  now(): number;
  /** What the runtime reported so far, stray work for example. */
  readonly log: readonly LogRecord[];
  /** Takes the errors that nobody caught so far. Under `virtual` one that is left at the end fails the test; a simulation ends at the first. */
  takeUnhandled(): unknown[];
  /** Waits until every other task is blocked, without moving the clock. No cancellation point: it shows what a cancellation brings about. */
  settled(): Promise<void>;
  /** Moves the clock by `ms`, and waits until every other task is blocked again. What is due meanwhile happens at its instant. */
  advance(ms: number): Promise<void>;
}

/** What the body of a simulation can ask and do. */
export interface Simulation extends VirtualTime {
  /** A number from 0 to below 1, of the stream that also answers `Math.random`: the same in each run of a seed. */
  random(): number;
  /** Calls `check` at every step from now on; the run ends when it throws, or returns `false`. It must not wait. */
  invariant(check: () => unknown): void;
  /** Throws `StillAlive` when tasks, scopes or waits are alive besides the calling code. */
  assertNothingAlive(): void;
  /** A simulated machine with a wall clock of its own, which is `skewMs` ahead of the others (default 0). */
  host(name: string, options?: { readonly skewMs?: number }): SimulatedHost;
  /** Sets how the network between the hosts is: all of its links, or that `between` two of them. The body itself is on the host "the test". */
  network(options: NetworkOptions): void;
  /** Cuts the hosts of one side off from those of the other: what they send each other is held up. Returns what ends it. */
  partition(one: readonly string[], other: readonly string[]): () => void;
  /** Ends all partitions, those of injected faults too. */
  heal(): void;
}

/** How a run is bounded, and what becomes of background tasks when the body has ended. */
export interface BodyOptions extends StepLimits {
  readonly background: "fail" | "cancel";
}

class BodyView implements Simulation {
  readonly log: readonly LogRecord[];
  readonly #run: Run;
  readonly #driver: Driver;

  constructor(run: Run, driver: Driver) {
    this.log = run.log;
    this.#run = run;
    this.#driver = driver;
  }

  now(): number {
    return this.#run.nowMs;
  }

  takeUnhandled(): unknown[] {
    return this.#run.uncaught.splice(0);
  }

  settled(): Promise<void> {
    this.#checkLive();
    return this.#driver.rest();
  }

  async advance(ms: number): Promise<void> {
    this.#checkLive();
    await sleep(ms);
    await this.settled();
  }

  /** What is kept beyond its run would wait for ever. */
  #checkLive(): void {
    if (!this.#run.isOver) return;
    throw new InvalidArgument(
      `this run of the simulation has ended. Use the object that the body is given inside the body only.`,
    );
  }

  random(): number {
    return this.#run.userStream.next();
  }

  invariant(check: () => unknown): void {
    checkFunction("check of invariant", check);
    this.#run.invariants.add(check);
  }

  assertNothingAlive(): void {
    assertNothingAlive();
  }

  host(name: string, options: { readonly skewMs?: number } = {}): SimulatedHost {
    this.#checkLive();
    return openHost(this.#run, name, options.skewMs ?? 0);
  }

  network(options: NetworkOptions): void {
    this.#run.network.configure(options);
  }

  partition(one: readonly string[], other: readonly string[]): () => void {
    return this.#run.network.partition(one, other);
  }

  heal(): void {
    this.#run.network.heal();
  }
}

/** Runs `body` once. What it threw, or what else was found wrong, is in `run.failure` afterwards. */
export async function perform(
  run: Run,
  body: (simulation: Simulation) => unknown,
  options: BodyOptions,
): Promise<void> {
  const { runtime } = run;
  const scope = new Scope(runtime, runtime.root, "test", null, 0);
  const driver = new Driver(run, scope, options);
  const view = new BodyView(run, driver);
  const whole = async (): Promise<void> => {
    const ending = await runIn(scope, () => body(view));
    if (ending.kind !== "value") noteEnding(run, ending);
    await endBackground(run, driver, options.background);
  };
  try {
    await driver.drive(storage.run(runtime.root, whole));
  } finally {
    run.close();
  }
}

/** What the body threw fails the run, unless it is a fault of ours that found its way out. */
function noteEnding(run: Run, ending: Exclude<Ending<unknown>, { kind: "value" }>): void {
  const error = ending.kind === "error" ? ending.error : ending.cancelled;
  if (run.faults?.isConsequence(error) !== true) run.fail("error", error);
}

async function endBackground(run: Run, driver: Driver, how: "fail" | "cancel"): Promise<void> {
  const { runtimes } = run;
  const isBusy = (): boolean => runtimes.some(({ backgroundScope }) => !backgroundScope.isEmpty);
  if (how === "fail" && isBusy() && run.failure === null) {
    await driver.rest();
    if (isBusy()) run.fail("leaked task", new LeakedTask(run.tree()));
  }
  run.trace?.close();
  for (const { backgroundScope } of runtimes) {
    if (!backgroundScope.isEmpty) cancelScope(backgroundScope, "the test has ended");
    await closeGroup(backgroundScope);
  }
}
