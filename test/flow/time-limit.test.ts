import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  currentDeadline,
  currentRuntime,
  InvalidArgument,
  remainingMs,
  sleep,
  TimeoutError,
  withCancelScope,
  withDeadline,
  withShield,
  withTimeout,
  withTimeoutOr,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("withTimeout", () => {
  it(
    "gives the value of a function that ends in time",
    virtual(async () => {
      assert.equal(
        await withTimeout(10, async () => {
          await sleep(9);
          return "in time";
        }),
        "in time",
      );
    }),
  );

  it(
    "throws TimeoutError at its limit",
    virtual(async (time) => {
      await assert.rejects(
        withTimeout(10, () => sleep(11)),
        TimeoutError,
      );
      assert.equal(time.now(), 10);
    }),
  );

  it(
    "lets a value win that comes after the limit",
    virtual(async () => {
      const value = await withTimeout(10, async () => {
        await sleep(20).catch(() => {});
        return "all the same";
      });
      assert.equal(value, "all the same");
    }),
  );

  it(
    "throws the error of a clean-up in place of TimeoutError",
    virtual(async () => {
      await assert.rejects(
        withTimeout(10, () =>
          sleep(20).finally(() => {
            throw new RangeError("clean-up");
          }),
        ),
        RangeError,
      );
    }),
  );

  it(
    "waits for the clean-up after the limit",
    virtual(async (time) => {
      await assert.rejects(
        withTimeout(10, async () => {
          try {
            await sleep(60);
          } finally {
            await withShield(100, () => sleep(30));
          }
        }),
        TimeoutError,
      );
      assert.equal(time.now(), 40);
    }),
  );

  it(
    "acts at the first wait when its limit is 0 or negative",
    virtual(async () => {
      for (const ms of [0, -1, -0]) {
        let reached = false;
        await assert.rejects(
          withTimeout(ms, async () => {
            reached = true;
            await sleep(0);
          }),
          TimeoutError,
        );
        assert.equal(reached, true);
        assert.equal(await withTimeout(ms, async () => 7), 7);
      }
    }),
  );

  it(
    "is converted by the outermost of several limits that passed at the same instant",
    virtual(async () => {
      let inner = "";
      await assert.rejects(
        withTimeout(10, async () => {
          try {
            await withTimeout(10, () => sleep(20));
          } catch (error) {
            inner = (error as Error).name;
            throw error;
          }
        }),
        TimeoutError,
      );
      assert.match(inner, /TimeoutError|Cancelled/);
    }),
  );

  it(
    "leaves a cancellation from further out alone",
    virtual(async () => {
      const value = await withCancelScope(async (scope) => {
        await assert.rejects(
          withTimeout(10, async () => {
            scope.cancel("outer");
            await sleep(1);
          }),
          Cancelled,
        );
        await sleep(1);
      });
      assert.equal(value, undefined);
    }),
  );

  it(
    "never limits with Infinity",
    virtual(async (time) => {
      await withTimeout(Infinity, () => sleep(10 ** 9));
      assert.equal(time.now(), 10 ** 9);
    }),
  );

  it(
    "refuses NaN, and a promise in place of a function",
    virtual(async () => {
      await assert.rejects(
        withTimeout(Number.NaN, () => 1),
        InvalidArgument,
      );
      await assert.rejects(withTimeout(1, Promise.resolve(1) as never), /Give a function/);
    }),
  );
});

describe("withTimeoutOr", () => {
  it(
    "resolves to the other value at its limit",
    virtual(async () => {
      assert.equal(await withTimeoutOr(10, () => sleep(20), "late"), "late");
      assert.equal(await withTimeoutOr(10, () => "early", "late"), "early");
    }),
  );
});

describe("withDeadline", () => {
  it(
    "takes an instant of the runtime's clock",
    virtual(async (time) => {
      await sleep(100);
      await assert.rejects(
        withDeadline(currentRuntime().now() + 50, () => sleep(60)),
        TimeoutError,
      );
      assert.equal(time.now(), 150);
    }),
  );

  it(
    "takes a Date, converted once at entry",
    virtual(async (time) => {
      await assert.rejects(
        withDeadline(new Date(Date.UTC(2000, 0, 1, 0, 0, 2)), () => sleep(60_000)),
        TimeoutError,
      );
      assert.equal(time.now(), 2_000);
    }),
  );

  it(
    "refuses an invalid Date and NaN",
    virtual(async () => {
      await assert.rejects(
        withDeadline(new Date("never"), () => 1),
        InvalidArgument,
      );
      await assert.rejects(
        withDeadline(Number.NaN, () => 1),
        InvalidArgument,
      );
    }),
  );
});

describe("currentDeadline", () => {
  it(
    "is the earliest of all that enclose the caller",
    virtual(async () => {
      assert.equal(currentDeadline(), Infinity);
      assert.equal(remainingMs(), Infinity);
      await withTimeout(100, () =>
        withTimeout(50, () =>
          withTimeout(200, async () => {
            assert.equal(currentDeadline(), 50);
            await sleep(20);
            assert.equal(remainingMs(), 30);
          }),
        ),
      );
    }),
  );

  it(
    "ends at a shield, whose own end it is while that runs down",
    virtual(async () => {
      await withTimeoutOr(
        50,
        () =>
          withShield(30, async () => {
            assert.equal(currentDeadline(), Infinity);
            await sleep(60);
            assert.equal(currentDeadline(), 80);
          }),
        undefined,
      );
    }),
  );
});

describe("withShield", () => {
  it(
    "holds a cancellation off for its time, counted from the cancellation",
    virtual(async (time) => {
      await withTimeoutOr(
        50,
        () =>
          withShield(30, async () => {
            await sleep(70);
            await assert.rejects(sleep(70), Cancelled);
            assert.equal(time.now(), 80);
            throw new Error("swallowed no cancellation");
          }),
        undefined,
      ).catch((error: Error) => assert.equal(error.message, "swallowed no cancellation"));
    }),
  );

  it(
    "counts from its entry when the scope is cancelled already",
    virtual(async (time) => {
      await withTimeoutOr(
        10,
        async () => {
          try {
            await sleep(100);
          } finally {
            await assert.rejects(
              withShield(5, () => sleep(100)),
              Cancelled,
            );
            assert.equal(time.now(), 15);
          }
        },
        undefined,
      );
    }),
  );

  it(
    "has no effect without a cancellation",
    virtual(async (time) => {
      await withShield(5, () => sleep(100));
      assert.equal(time.now(), 100);
    }),
  );

  it(
    "lets a limit inside it work",
    virtual(async (time) => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        await withShield(100, () =>
          assert.rejects(
            withTimeout(7, () => sleep(50)),
            TimeoutError,
          ),
        );
        assert.equal(time.now(), 7);
      });
    }),
  );
});
