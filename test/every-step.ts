/**
 * Cancels an operation at every step it takes, a run for each.
 *
 * A scenario sets something up, makes one attempt at the operation in question, and checks afterwards that nothing was lost and
 * everything is usable. It is run again and again under virtual time, each time with the cancellation at another moment:
 * before the operation begins; so many microtasks after it began; when its n-th wait has parked; in the very moment in which
 * its n-th wait is woken, before the task runs; and, last, never. A kind of moment is done when the operation has ended before
 * its next one came.
 */
import assert from "node:assert/strict";
import { withCancelScope, type CancelScope } from "../src/index.ts";
import { currentRuntime } from "../src/lowlevel.ts";
import { currentScope } from "../src/kernel/current.ts";
import type { Instrument, Observed } from "../src/kernel/instrument.ts";
import type { Scope } from "../src/kernel/scope.ts";

import { captured } from "../src/testing/capture.ts";
import { virtual, type VirtualTime } from "../src/testing.ts";

/** How the attempt ended: by the cancellation, or with a value after all. What the operation throws, `attempt` throws. */
export type Outcome<T> = { readonly cancelled: true } | { readonly cancelled: false; readonly value: T };

/** One run of a scenario. */
export interface Step extends VirtualTime {
  /** When the attempt is cancelled in this run, for messages: `when wait 2 is woken`. */
  readonly moment: string;
  /** Whether this is the run in which the attempt is not cancelled. */
  readonly isCalm: boolean;
  /** Makes the attempt, which is cancelled at this run's moment. Call it once in each run; tasks may go on meanwhile. */
  attempt<T>(operation: () => T | PromiseLike<T>): Promise<Outcome<T>>;
}

/** A kind of moment, and the place in it: `n` counts from 0. */
interface Moment {
  readonly kind: "tick" | "parked" | "woken" | "never";
  readonly n: number;
}

/** After so many microtasks an operation that is still going on waits for something that does not come by itself. */
const MOST_TICKS = 20;
const MOST_WAITS = 100;

/**
 * Makes a test function that runs `scenario` once for every moment at which its attempt can be cancelled.
 *
 * @example
 * it("loses no permit when an acquisition is cancelled at any step", everyStep(async (step) => {
 *   const semaphore = new Semaphore(1);
 *   const hold = await semaphore.acquire();
 *   await withTaskGroup((group) => {
 *     group.spawn(() => step.attempt(() => semaphore.with(() => sleep(1))));
 *     hold.release();
 *   });
 *   assert.equal(semaphore.stats().free, 1);
 * }));
 */
export function everyStep(scenario: (step: Step) => unknown): () => Promise<void> {
  return () => captured(() => runAll(scenario));
}

async function runAll(scenario: (step: Step) => unknown): Promise<void> {
  await runAt({ kind: "never", n: 0 }, scenario);
  for (const [kind, most] of [
    ["tick", MOST_TICKS],
    ["parked", MOST_WAITS],
    ["woken", MOST_WAITS],
  ] as const) {
    for (let n = 0; n < most && (await runAt({ kind, n }, scenario)); n++);
  }
}

/** Runs the scenario with one cancellation. False when the attempt had ended before its moment came. */
async function runAt(moment: Moment, scenario: (step: Step) => unknown): Promise<boolean> {
  const attempts: Attempt[] = [];
  const name = nameOf(moment);
  try {
    await virtual(async (time) => {
      const step: Step = {
        now: () => time.now(),
        log: time.log,
        takeUnhandled: () => time.takeUnhandled(),
        settled: () => time.settled(),
        advance: (ms) => time.advance(ms),
        moment: name,
        isCalm: moment.kind === "never",
        attempt: (operation) => {
          const attempt = new Attempt(moment);
          attempts.push(attempt);
          return attempt.make(operation);
        },
      };
      await scenario(step);
      const strays = time.log.filter(({ code }) => code === "TSY_STRAY_WORK");
      assert.deepEqual(strays, [], "nothing is left waiting in a scope that was left");
    })();
    assert.equal(attempts.length, 1, "the scenario must call step.attempt once");
  } catch (error) {
    throw new Error(`cancelled ${name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  return attempts[0]!.reached;
}

function nameOf({ kind, n }: Moment): string {
  if (kind === "never") return "never";
  if (kind === "tick") return n === 0 ? "before it began" : `${n} microtasks after it began`;
  return `when wait ${n + 1} ${kind === "parked" ? "has parked" : "is woken"}`;
}

/** The operation, and what cancels it at its moment. */
class Attempt implements Instrument {
  /** Whether the moment came before the operation ended. */
  reached = false;
  readonly #moment: Moment;
  #scope: CancelScope | null = null;
  #inside: Scope | null = null;
  #waits = 0;

  constructor(moment: Moment) {
    this.#moment = moment;
  }

  async make<T>(operation: () => T | PromiseLike<T>): Promise<Outcome<T>> {
    const runtime = currentRuntime();
    let outcome: Outcome<T> = { cancelled: true };
    try {
      await withCancelScope(async (scope) => {
        this.#scope = scope;
        this.#inside = currentScope();
        runtime.addInstrument(this);
        if (this.#moment.kind === "tick") void this.#tick();
        outcome = { cancelled: false, value: await operation() };
      });
    } finally {
      this.#scope = null;
      runtime.removeInstrument(this);
    }
    return outcome;
  }

  waitStarted(scope: Observed): void {
    if (this.#moment.kind === "parked" && this.#isNext(scope)) queueMicrotask(() => this.#cancel());
  }

  waitEnded(scope: Observed): void {
    // Before the task goes on: it has not even been resolved yet.
    if (this.#moment.kind === "woken" && this.#isNext(scope)) queueMicrotask(() => this.#cancel());
  }

  async #tick(): Promise<void> {
    for (let n = 0; n < this.#moment.n; n++) await Promise.resolve();
    this.#cancel();
  }

  #isNext(scope: Observed): boolean {
    return this.#inside?.encloses(scope as Scope) === true && this.#waits++ === this.#moment.n;
  }

  #cancel(): void {
    if (this.#scope === null) return;
    this.reached = true;
    this.#scope.cancel(nameOf(this.#moment));
  }
}
