/** What asyncio's own tests demand of `wait_for`; ours is `withTimeout`. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  currentRuntime,
  Future,
  sleep,
  TaskCancelled,
  TimeoutError,
  withShield,
  withTaskGroup,
  withTimeout,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";
import { cancelAfter } from "./cancel-after.ts";
import { crashInCleanUp } from "./crash.ts";

describe("A time limit over a function that does not stop at once", () => {
  it(
    "waits for a shielded function when it is cancelled from outside",
    virtual(async (time) => {
      let exited = false;
      await cancelAfter(1, () =>
        withTimeout(40, async () => {
          await withShield(Infinity, () => sleep(20));
          exited = true;
        }),
      );
      assert.deepEqual([exited, time.now()], [true, 20]);
    }),
  );

  it(
    "waits for a function that swallows every cancellation, and gives its value",
    virtual(async (time) => {
      const exitAt = time.now() + 200;
      const value = await withTimeout(100, async () => {
        while (time.now() < exitAt) await sleep(exitAt - time.now()).catch(() => {});
        return "exited";
      });
      assert.equal(value, "exited");
      assert.ok(time.now() >= exitAt);
    }),
  );

  it(
    "ends a function that runs, and waits until it has ended",
    virtual(async (time) => {
      let running = false;
      const limited = withTimeout(100, async () => {
        running = true;
        try {
          await sleep(10_000);
        } finally {
          running = false;
        }
        return "done";
      });
      await assert.rejects(limited, TimeoutError);
      assert.deepEqual([running, time.now()], [false, 100]);
    }),
  );

  it(
    "waits for the clean-up of a cancelled task before it throws TimeoutError",
    virtual(async (time) => {
      let cleaned = false;
      const limited = withTimeout(1, () =>
        withTaskGroup((group) => {
          group.spawn(async () => {
            try {
              await sleep(10_000);
            } finally {
              await withShield(100, () => sleep(1));
              cleaned = true;
            }
          });
        }),
      );
      await assert.rejects(limited, TimeoutError);
      assert.deepEqual([cleaned, time.now()], [true, 2]);
    }),
  );

  it(
    "waits for the clean-up also when the limit is 0",
    virtual(async (time) => {
      let cleaned = false;
      const limited = withTimeout(0, async () => {
        try {
          await sleep(10_000);
        } finally {
          await withShield(100, () => sleep(1));
          cleaned = true;
        }
      });
      await assert.rejects(limited, TimeoutError);
      assert.deepEqual([cleaned, time.now()], [true, 1]);
    }),
  );

  it(
    "throws the error of a task's clean-up after the limit",
    virtual(async () => {
      const boom = new RangeError("clean-up");
      const limited = withTimeout(1, () =>
        withTaskGroup((group) => group.spawn(crashInCleanUp, boom).join()),
      );
      await assert.rejects(limited, (error) => error === boom);
    }),
  );
});

describe("A time limit of 0 or less", () => {
  // Unlike asyncio: every async function of ours is a cancellation point, also when its value is there. Ask `future.state` first.
  it(
    "acts even where the value is there",
    virtual(async () => {
      const future = new Future<string>();
      future.resolve("done");
      await assert.rejects(
        withTimeout(0, () => future.wait()),
        TimeoutError,
      );
      assert.equal(future.state, "resolved");
      assert.equal(await future.wait(), "done");
    }),
  );

  // Unlike asyncio, where the coroutine is never started: the function releases what it was handed.
  it(
    "starts its function, which meets it at the first wait",
    virtual(async () => {
      const steps: string[] = [];
      const limited = withTimeout(0, async () => {
        steps.push("started");
        await sleep(0);
        steps.push("went on");
      });
      await assert.rejects(limited, TimeoutError);
      assert.deepEqual(steps, ["started"]);
    }),
  );

  // Unlike asyncio, where waiting for a task with a limit ends the task: only its group or its own cancel does.
  it(
    "ends a join and leaves the task alone",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => sleep(10).then(() => "done"));
        for (const ms of [0, -1])
          await assert.rejects(
            withTimeout(ms, () => task.join()),
            TimeoutError,
          );
        assert.equal(time.now(), 0);
        assert.equal(await task.join(), "done");
      });
    }),
  );

  // Unlike asyncio's, a shield is not abandoned: who opens it waits for it.
  it(
    "waits for a shield inside, whose value wins",
    virtual(async (time) => {
      const value = await withTimeout(0, () => withShield(100, () => sleep(5).then(() => "done")));
      assert.deepEqual([value, time.now()], ["done", 5]);
    }),
  );
});

describe("A time limit that does not act", () => {
  it(
    "gives the value of its function when it is Infinity",
    virtual(async () => {
      assert.equal(await withTimeout(Infinity, async () => "done"), "done");
    }),
  );

  it(
    "gives the value of a shield inside when it is Infinity",
    virtual(async () => {
      const value = await withTimeout(Infinity, () => withShield(10, () => sleep(20).then(() => "done")));
      assert.equal(value, "done");
    }),
  );

  it(
    "gives a value that is supplied in the same instant as it passes",
    virtual(async (time) => {
      const future = new Future<string>();
      currentRuntime().callLater(100, () => future.resolve("ok"));
      assert.equal(await withTimeout(100, () => future.wait()), "ok");
      assert.equal(time.now(), 100);
    }),
  );

  it(
    "gives the value of a function that catches the cancellation after its limit",
    virtual(async () => {
      const value = await withTimeout(10, async () => {
        await assert.rejects(sleep(1_000), Cancelled);
        return 1;
      });
      assert.equal(value, 1);
    }),
  );

  it(
    "gives the value of a helper that turns the cancellation into one",
    virtual(async () => {
      const helper = (): Promise<number> =>
        sleep(10_000).then(
          () => 0,
          () => 42,
        );
      assert.equal(await withTimeout(100, helper), 42);
    }),
  );

  it(
    "acts inside a shield that it is part of",
    virtual(async (time) => {
      const shielded = withShield(1_000, () => withTimeout(10, () => sleep(10_000)));
      await assert.rejects(shielded, TimeoutError);
      assert.equal(time.now(), 10);
    }),
  );
});

describe("A time limit that is cancelled from outside", () => {
  it(
    "cancels the function inside when it is Infinity",
    virtual(async () => {
      const future = new Future<never>();
      let seen: unknown;
      const { caught } = await cancelAfter(0, () =>
        withTimeout(Infinity, () => future.wait()).catch((error: unknown) => {
          seen = error;
          throw error;
        }),
      );
      assert.equal(caught, true);
      assert.ok(seen instanceof Cancelled);
      assert.equal(future.stats().waiters, 0);
    }),
  );

  it(
    "cancels the function inside long before it has passed",
    virtual(async (time) => {
      const future = new Future<never>();
      const { caught } = await cancelAfter(0, () => withTimeout(60_000, () => future.wait()));
      assert.deepEqual([caught, time.now(), future.stats().waiters], [true, 0, 0]);
    }),
  );

  it(
    "loses no cancellation that comes as its function ends",
    virtual(async () => {
      let reachedEnd = false;
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          await withTimeout(100, async () => {});
          await sleep(1);
          reachedEnd = true;
        });
        assert.equal(task.state, "running");
        task.cancel();
        await assert.rejects(task.join(), TaskCancelled);
      });
      assert.equal(reachedEnd, false);
    }),
  );
});
