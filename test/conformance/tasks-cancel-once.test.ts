/** What asyncio's own tests demand of cancellation requests: counting them, and races with a result. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  currentRuntime,
  Future,
  sleep,
  TaskCancelled,
  TimeoutError,
  withCancelScope,
  withTaskGroup,
  withTimeout,
  type Task,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

// Unlike asyncio, cancellations are not counted and never taken back: one belongs to a scope, and is over when that is left.
describe("A cancellation", () => {
  it(
    "counts once, however often it is asked for",
    virtual(async () => {
      let refusals = 0;
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => sleep(10).finally(() => refusals++));
        task.cancel();
        task.cancel();
        await assert.rejects(task.join(), TaskCancelled);
      });
      assert.equal(refusals, 1);
    }),
  );

  it(
    "of a scope is over when the scope has been left, and the task can be cancelled anew",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          await withCancelScope((scope) => {
            currentRuntime().callLater(10, () => scope.cancel());
            return sleep(10_000);
          });
          await sleep(10_000);
        });
        await sleep(20);
        assert.equal(task.state, "running");
        task.cancel();
        await assert.rejects(task.join(), TaskCancelled);
        assert.equal(task.state, "cancelled");
      });
    }),
  );

  it(
    "by a time limit ends its block and no code after it",
    virtual(async () => {
      const limited = async (workMs: number, limitMs: number): Promise<string[]> => {
        const steps: string[] = [];
        const block = withTimeout(limitMs, () => sleep(workMs).then(() => steps.push("finished")));
        await block.catch((error: unknown) => {
          assert.ok(error instanceof TimeoutError);
          steps.push("timed out");
        });
        await sleep(0);
        steps.push("outer code");
        return steps;
      };
      assert.deepEqual(await limited(10_000, 100), ["timed out", "outer code"]);
      assert.deepEqual(await limited(0, 10_000), ["finished", "outer code"]);
    }),
  );

  it(
    "that comes when the wait has its value meets the next wait",
    virtual(async () => {
      const future = new Future<string>();
      await withTaskGroup(async (group) => {
        const steps: string[] = [];
        const task = group.spawn(async () => {
          steps.push(await future.wait());
          await sleep(0);
          steps.push("went on");
        });
        future.resolve("value");
        task.cancel();
        await assert.rejects(task.join(), TaskCancelled);
        assert.deepEqual(steps, ["value"]);
      });
    }),
  );

  // Unlike asyncio, a future cannot be cancelled: who supplies it rejects it, and that is an error like any other.
  it(
    "is not what a task meets whose future is rejected",
    virtual(async () => {
      const future = new Future<void>();
      const gone = new Error("gone");
      let task: Task | undefined;
      const failing = withTaskGroup((group) => {
        task = group.spawn(() => future.wait());
        future.reject(gone);
      });
      await assert.rejects(failing, (error) => error === gone);
      assert.equal(task?.state, "failed");
    }),
  );

  it(
    "that comes with the rejection of the future loses to the error",
    virtual(async () => {
      const future = new Future<void>();
      const gone = new Error("gone");
      const failing = withTaskGroup((group) => {
        const task = group.spawn(() => future.wait());
        future.reject(gone);
        task.cancel();
      });
      await assert.rejects(failing, (error) => error === gone);
    }),
  );
});
