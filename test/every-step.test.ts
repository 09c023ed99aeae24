import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep } from "../src/index.ts";
import { passed, WaitQueue } from "../src/lowlevel.ts";
import { everyStep } from "./every-step.ts";

/** A semaphore with the classic fault: a waiter that was woken still has to take its permit, and may be cancelled before. */
class NaiveSemaphore {
  free = 1;
  readonly #waiters: WaitQueue = new WaitQueue("naive");

  async acquire(): Promise<void> {
    if (this.free === 0) await this.#waiters.park(undefined);
    await passed();
    this.free--;
  }

  release(): void {
    this.free++;
    this.#waiters.wake();
  }

  get waiters(): number {
    return this.#waiters.size;
  }
}

describe("everyStep", () => {
  it("cancels an attempt before it begins, at each microtask, and at each wait as it parks and as it is woken", async () => {
    const moments: string[] = [];
    let calm = 0;
    await everyStep(async (step) => {
      moments.push(step.moment);
      if (step.isCalm) calm++;
      const outcome = await step.attempt(async () => {
        await sleep(1);
        await sleep(1);
        return "value";
      });
      if (step.isCalm) assert.deepEqual(outcome, { cancelled: false, value: "value" });
      if (step.moment === "before it began") assert.deepEqual(outcome, { cancelled: true });
      if (step.moment === "when wait 2 has parked")
        assert.deepEqual([outcome.cancelled, step.now()], [true, 1]);
      if (step.moment === "when wait 1 is woken")
        assert.deepEqual([outcome.cancelled, step.now()], [true, 1]);
      if (step.moment === "when wait 2 is woken")
        assert.deepEqual([outcome.cancelled, step.now()], [false, 2]);
    })();
    assert.equal(calm, 1);
    for (const moment of [
      "1 microtasks after it began",
      "when wait 2 has parked",
      "when wait 2 is woken",
    ]) {
      assert.ok(moments.includes(moment), moment);
    }
    assert.equal(moments.at(-1), "when wait 3 is woken");
  });

  it("finds a wake-up that is lost when its receiver is cancelled, and names the moment", async () => {
    const test = everyStep(async (step) => {
      const semaphore = new NaiveSemaphore();
      await semaphore.acquire();
      const attempt = step.attempt(async () => {
        await semaphore.acquire();
        semaphore.release();
      });
      const behind = semaphore.acquire();
      await Promise.resolve();
      semaphore.release();
      await attempt;
      await step.settled();
      if (semaphore.waiters > 0) {
        semaphore.release();
        await behind;
        assert.fail("the one behind was forgotten");
      }
    });
    await assert.rejects(
      test(),
      /cancelled when wait 1 is woken: the one behind was forgotten|cancelled \d+ microtasks/,
    );
  });

  it("fails a scenario that makes no attempt", async () => {
    await assert.rejects(everyStep(() => {})(), /must call step.attempt once/);
  });
});
