/**
 * Drives a run to its end: lets woken tasks go on one at a time, takes turns of the event loop, and moves the clock.
 *
 * Before each of its steps every microtask has run: it comes as a callback of the event loop. Then a woken task goes on; else a
 * timer that is due fires; else the callbacks of the next virtual turn are made; else those who asked for rest are told; else the
 * clock moves to the next alarm; else nothing can ever happen again, which is a deadlock.
 *
 * Rejected: ten microtasks in place of a callback of the loop. They cost as much, several times as much where async hooks are on, as
 * under `node:test`, and a longer chain of promises is not done by then.
 */
import { cancelScope } from "../kernel/cancel.ts";
import { Deadlock } from "../kernel/errors.ts";
import { currentScope } from "../kernel/current.ts";
import { FirmWait } from "../kernel/park.ts";
import { inRoot } from "../kernel/root-context.ts";
import type { Scope } from "../kernel/scope.ts";
import { Livelock } from "./errors.ts";
import { hasForeignWork } from "./foreign-work.ts";
import { simulationPlatform } from "./platform.ts";
import type { Run } from "./run.ts";

/** Bounds on what a run may do: operations that end, and moves of turns, timers and the clock. */
export interface StepLimits {
  readonly maxSteps: number;
  /** While the clock stands still. */
  readonly maxStepsAtOnce: number;
}

/** So many turns in a row, and the clock moves though a further one is asked for. */
const TURNS_BEFORE_CLOCK = 1_000;
/** So many steps, more than one real turn of the event loop, the clock waits for what foreign work may bring. */
const FOREIGN_STEPS = 32;

/** How much real time foreign work may take in a first run: it may load a module, which later runs find loaded. */
export const PATIENCE_MS = 1_000;
const FOREIGN_HINT =
  `"running user code" waits for a promise that nothing in the simulation settles: of a timer or I/O begun outside, ` +
  `or of a function that was kept before the simulation began.`;
/** So many steps has the clean-up of a run that has failed; what is not done by then is left behind. */
const CLEAN_UP_STEPS = 1_000;

export class Driver {
  readonly #run: Run;
  readonly #scope: Scope;
  readonly #limits: StepLimits;
  readonly #atRest: Array<FirmWait<void>> = [];
  #ended = false;
  /** How many steps the clean-up has had; -1 before there is one. */
  #cleanUpSteps = -1;
  /** When, in real time, everything came to a standstill. */
  #stuckSince: number | null = null;
  #stepsThen = 0;
  /** Steps in which no task went on: turns, timers, the clock. */
  #moves = 0;
  #turnsInARow = 0;
  #foreignSteps = 0;
  #nowThen = 0;

  constructor(run: Run, scope: Scope, limits: StepLimits) {
    this.#run = run;
    this.#scope = scope;
    this.#limits = limits;
  }

  /** Waits until nothing can happen any more unless the clock moves. No cancellation point: a test may look at what one brings about. */
  rest(): Promise<void> {
    const wait = new FirmWait<void>(currentScope(), "all to be settled");
    this.#atRest.push(wait);
    return wait.park();
  }

  /** Drives until `ending` has settled, or the clean-up after a failure has taken too long. */
  drive(ending: Promise<unknown>): Promise<void> {
    const ended = (): void => {
      this.#ended = true;
    };
    void ending.then(ended, ended);
    return new Promise((resolve, reject) => {
      const step = (): boolean => {
        try {
          if (this.#step()) return true;
          resolve();
        } catch (error) {
          reject(error);
        }
        return false;
      };
      inRoot(() => simulationPlatform().repeat(step));
    });
  }

  /** Lets the next thing happen. False when the run is over. */
  #step(): boolean {
    const run = this.#run;
    run.checkInvariants();
    if (this.#cleanUpSteps < 0) this.#checkSteps();
    if (run.failure !== null && this.#cleanUpSteps++ < 0) this.#beginCleanUp();
    else if (this.#cleanUpSteps > CLEAN_UP_STEPS) return false;
    else if (run.loading > 0) return true;
    else if (run.readyList.size > 0) this.#letGo();
    else if (this.#ended) return false;
    else if (this.#isMoved()) this.#stuckSince = null;
    else this.#waitOrGiveUp();
    return true;
  }

  /** Moves what is at rest. False when nothing is left that could. */
  #isMoved(): boolean {
    const run = this.#run;
    const { clock } = run;
    if (this.#count(clock.fireDue(run))) return true;
    // Whoever takes turn after turn lets time pass, in reality.
    if (this.#turnsInARow < TURNS_BEFORE_CLOCK || clock.alarms === 0) {
      if (this.#count(clock.runTurn())) {
        this.#turnsInARow++;
        return true;
      }
      if (this.#tellThoseWhoAsked()) return true;
      if (clock.alarms === 0) return false;
      if (this.#foreignSteps++ < FOREIGN_STEPS && hasForeignWork(run.runtime.root)) return true;
      // In a clean-up no fault strikes any more.
      if (run.failure === null && run.faults?.atRest(run.runtime.root) === true) return true;
    }
    this.#turnsInARow = 0;
    this.#foreignSteps = 0;
    return this.#count(clock.advance(run));
  }

  #count(moved: boolean): boolean {
    if (moved) this.#moves++;
    return moved;
  }

  /** The run has failed: all that is left of it may clean up. */
  #beginCleanUp(): void {
    const { failure, runtimes } = this.#run;
    cancelScope(this.#scope, failure?.error, "the simulation");
    for (const { backgroundScope } of runtimes)
      cancelScope(backgroundScope, failure?.error, "the simulation");
  }

  #checkSteps(): void {
    const run = this.#run;
    const { maxSteps, maxStepsAtOnce } = this.#limits;
    const steps = run.operations + this.#moves;
    if (run.nowMs > this.#nowThen) {
      this.#nowThen = run.nowMs;
      this.#stepsThen = steps;
    }
    const atOnce = steps - this.#stepsThen;
    if (atOnce > maxStepsAtOnce) {
      const found = `${atOnce} steps were taken while no virtual time passed`;
      const advice =
        "A loop that waits for nothing must sleep, or wait for what it polls. Where so much work is meant, raise maxStepsAtOnce.";
      run.fail("livelock", new Livelock(found, advice, run.tree()));
    } else if (steps > maxSteps) {
      const found = `the run has not ended after ${steps} steps and ${run.nowMs} ms`;
      const advice = "Bound what is retried or repeated for ever, or raise maxSteps.";
      run.fail("livelock", new Livelock(found, advice, run.tree()));
    }
  }

  #letGo(): void {
    const run = this.#run;
    const { who, go } = run.readyList.take(run);
    if (!isOfNetwork(who)) run.trace?.add(who, "goes on");
    go();
  }

  #tellThoseWhoAsked(): boolean {
    const waiting = this.#atRest.splice(0);
    for (const wait of waiting) wait.wake(undefined);
    return waiting.length > 0;
  }

  /** Nothing can happen any more, unless foreign work comes to its end: that has a little real time. */
  #waitOrGiveUp(): void {
    const run = this.#run;
    const now = performance.now();
    if (this.#stuckSince === null) this.#stuckSince = now;
    else if (now - this.#stuckSince > run.patienceMs || !hasForeignWork(run.runtime.root)) this.#giveUp();
  }

  #giveUp(): void {
    const run = this.#run;
    const isForeign = hasForeignWork(run.runtime.root);
    const tree = isForeign ? `${run.tree()}\n${FOREIGN_HINT}` : run.tree();
    if (run.failure === null) run.fail("deadlock", new Deadlock(tree));
    else this.#cleanUpSteps = Infinity;
  }
}

/** Connections and listeners have no column in the table: what they do is told as the network's. */
function isOfNetwork(who: Partial<Scope>): boolean {
  return who.engine !== undefined && who.parent === undefined;
}
