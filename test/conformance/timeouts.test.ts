/** What asyncio's own tests demand of `timeout` and `timeout_at`: when a limit acts. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  currentDeadline,
  currentRuntime,
  currentTask,
  sleep,
  TimeoutError,
  withCancelScope,
  withDeadline,
  withTaskGroup,
  withTimeout,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("A time limit", () => {
  it(
    "throws TimeoutError that names the limit when it has passed",
    virtual(async (time) => {
      await assert.rejects(
        withTimeout(10, () => sleep(10_000)),
        (error) => error instanceof TimeoutError && /10 ms/.test(error.message),
      );
      assert.equal(time.now(), 10);
    }),
  );

  it(
    "can be an absolute instant, which the code inside can ask for",
    virtual(async (time) => {
      const deadline = currentRuntime().now() + 10;
      const limited = withDeadline(deadline, async () => {
        assert.equal(currentDeadline(), deadline);
        await sleep(10_000);
      });
      await assert.rejects(limited, TimeoutError);
      assert.equal(time.now(), deadline);
    }),
  );

  it(
    "interrupts the wait inside with Cancelled before it throws TimeoutError",
    virtual(async () => {
      let seen: unknown;
      const limited = withTimeout(10, () =>
        sleep(10_000).catch((error: unknown) => {
          seen = error;
          throw error;
        }),
      );
      await assert.rejects(limited, TimeoutError);
      assert.ok(seen instanceof Cancelled);
    }),
  );

  it(
    "does nothing to a function that ends before it",
    virtual(async (time) => {
      await withTimeout(10_000, async () => {
        await sleep(10);
        assert.equal(currentDeadline(), 10_000);
      });
      assert.equal(time.now(), 10);
    }),
  );

  it(
    "of Infinity never acts and is no deadline",
    virtual(async (time) => {
      await withTimeout(Infinity, async () => {
        assert.equal(currentDeadline(), Infinity);
        await sleep(86_400_000);
      });
      assert.equal(time.now(), 86_400_000);
    }),
  );

  it(
    "at the instant Infinity never acts and is no deadline",
    virtual(async (time) => {
      await withDeadline(Infinity, async () => {
        assert.equal(currentDeadline(), Infinity);
        await sleep(86_400_000);
      });
      assert.equal(time.now(), 86_400_000);
    }),
  );

  it(
    "of 0 acts at the first wait, without a moment passing",
    virtual(async (time) => {
      await assert.rejects(
        withTimeout(0, () => sleep(10_000)),
        TimeoutError,
      );
      assert.equal(time.now(), 0);
    }),
  );

  it(
    "of 0 acts even at a wait for no time",
    virtual(async () => {
      await assert.rejects(
        withTimeout(0, () => sleep(0)),
        TimeoutError,
      );
    }),
  );

  it(
    "that is past already acts at a wait for no time",
    virtual(async () => {
      await sleep(20);
      await assert.rejects(
        withTimeout(-11, () => sleep(0)),
        TimeoutError,
      );
      await assert.rejects(
        withDeadline(currentRuntime().now() - 11, () => sleep(0)),
        TimeoutError,
      );
    }),
  );

  it(
    "leaves the task in which it acted uncancelled",
    virtual(async () => {
      const task = await withTaskGroup((group) =>
        group.spawn(async () => {
          await assert.rejects(
            withTimeout(1, () => sleep(10_000)),
            TimeoutError,
          );
          await sleep(1);
        }),
      );
      assert.equal(task.state, "done");
    }),
  );

  it(
    "works in code that belongs to no task",
    virtual(async () => {
      assert.equal(currentTask(), undefined);
      await assert.rejects(
        withTimeout(10, () => sleep(20)),
        TimeoutError,
      );
    }),
  );

  it(
    "holds no longer when it has been left",
    virtual(async () => {
      await withTimeout(10, () => sleep(1));
      assert.equal(currentRuntime().stats().timers, 0);
      await sleep(100);
    }),
  );

  // Unlike asyncio, where the first wait after a swallowed cancellation goes on: it is level-triggered.
  it(
    "refuses every wait once it has passed, until its function ends",
    virtual(async (time) => {
      const limited = withTimeout(10, async () => {
        await assert.rejects(sleep(1_000), Cancelled);
        await assert.rejects(sleep(1_000), Cancelled);
        await sleep(1_000);
      });
      await assert.rejects(limited, TimeoutError);
      assert.equal(time.now(), 10);
    }),
  );

  it(
    "throws nothing when its function swallows the cancellation and returns",
    virtual(async () => {
      const value = await withTimeout(10, async () => {
        await assert.rejects(sleep(1_000), Cancelled);
        return "all the same";
      });
      assert.equal(value, "all the same");
    }),
  );
});

describe("Time limits inside each other", () => {
  it(
    "that end at the same instant: the outer one throws, the inner one lets its Cancelled through",
    virtual(async () => {
      const deadline = currentRuntime().now() + 10;
      let inner: unknown;
      const limited = withDeadline(deadline, () =>
        withDeadline(deadline, () => sleep(10_000)).catch((error: unknown) => {
          inner = error;
          throw error;
        }),
      );
      await assert.rejects(limited, TimeoutError);
      assert.ok(inner instanceof Cancelled);
    }),
  );

  it(
    "let the outer one pass through the inner one when it ends first",
    virtual(async (time) => {
      const limited = withTimeout(2, async () => {
        await assert.rejects(
          withTimeout(100, () => sleep(1_000)),
          Cancelled,
        );
        await sleep(1_000);
      });
      await assert.rejects(limited, TimeoutError);
      assert.equal(time.now(), 2);
    }),
  );

  it(
    "keep what each has done when an outer cancellation follows in the same instant",
    virtual(async (time) => {
      const steps: string[] = [];
      await withCancelScope(async (outer) => {
        const inner = withTimeout(10, () => {
          currentRuntime().callLater(10, () => outer.cancel());
          return sleep(1_000);
        });
        await assert.rejects(inner, TimeoutError);
        steps.push("inner limit");
        await sleep(1_000);
        steps.push("went on");
      });
      assert.deepEqual(steps, ["inner limit"]);
      assert.equal(time.now(), 10);
    }),
  );

  // Unlike asyncio, a limit cannot be moved while it runs.
  it(
    "end with the earliest: an inner one never moves the outer one",
    virtual(async (time) => {
      const limited = withDeadline(10, async () => {
        assert.equal(currentDeadline(), 10);
        await withDeadline(30, async () => {
          assert.equal(currentDeadline(), 10);
          await withDeadline(Infinity, () => sleep(50));
        });
      });
      await assert.rejects(limited, TimeoutError);
      assert.equal(time.now(), 10);
    }),
  );

  it(
    "each hold for their own call of a function that limits itself",
    virtual(async (time) => {
      const limited = (ms: number, fn: () => Promise<void>): Promise<void> => withTimeout(ms, fn);
      await limited(20, () =>
        assert.rejects(
          limited(10, () => sleep(1_000)),
          TimeoutError,
        ),
      );
      assert.equal(time.now(), 10);
    }),
  );

  it(
    "start anew when a function that limits itself is called again",
    virtual(async (time) => {
      const limited = (): Promise<void> => withTimeout(10, () => sleep(9));
      await limited();
      await limited();
      assert.equal(time.now(), 18);
    }),
  );
});
