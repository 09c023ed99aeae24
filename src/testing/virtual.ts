import { PATIENCE_MS } from "./driver.ts";
import { Run } from "./run.ts";
import { ordinary } from "./guides.ts";
import { checkFunction } from "../base/check.ts";
import { captured, refuseNesting } from "./capture.ts";
import { perform, type VirtualTime } from "./simulation.ts";

/**
 * Makes a test function of `body` that runs once under virtual time, in the order of production. For any test runner.
 *
 * The clock stands still while anything can run, and jumps to the next timer when everything is blocked. It also governs the timers and
 * clocks of the platform. Reports that the test does not look at (`time.log`) do not fail it; background tasks are cancelled at its end.
 * `simulate` is stricter, and runs other schedules too.
 *
 * @throws {Deadlock} when everything is blocked and no timer is armed.
 * @example
 * import assert from "node:assert/strict";
 * import { sleep } from "tsyncio";
 * import { virtual } from "tsyncio/testing";
 * const test = virtual(async (time) => {
 *   await sleep(3_600_000);
 *   assert.equal(time.now(), 3_600_000);
 * });
 * await test(); // at once
 */
export function virtual(body: (time: VirtualTime) => unknown): () => Promise<void> {
  checkFunction("body of virtual", body);
  return async () => {
    refuseNesting();
    await captured(() => runOnce(body));
  };
}

/** Far beyond what a test does: only what would never end comes to them. */
const LIMITS = { maxSteps: 20_000_000, maxStepsAtOnce: 2_000_000 };

async function runOnce(body: (time: VirtualTime) => unknown): Promise<void> {
  const run = new Run({
    guide: ordinary,
    order: "production",
    seed: 0,
    faults: {},
    isStrict: false,
    keepsTrace: false,
    patienceMs: PATIENCE_MS,
  });
  await perform(run, body, { ...LIMITS, background: "cancel" });
  if (run.failure !== null) throw run.failure.error;
  if (run.uncaught.length > 0) throw run.uncaught[0];
}
