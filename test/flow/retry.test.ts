import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  InvalidArgument,
  retry,
  sleep,
  withCancelScope,
  withTimeout,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

const fail = (message = "no"): Promise<never> => Promise.reject(new Error(message));

describe("retry", () => {
  it(
    "pauses ever longer between attempts, up to the longest pause",
    virtual(async (time) => {
      const at: number[] = [];
      await assert.rejects(
        retry(
          async () => {
            at.push(time.now());
            await fail();
          },
          { attempts: 5, initialMs: 10, factor: 3, maxMs: 50, jitter: 0 },
        ),
        { message: "no" },
      );
      assert.deepEqual(at, [0, 10, 40, 90, 140]);
    }),
  );

  it(
    "gives the value of the first attempt that succeeds",
    virtual(async () => {
      assert.equal(await retry((attempt) => (attempt < 3 ? fail() : attempt)), 3);
    }),
  );

  it(
    "spreads pauses at random between 0 and the full one",
    virtual(async () => {
      const pauses: number[] = [];
      await assert.rejects(
        retry(() => fail(), {
          attempts: 50,
          initialMs: 100,
          factor: 1,
          onRetry: (_error, _attempt, pauseMs) => pauses.push(pauseMs),
        }),
      );
      assert.equal(pauses.length, 49);
      assert.ok(pauses.every((ms) => ms >= 0 && ms <= 100));
      assert.ok(Math.max(...pauses) - Math.min(...pauses) > 50);
    }),
  );

  it(
    "stops when the predicate says no",
    virtual(async () => {
      let attempts = 0;
      await assert.rejects(
        retry(
          () => {
            attempts++;
            return fail("fatal");
          },
          { when: (error) => (error as Error).message !== "fatal" },
        ),
      );
      assert.equal(attempts, 1);
    }),
  );

  it(
    "throws at once when the next pause would not end before the deadline",
    virtual(async (time) => {
      await assert.rejects(
        withTimeout(100, () =>
          retry(() => fail("real cause"), { attempts: 9, initialMs: 60, jitter: 0 }),
        ),
        { message: "real cause" },
      );
      assert.equal(time.now(), 60);
    }),
  );

  it(
    "never retries a cancellation",
    virtual(async () => {
      let attempts = 0;
      await withCancelScope(async (scope) => {
        await assert.rejects(
          retry(async () => {
            attempts++;
            scope.cancel();
            await sleep(1);
          }),
          Cancelled,
        );
      });
      assert.equal(attempts, 1);
    }),
  );

  it(
    "is cancelled in the middle of a pause",
    virtual(async (time) => {
      await withTimeout(5, () => retry(() => fail(), { initialMs: 10_000, jitter: 0 })).catch(() => {});
      assert.equal(time.now(), 0, "the pause would pass the deadline, so it is not begun");
    }),
  );

  it(
    "leaves nothing of a failed attempt alive in the next",
    virtual(async () => {
      let alive = 0;
      await retry(async (attempt) => {
        assert.equal(alive, 0);
        if (attempt === 3) return;
        const branch = async (): Promise<void> => {
          alive++;
          try {
            await sleep(1_000);
          } finally {
            alive--;
          }
        };
        await Promise.all([branch(), fail()]);
      });
    }),
  );

  it(
    "refuses bad policies",
    virtual(async () => {
      for (const bad of [
        { attempts: 0 },
        { attempts: 1.5 },
        { initialMs: Number.NaN },
        { factor: 0.5 },
        { jitter: 2 },
      ]) {
        await assert.rejects(
          retry(() => 1, bad),
          InvalidArgument,
        );
      }
    }),
  );
});
