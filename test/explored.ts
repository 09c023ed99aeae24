/**
 * Puts a scenario under every schedule.
 *
 * A scenario sets something up, lets two or three tasks work on it, and checks afterwards that nothing was lost and everything is
 * usable. It is run under all schedules, and each of them once more for every place at which one of its tasks can be cancelled:
 * as it is spawned, when a wait of it has parked, and in the moment in which an operation of it has its result. The body itself is
 * no task, so that nothing strikes it: what must happen in any case belongs there. What the simulation finds wrong by itself
 * (deadlocks, stray work, errors that nobody caught, what outlives the body) fails the scenario too.
 */
import assert from "node:assert/strict";
import { checkpoint, suppressedErrors, TaskCancelled } from "../src/index.ts";
import { explore, InjectedFault, type FaultOptions, type Simulation } from "../src/testing.ts";

/** A tree that is larger does not belong into a test. */
const MOST_RUNS = 20_000;

/**
 * Makes a test function that runs `scenario` under every schedule of its tasks, with at most one cancellation at every place.
 *
 * @example
 * it("loses no permit under every schedule of two tasks", everySchedule(async () => {
 *   const semaphore = new Semaphore(1);
 *   await withTaskGroup((group) => {
 *     for (const _ of [1, 2]) group.spawn(() => semaphore.with(() => checkpoint()));
 *   });
 *   assert.equal(semaphore.stats().free, 1);
 * }));
 */
export function everySchedule(
  scenario: (t: Simulation) => unknown,
  faults: FaultOptions = { cancel: true },
): () => Promise<void> {
  return async () => {
    const options = { strategy: "exhaustive", faults, checksDeterminism: false } as const;
    const { method, runs, schedules, faultRuns } = await explore(
      { ...options, runs: MOST_RUNS },
      async (t) => {
        await unlessStruck(() => scenario(t));
        t.assertNothingAlive();
      },
    );
    assert.equal(method, "exhaustive");
    assert.ok(runs < MOST_RUNS, `${MOST_RUNS} runs were not enough`);
    assert.ok(schedules > faultRuns, "a scenario has more than one schedule, and places to strike at");
    assert.equal(faultRuns > 0, faults.cancel === true);
  };
}

/** What `fn` gives; undefined where the cancellation of this run kept it from that. Any other error is thrown. */
export async function unlessStruck<T>(fn: () => T | PromiseLike<T>): Promise<T | undefined> {
  try {
    return await fn();
  } catch (error) {
    if (!isFault(error)) throw error;
    // The simulation forgives what a fault brought about, and with it what stands behind it.
    for (const later of suppressedErrors(error).errors) if (!isFault(later)) throw later;
    return undefined;
  }
}

function isFault(error: unknown): boolean {
  return error instanceof TaskCancelled && error.reason instanceof InjectedFault;
}

/** Something that must be disposed of once, unless it is handed over. The library waits for that, its owner need not. */
export class Resource implements AsyncDisposable, Disposable {
  readonly id: number;
  disposed = 0;

  constructor(id: number) {
    this.id = id;
  }

  [Symbol.dispose](): void {
    this.disposed++;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed++;
    await checkpoint();
  }
}

/** Makes resources, and knows what became of each. */
export class Resources {
  /** How many are being made now. */
  making = 0;
  readonly #made: Resource[] = [];

  async make(id: number): Promise<Resource> {
    this.making++;
    try {
      await checkpoint();
      return this.makeNow(id);
    } finally {
      this.making--;
    }
  }

  makeNow(id: number): Resource {
    const resource = new Resource(id);
    this.#made.push(resource);
    return resource;
  }

  /** `received` came to their owner, as many as `count`, in the order of their ids; all others were disposed of. */
  assertHandedOver(received: readonly Resource[], count: number = received.length): void {
    assert.equal(received.length, count);
    const ids = received.map(({ id }) => id);
    assert.deepEqual(ids, ascending(ids));
    for (const resource of this.#made)
      assert.equal(resource.disposed, received.includes(resource) ? 0 : 1);
  }

  assertAllDisposed(): void {
    this.assertHandedOver([]);
  }
}

/** The same numbers, the smallest first. */
export function ascending(numbers: readonly number[]): number[] {
  return numbers.toSorted((one, other) => one - other);
}
