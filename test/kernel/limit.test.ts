import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  currentDeadline,
  currentRuntime,
  remainingMs,
  sleep,
  TimeoutError,
  withCancelScope,
  withDeadline,
  withShield,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("Deadlines", () => {
  it(
    "at the same instant: the outer one is the one that passed",
    virtual(async (time) => {
      const at = time.now() + 10;
      let inner: unknown;
      const outer = withDeadline(at, () =>
        withTimeoutOr(10, () => sleep(1_000), "inner").then((value) => {
          inner = value;
        }),
      );
      await assert.rejects(outer, /test > withDeadline did not end/);
      assert.equal(inner, undefined);
    }),
  );

  it(
    "further in pass first where they are earlier, and leave the outer one standing",
    virtual(async (time) => {
      await withTimeout(20, async () => {
        assert.equal(await withTimeoutOr(10, () => sleep(1_000), "inner"), "inner");
        assert.equal(time.now(), 10);
        await sleep(5);
      });
      assert.equal(time.now(), 15);
    }),
  );

  it(
    "that are past act at the first wait, and the function is begun all the same",
    virtual(async (time) => {
      for (const past of [time.now(), time.now() - 5, -Infinity, 0]) {
        let begun = false;
        const late = withDeadline(past, async () => {
          begun = true;
          await sleep(1);
        });
        await assert.rejects(late, TimeoutError);
        assert.ok(begun);
      }
      assert.equal(time.now(), 0);
    }),
  );

  it(
    "leave no timer behind when their function has ended in time",
    virtual(async () => {
      for (let i = 0; i < 100; i++) await withTimeout(60_000, () => sleep(0));
      assert.equal(currentRuntime().stats().timers, 0);
    }),
  );

  it(
    "let a value that came too late win",
    virtual(async (time) => {
      const value = await withTimeout(5, async () => {
        await sleep(10).catch(() => {});
        return "late";
      });
      assert.deepEqual([value, time.now()], ["late", 5]);
    }),
  );

  it(
    "beyond 2^31 ms are kept to the millisecond",
    virtual(async (time) => {
      const long = 2 ** 31 + 12_345;
      await assert.rejects(
        withTimeout(long, () => sleep(Infinity)),
        TimeoutError,
      );
      assert.equal(time.now(), long);
    }),
  );

  it(
    "given as a Date are converted once: a step of the wall clock changes nothing",
    virtual(async (time) => {
      const { host } = currentRuntime();
      const { wallNow } = host;
      const date = new Date(host.wallNow() + 50);
      const limited = withDeadline(date, () => sleep(1_000));
      host.wallNow = () => wallNow.call(host) + 3_600_000;
      await assert.rejects(limited, TimeoutError);
      assert.equal(time.now(), 50);
    }),
  );
});

describe("currentDeadline and remainingMs", () => {
  it(
    "are Infinity without a deadline",
    virtual(() => {
      assert.deepEqual([currentDeadline(), remainingMs()], [Infinity, Infinity]);
    }),
  );

  it(
    "give the earliest of all enclosing ones, in tasks too",
    virtual(async () => {
      await withTimeout(50, () =>
        withTimeout(100, () =>
          withTaskGroup(async (group) => {
            await sleep(10);
            group.spawn(() => {
              assert.deepEqual([currentDeadline(), remainingMs()], [50, 40]);
            });
          }),
        ),
      );
    }),
  );

  it(
    "see nothing beyond a shield, whether it is up or running down",
    virtual(async () => {
      await withTimeoutOr(
        10,
        () =>
          withShield(30, async () => {
            assert.equal(currentDeadline(), Infinity);
            await withTimeout(500, async () => assert.equal(currentDeadline(), 500));
            await sleep(20);
            assert.deepEqual([currentDeadline(), remainingMs()], [40, 20]);
          }),
        undefined,
      );
    }),
  );

  it(
    "are never negative after the deadline",
    virtual(async () => {
      await withTimeoutOr(
        5,
        async () => {
          await sleep(10).catch(() => {});
          assert.equal(remainingMs(), 0);
        },
        undefined,
      );
    }),
  );
});

describe("A shield", () => {
  it(
    "has no effect without a cancellation",
    virtual(async (time) => {
      assert.equal(await withShield(5, () => sleep(100).then(() => "value")), "value");
      assert.equal(time.now(), 100);
      assert.equal(currentRuntime().stats().timers, 0);
    }),
  );

  it(
    "counts from the cancellation where that comes after the entry",
    virtual(async (time) => {
      const limited = withTimeout(50, () => withShield(20, () => sleep(1_000)));
      await assert.rejects(limited, TimeoutError);
      assert.equal(time.now(), 70);
    }),
  );

  it(
    "counts from the entry where the scope was cancelled before",
    virtual(async (time) => {
      await withTimeoutOr(
        10,
        () => sleep(100).finally(() => withShield(20, () => sleep(1_000))),
        undefined,
      );
      assert.equal(time.now(), 30);
    }),
  );

  it(
    "throws the outer Cancelled from waits inside when it has run down",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        scope.cancel("outer");
        await withShield(5, async () => {
          await assert.rejects(sleep(10), { reason: "outer" });
          await assert.rejects(sleep(10), Cancelled);
        });
      });
    }),
  );

  it(
    "leaves the scope around it cancelled",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        await withShield(5, () => sleep(1));
        await assert.rejects(sleep(1), Cancelled);
      });
    }),
  );

  it(
    "inside a shield counts from when the cancellation came through the outer one",
    virtual(async (time) => {
      await withTimeoutOr(10, () => withShield(20, () => withShield(30, () => sleep(1_000))), undefined);
      assert.equal(time.now(), 60);
    }),
  );

  it(
    "does not hold off a deadline inside it",
    virtual(async (time) => {
      await withTimeoutOr(
        10,
        () =>
          withShield(100, async () => {
            await assert.rejects(
              withTimeout(30, () => sleep(1_000)),
              TimeoutError,
            );
            assert.equal(time.now(), 30);
          }),
        undefined,
      );
    }),
  );

  it(
    "without bound holds a cancellation off for ever",
    virtual(async (time) => {
      const value = await withTimeout(10, () =>
        withShield(Infinity, () => sleep(10_000).then(() => "kept")),
      );
      assert.deepEqual([value, time.now()], ["kept", 10_000]);
    }),
  );

  it(
    "around a group shields its tasks, and lets them be cancelled together when it is down",
    virtual(async (time) => {
      const ends: number[] = [];
      await withTimeoutOr(
        10,
        () =>
          withShield(5, () =>
            withTaskGroup((group) => {
              for (let i = 0; i < 3; i++) {
                group.spawn(() => sleep(1_000).finally(() => ends.push(time.now())));
              }
            }),
          ),
        undefined,
      );
      assert.deepEqual(ends, [15, 15, 15]);
    }),
  );
});
