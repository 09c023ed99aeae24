/** The laws about time, a test or more for each, named by the law. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  currentDeadline,
  currentRuntime,
  InvalidArgument,
  remainingMs,
  sleep,
  TimeoutError,
  withDeadline,
  withShield,
  withTimeout,
  withTimeoutOr,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("Time", () => {
  it(
    "law 16: withTimeout throws, withTimeoutOr does not, withDeadline takes an instant; a value wins after all",
    virtual(async (time) => {
      await assert.rejects(
        withTimeout(5, () => sleep(10)),
        TimeoutError,
      );
      assert.equal(await withTimeoutOr(5, () => sleep(10), "instead"), "instead");
      await assert.rejects(
        withDeadline(time.now() + 5, () => sleep(10)),
        TimeoutError,
      );
      const late = withTimeout(5, async () => {
        await sleep(10).catch(() => {});
        return "value";
      });
      assert.equal(await late, "value");
      assert.equal(time.now(), 20);
    }),
  );

  it(
    "law 16: a limit already past acts at the first wait",
    virtual(async (time) => {
      assert.equal(await withTimeout(0, () => "no wait, no limit"), "no wait, no limit");
      await assert.rejects(
        withTimeout(-5, () => sleep(1)),
        TimeoutError,
      );
      assert.equal(time.now(), 0);
    }),
  );

  it(
    "law 17: currentDeadline is the earliest of all enclosing unshielded ones, remainingMs what is left",
    virtual(async () => {
      assert.deepEqual([currentDeadline(), remainingMs()], [Infinity, Infinity]);
      await withTimeout(50, () =>
        withTimeout(80, async () => {
          await sleep(10);
          assert.deepEqual([currentDeadline(), remainingMs()], [50, 40]);
          await withShield(1_000, () => assert.equal(remainingMs(), Infinity));
        }),
      );
    }),
  );

  it(
    "law 18: negative means 0, Infinity never, NaN and non-numbers throw; durations beyond 2^31-1 ms work",
    virtual(async (time) => {
      await sleep(-1);
      await sleep(-0);
      await sleep(-Infinity);
      assert.equal(time.now(), 0);
      assert.equal(await withTimeoutOr(10, () => sleep(Infinity), "never"), "never");
      assert.throws(() => sleep(Number.NaN), InvalidArgument);
      assert.throws(() => sleep("5" as never), InvalidArgument);
      await assert.rejects(
        withTimeout(Number.NaN, () => {}),
        InvalidArgument,
      );
      const before = time.now();
      await sleep(2 ** 31 + 5);
      assert.equal(time.now() - before, 2 ** 31 + 5);
    }),
  );

  it(
    "law 18: a Date is converted once, at entry",
    virtual(async (time) => {
      const { host } = currentRuntime();
      const limited = withDeadline(new Date(host.wallNow() + 30), () => sleep(1_000));
      const { wallNow } = host;
      host.wallNow = () => wallNow.call(host) + 10_000;
      await assert.rejects(limited, TimeoutError);
      assert.equal(time.now(), 30);
      await assert.rejects(
        withDeadline(new Date(Number.NaN), () => {}),
        InvalidArgument,
      );
    }),
  );

  it("law 18: no wait ends early by the runtime's clock", async () => {
    const runtime = currentRuntime();
    const early: number[] = [];
    const nap = async (ms: number): Promise<void> => {
      const start = runtime.now();
      await sleep(ms);
      if (runtime.now() - start < ms) early.push(ms);
    };
    await Promise.all(Array.from({ length: 200 }, (_, i) => nap(1 + (i % 20) * 0.37)));
    assert.deepEqual(early, []);
  });
});
