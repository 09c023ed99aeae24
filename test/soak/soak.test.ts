/**
 * The soak: real time, for minutes, apart from `npm test`. A million tasks and more go through groups, queues, locks, timers, time
 * limits and cancellations; afterwards the counts must add up, memory must be flat, and no handle may be left.
 *
 * "Flat": memory at the end is at most 1.1 times what it was after the first half, or the first minute where that is sooner, and what
 * a collector may happen to keep. One byte lost per task is more than that allowance. Environment: TSYNCIO_SOAK_SECONDS, 120 by
 * default. A run of 100 seconds and more goes on until it has reached the million, however slow its machine is.
 */
import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { currentRuntime, run } from "../../src/index.ts";
import { assertFlat, holdings, memoryOf, type Holdings } from "./holdings.ts";
import { round, Tally } from "./workload.ts";

const seconds = Number(process.env["TSYNCIO_SOAK_SECONDS"] ?? 120);
const warmUpSeconds = Math.min(seconds / 2, 60);
const fewestTasks = seconds >= 100 ? 1_000_000 : 0;
async function soak(
  tally: Tally,
): Promise<{ first: Holdings; rounds: number; runtime: { tasks: number; timers: number } }> {
  const begun = performance.now();
  const elapsed = (): number => (performance.now() - begun) / 1_000;
  let first: Holdings | undefined;
  let rounds = 0;
  while (elapsed() < seconds || first === undefined || tally.tasks < fewestTasks) {
    await round(tally);
    rounds++;
    if (first === undefined && elapsed() >= warmUpSeconds) first = await holdings();
  }
  return { first, rounds, runtime: currentRuntime().stats() };
}

describe("The soak", () => {
  it(`keeps its memory flat for ${seconds} seconds of everything at once`, async () => {
    const handles = process.getActiveResourcesInfo().toSorted();
    const tally = new Tally();
    const { first, rounds, runtime } = await run(() => soak(tally), { signals: false });
    const last = await holdings();

    const { tasks, done, failed, cancelled, items, timeouts } = tally;
    console.log(
      `soak: ${seconds} s, ${rounds} rounds, ${tasks} tasks (${done} done, ${failed} failed, ${cancelled} cancelled), ` +
        `${items} items, ${timeouts} time limits passed; ${memoryOf([first, last])}`,
    );
    assert.equal(done + failed + cancelled, tasks, "every task has ended once");
    assert.equal(items, rounds * 4_000);
    assert.deepEqual({ tasks: runtime.tasks, timers: runtime.timers }, { tasks: 0, timers: 0 });
    assertFlat("the process", first, last);
    assert.deepEqual(process.getActiveResourcesInfo().toSorted(), handles);
  });
});
