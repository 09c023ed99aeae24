/** What asyncio's own tests demand of a task that is cancelled. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  currentRuntime,
  currentTask,
  Future,
  sleep,
  TaskCancelled,
  withTaskGroup,
  type Task,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

const cancelledFor =
  (reason: unknown) =>
  (error: unknown): boolean =>
    error instanceof TaskCancelled && error.reason === reason;

describe("A cancelled task", () => {
  it(
    "ends as cancelled, and a cancel after the end does nothing",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => sleep(10_000));
        currentRuntime().callSoon(() => task.cancel());
        await assert.rejects(task.join(), TaskCancelled);
        assert.equal(task.state, "cancelled");
        task.cancel("too late");
        await assert.rejects(task.join(), cancelledFor(undefined));
      });
      assert.equal(time.now(), 0);
    }),
  );

  it(
    "is cancelled also between waits that take no time",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        let steps = 0;
        const task = group.spawn(async () => {
          for (; steps < 2; steps++) await sleep(0);
        });
        task.cancel();
        await assert.rejects(task.join(), TaskCancelled);
        assert.deepEqual([task.state, steps], ["cancelled", 0]);
      });
    }),
  );

  it(
    "sleeps no longer, and leaves no timer",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => sleep(10_000));
        assert.equal(currentRuntime().stats().timers, 1);
        task.cancel();
        assert.equal(currentRuntime().stats().timers, 0);
        await assert.rejects(task.join(), TaskCancelled);
      });
      assert.equal(time.now(), 0);
    }),
  );

  it(
    "can be cancelled by a scheduled call while others join it",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const sleeper = group.spawn(() => sleep(5_000_000));
        currentRuntime().callLater(100, () => sleeper.cancel());
        await assert.rejects(sleeper.join(), TaskCancelled);
      });
      assert.equal(time.now(), 100);
    }),
  );

  it(
    "leaves the future for which it waits as it was, with nobody waiting",
    virtual(async () => {
      const future = new Future<void>();
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => future.wait());
        assert.equal(future.stats().waiters, 1);
        task.cancel();
        assert.deepEqual(future.stats(), { state: "pending", waiters: 0 });
        await assert.rejects(task.join(), TaskCancelled);
      });
    }),
  );

  it(
    "passes the cancellation down to the innermost wait and up through all callers",
    virtual(async () => {
      const waiter = new Future<void>();
      const steps: string[] = [];
      const inner = (): Promise<void> => waiter.wait().finally(() => steps.push("inner"));
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => inner().catch(() => steps.push("outer")));
        task.cancel();
        await task.join();
        assert.equal(task.state, "done");
      });
      assert.deepEqual(steps, ["inner", "outer"]);
    }),
  );

  it(
    "returns what it likes when it catches the cancellation",
    virtual(async () => {
      const [one, two] = [new Future<void>(), new Future<void>()];
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          await one.wait();
          return two.wait().catch(() => 42);
        });
        one.resolve();
        await sleep(0);
        assert.equal(two.stats().waiters, 1);
        task.cancel();
        assert.equal(await task.join(), 42);
        assert.equal(task.state, "done");
      });
    }),
  );

  // Unlike asyncio, where the wait after a swallowed cancellation goes on.
  it(
    "is refused its next wait too when it swallows the cancellation",
    virtual(async () => {
      const [one, two] = [new Future<void>(), new Future<number>()];
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          await one.wait().catch(() => {});
          return two.wait();
        });
        task.cancel();
        two.resolve(42);
        await assert.rejects(task.join(), TaskCancelled);
      });
    }),
  );

  it(
    "that cancels itself goes on to its next wait",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        let wentOn = false;
        const task = group.spawn(async () => {
          currentTask()?.cancel();
          wentOn = true;
          await sleep(100);
        });
        await assert.rejects(task.join(), TaskCancelled);
        assert.deepEqual([wentOn, time.now()], [true, 0]);
      });
    }),
  );

  // Unlike asyncio, where it would end as cancelled: a value wins.
  it(
    "that returns without a further wait is done",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          currentTask()?.cancel();
          return 12;
        });
        assert.equal(await task.join(), 12);
        assert.equal(task.state, "done");
      });
    }),
  );

  it(
    "fails with what its clean-up throws in place of the cancellation",
    virtual(async () => {
      const exit = new Error("exit");
      let task: Task | undefined;
      const failing = withTaskGroup((group) => {
        task = group.spawn(() =>
          sleep(10_000).catch(() => {
            throw exit;
          }),
        );
        task.cancel();
      });
      await assert.rejects(failing, (error) => error === exit);
      assert.equal(task?.state, "failed");
    }),
  );
});

describe("Cancelling a task that joins another", () => {
  it(
    "leaves the other one running",
    virtual(async () => {
      const waiter = new Future<void>();
      let proof = 0;
      await withTaskGroup(async (group) => {
        const inner = group.spawn(() => waiter.wait().then(() => proof++));
        const outer = group.spawn(() => inner.join().then(() => (proof += 100)));
        outer.cancel();
        await assert.rejects(outer.join(), TaskCancelled);
        waiter.resolve();
      });
      assert.equal(proof, 1);
    }),
  );

  // Unlike asyncio, where awaiting a task hands the cancellation on to it.
  it(
    "leaves the other one running also when it had cancelled itself before it joins",
    virtual(async () => {
      const waiter = new Future<string>();
      await withTaskGroup(async (group) => {
        const nested = group.spawn(() => waiter.wait());
        const task = group.spawn(async () => {
          currentTask()?.cancel();
          await nested.join();
        });
        await assert.rejects(task.join(), TaskCancelled);
        assert.equal(nested.state, "running");
        waiter.resolve("reached");
        assert.equal(await nested.join(), "reached");
      });
    }),
  );
});
