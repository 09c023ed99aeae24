import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { currentRuntime, InvalidArgument, RateLimiter, sleep, withTaskGroup } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("RateLimiter", () => {
  it(
    "gives its burst at once, then tokens at an even pace",
    virtual(async (t) => {
      const limiter = new RateLimiter({ limit: 10, intervalMs: 1_000, burst: 3 });
      const times: number[] = [];
      for (let i = 0; i < 6; i++) {
        await limiter.take();
        times.push(t.now());
      }
      assert.deepEqual(times, [0, 0, 0, 100, 200, 300]);
    }),
  );

  it(
    "saves up at most its burst",
    virtual(async () => {
      const limiter = new RateLimiter({ limit: 10, intervalMs: 1_000 });
      await limiter.take(10);
      assert.equal(limiter.stats().tokens, 0);
      await sleep(250);
      assert.equal(limiter.stats().tokens, 2);
      await sleep(60_000);
      assert.equal(limiter.stats().tokens, 10);
      assert.equal(limiter.tryTake(10), true);
      assert.equal(limiter.tryTake(), false);
    }),
  );

  it(
    "serves first come, first served: a big request at the head is not overtaken",
    virtual(async (t) => {
      const limiter = new RateLimiter({ limit: 1, intervalMs: 10, burst: 5 });
      await limiter.take(5);
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        for (const n of [5, 1, 2]) {
          group.spawn(async () => {
            await limiter.take(n);
            log.push(`${n} at ${t.now()}`);
          });
        }
        await sleep(35);
        assert.equal(limiter.tryTake(1), false);
        group.spawn(async () => {
          await limiter.take();
          log.push(`late 1 at ${t.now()}`);
        });
        assert.equal(limiter.stats().waiters, 4);
      });
      assert.deepEqual(log, ["5 at 50", "1 at 60", "2 at 80", "late 1 at 90"]);
    }),
  );

  it(
    "those behind a cancelled waiter go on as if it had not been there",
    virtual(async (t) => {
      const limiter = new RateLimiter({ limit: 1, intervalMs: 10, burst: 5 });
      await limiter.take(5);
      await withTaskGroup(async (group) => {
        const head = group.spawn(() => limiter.take(5));
        const behind = group.spawn(() => limiter.take(2));
        await sleep(25);
        head.cancel();
        await behind.join();
        assert.equal(t.now(), 25);
        group.spawn(() => limiter.take(1));
      });
      assert.equal(t.now(), 30);
    }),
  );

  it(
    "many waiters share a timer, and none is left behind",
    virtual(async (t) => {
      const limiter = new RateLimiter({ limit: 1, intervalMs: 1, burst: 1 });
      await withTaskGroup(async (group) => {
        const tasks = Array.from({ length: 100 }, () => group.spawn(() => limiter.take()));
        await t.settled();
        assert.equal(currentRuntime().stats().timers, 1);
        for (const task of tasks.slice(50)) task.cancel();
      });
      assert.equal(t.now(), 49);
      assert.equal(currentRuntime().stats().timers, 0);
    }),
  );

  it(
    "gives the number of tokens that its limit says, over long times and odd rates",
    virtual(async (t) => {
      const limiter = new RateLimiter({ limit: 3, intervalMs: 1_000, burst: 1 });
      for (let i = 0; i < 301; i++) await limiter.take();
      assert.ok(Math.abs(t.now() - 100_000) < 1e-3, `${t.now()}`);
    }),
  );

  it(
    "reaches a rate of many tokens in the millisecond that timers count in",
    virtual(async (t) => {
      const limiter = new RateLimiter({ limit: 20, intervalMs: 1, burst: 1 });
      for (let i = 0; i < 2_001; i++) await limiter.take();
      assert.equal(t.now(), 100);
    }),
  );

  it(
    "may be unlimited",
    virtual(async (t) => {
      const limiter = new RateLimiter({ limit: Infinity, intervalMs: 1_000 });
      for (let i = 0; i < 100; i++) await limiter.take(1_000);
      assert.equal(t.now(), 0);
      assert.equal(limiter.stats().tokens, Infinity);
    }),
  );

  it("refuses what can never be served, and what is no number", () => {
    const limiter = new RateLimiter({ limit: 3, intervalMs: 1_000, burst: 5 });
    for (const n of [6, 0, -1, 1.5, NaN, Infinity]) {
      assert.throws(() => limiter.take(n), InvalidArgument);
      assert.throws(() => limiter.tryTake(n), InvalidArgument);
    }
    for (const options of [
      { limit: 0, intervalMs: 1 },
      { limit: 1, intervalMs: 0 },
      { limit: 1, intervalMs: Infinity },
      { limit: 1, intervalMs: NaN },
      { limit: 1, intervalMs: 1, burst: 0 },
    ]) {
      assert.throws(() => new RateLimiter(options), InvalidArgument);
    }
  });

  it(
    "stays usable when an instrument cancels waiters in the middle of a wake-up",
    virtual(async () => {
      const limiter = new RateLimiter({ limit: 1, intervalMs: 10 });
      await limiter.take();
      await withTaskGroup((group) => {
        const outer = group.spawn("outer", () =>
          withTaskGroup(async (inner) => {
            inner.spawn("child", () => limiter.take());
            await limiter.take();
          }),
        );
        group.spawn("other", () => limiter.take());
        currentRuntime().addInstrument({ waitEnded: () => outer.cancel() });
      });
      await limiter.take();
      assert.equal(limiter.stats().waiters, 0);
    }),
  );
});
