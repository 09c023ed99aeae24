import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  CapacityLimiter,
  Condition,
  currentRuntime,
  Lock,
  NotHeld,
  Semaphore,
  sleep,
  withTaskGroup,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

/** The platform's garbage collector, where it lets itself be called. */
async function collector(): Promise<(() => void) | undefined> {
  if ("Bun" in globalThis)
    return () => (globalThis as unknown as { Bun: { gc(now: boolean): void } }).Bun.gc(true);
  try {
    const { setFlagsFromString } = await import("node:v8");
    setFlagsFromString("--expose-gc");
    const { runInNewContext } = await import("node:vm");
    return runInNewContext("gc") as () => void;
  } catch {
    return undefined;
  }
}

/** Collects at most so often, until `enough`. The sleep makes the kernel forget the last wait, which it keeps until it makes the next. */
async function collect(gc: () => void, most: number, enough: () => boolean): Promise<void> {
  for (let i = 0; i < most && !enough(); i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 1));
    await sleep(1);
  }
}

describe("a hold", () => {
  it(
    "is reported under debug when it is dropped without release, with where it was acquired",
    virtual(async (t) => {
      const gc = await collector();
      if (gc === undefined) return;
      currentRuntime().debug = true;
      const lock = new Lock({ name: "accounts" });
      const semaphore = new Semaphore(1);
      const dropLock = async (): Promise<void> => void (await lock.acquire());
      const dropPermit = (): void => void semaphore.tryAcquire();
      await dropLock();
      dropPermit();
      await collect(gc, 20, () => t.log.length === 2);
      const messages = t.log.map(({ code, message }) => `${code} ${message}`).toSorted();
      assert.equal(messages.length, 2);
      assert.match(messages[0]!, /^TSY_DROPPED_HOLD what lock.acquire of accounts gave .*hold.test/s);
      assert.match(messages[1]!, /^TSY_DROPPED_HOLD what semaphore.acquire gave /);
    }),
  );

  it(
    "is not reported when it was released, or waits in a condition",
    virtual(async (t) => {
      const gc = await collector();
      if (gc === undefined) return;
      currentRuntime().debug = true;
      const condition = new Condition();
      const limiter = new CapacityLimiter(1);
      const release = async (): Promise<void> => (await condition.acquire()).release();
      const dispose = async (): Promise<void> => {
        using _ = await limiter.acquire();
      };
      await release();
      await dispose();
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          using _ = await condition.acquire();
          await condition.wait();
        });
        await t.settled();
        await condition.with(() => condition.notify());
      });
      await collect(gc, 5, () => t.log.length > 0);
      assert.deepEqual(t.log, []);
    }),
  );

  it(
    "behaves the same under debug",
    virtual(async () => {
      currentRuntime().debug = true;
      const lock = new Lock();
      const hold = await lock.acquire();
      await withTaskGroup((group) => {
        group.spawn(() => lock.with(() => sleep(1)));
        hold.release();
      });
      assert.throws(() => hold.release(), NotHeld);
      hold[Symbol.dispose]();
      assert.equal(lock.isHeld, false);
    }),
  );
});
