/** What asyncio's own tests demand of task groups that are cancelled from outside. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  Future,
  sleep,
  suppressedErrors,
  TaskCancelled,
  withShield,
  withTaskGroup,
  type Task,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";
import { cancelAfter } from "./cancel-after.ts";
import { crash, crashInCleanUp } from "./crash.ts";

describe("A task group that is cancelled from outside", () => {
  it(
    "hands the cancellation with its reason to all its tasks, and on to who joins",
    virtual(async () => {
      const seen: unknown[] = [];
      await withTaskGroup(async (outer) => {
        const runner = outer.spawn(() =>
          withTaskGroup((group) => {
            for (let count = 0; count < 5; count++) {
              group.spawn(() =>
                sleep(500).catch((error: unknown) => {
                  seen.push(error);
                  throw error;
                }),
              );
            }
          }),
        );
        await sleep(10);
        assert.equal(runner.state, "running");
        runner.cancel("the reason");
        await assert.rejects(
          runner.join(),
          (error) => error instanceof TaskCancelled && error.reason === "the reason",
        );
        assert.equal(runner.state, "cancelled");
      });
      assert.equal(seen.length, 5);
      assert.ok(seen.every((error) => error instanceof Cancelled && error.reason === "the reason"));
    }),
  );

  it(
    "cancels both its tasks and its body that waits",
    virtual(async () => {
      let count = 0;
      const counting = (by: number) => async (): Promise<void> => {
        await sleep(500).finally(() => {
          count += by;
        });
      };
      const { caught } = await cancelAfter(10, () =>
        withTaskGroup(async (group) => {
          for (let task = 0; task < 5; task++) group.spawn(counting(1));
          await counting(10)();
        }),
      );
      assert.equal(caught, true);
      assert.equal(count, 15);
    }),
  );

  it(
    "throws the cancellation when only its body was there to see it",
    virtual(async () => {
      let seen = 0;
      const { caught } = await cancelAfter(10, async () => {
        const group = withTaskGroup(() =>
          sleep(100).finally(() => {
            seen += 10;
          }),
        );
        await assert.rejects(group, Cancelled);
        await group;
      });
      assert.deepEqual([caught, seen], [true, 10]);
    }),
  );

  it(
    "throws the cancellation when its body had returned and the tasks ended by it",
    virtual(async (time) => {
      const { caught } = await cancelAfter(5, () =>
        withTaskGroup((group) => {
          group.spawn(() => sleep(10));
          group.spawn(() => sleep(20));
        }),
      );
      assert.equal(caught, true);
      assert.equal(time.now(), 5);
    }),
  );
});

describe("A task group that fails while it is cancelled from outside", () => {
  it(
    "throws the first error of its tasks' clean-up in place of the cancellation",
    virtual(async () => {
      const errors = Array.from({ length: 5 }, (_, index) => new Error(`clean-up ${index}`));
      const failing = cancelAfter(10, () =>
        withTaskGroup(async (group) => {
          for (const error of errors) group.spawn(crashInCleanUp, error);
          await sleep(100);
        }),
      );
      await assert.rejects(failing, (error) => error === errors[0]);
      assert.deepEqual(suppressedErrors(errors[0]).errors, errors.slice(1));
    }),
  );

  it(
    "passes the error of an inner clean-up through the outer group unwrapped",
    virtual(async () => {
      const errors = Array.from({ length: 5 }, (_, index) => new Error(`clean-up ${index}`));
      const failing = cancelAfter(10, () =>
        withTaskGroup(() =>
          withTaskGroup(async (inner) => {
            for (const error of errors) inner.spawn(crashInCleanUp, error);
            await sleep(100);
          }),
        ),
      );
      await assert.rejects(failing, (error) => error === errors[0]);
      assert.equal(suppressedErrors(errors[0]).count, 4);
    }),
  );

  it(
    "passes the error of an inner clean-up on also when the outer group has a live task",
    virtual(async () => {
      const boom = new Error("clean-up");
      let outerTask: Task | undefined;
      const failing = cancelAfter(10, () =>
        withTaskGroup(async (outer) => {
          outerTask = outer.spawn(() => sleep(100));
          await withTaskGroup((inner) => inner.spawn(crashInCleanUp, boom));
        }),
      );
      await assert.rejects(failing, (error) => error === boom);
      assert.equal(outerTask?.state, "cancelled");
    }),
  );

  // Unlike asyncio, the cancellation reaches tasks and body at the same time; the task here is in a shield and fails later.
  it(
    "throws an error that comes while its body still cleans up",
    virtual(async (time) => {
      const boom = new Error("boom");
      const failing = cancelAfter(1, () =>
        withTaskGroup(async (group) => {
          group.spawn(() => withShield(1_000, () => crash(3, boom)));
          await sleep(100).finally(() => withShield(1_000, () => sleep(5)));
        }),
      );
      await assert.rejects(failing, (error) => error === boom);
      assert.equal(time.now(), 6);
    }),
  );

  it(
    "throws such an error also through a task that another one joins",
    virtual(async () => {
      const boom = new Error("boom");
      const failing = cancelAfter(1, () =>
        withTaskGroup(async (outer) => {
          const nested = outer.spawn(() =>
            withTaskGroup(async (group) => {
              group.spawn(() => withShield(1_000, () => crash(3, boom)));
              await sleep(100).finally(() => withShield(1_000, () => sleep(5)));
            }),
          );
          await nested.join();
        }),
      );
      await assert.rejects(failing, (error) => error === boom);
    }),
  );

  it(
    "throws the error into which its body turns the cancellation",
    virtual(async () => {
      class OwnError extends Error {}
      const failing = cancelAfter(10, () =>
        withTaskGroup(() =>
          sleep(100).catch(() => {
            throw new OwnError();
          }),
        ),
      );
      await assert.rejects(failing, OwnError);
    }),
  );

  it(
    "throws its error, and the cancellation meets the next wait after it",
    virtual(async () => {
      const boom = new Error("boom");
      const go = new Future<void>();
      const steps: string[] = [];
      await withTaskGroup(async (outer) => {
        const task = outer.spawn(async () => {
          const failing = withTaskGroup(async (group) => {
            group.spawn(async () => {
              await go.wait();
              throw boom;
            });
            await sleep(1);
          });
          await assert.rejects(failing, (error) => error === boom);
          steps.push("caught");
          await sleep(1);
          steps.push("went on");
        });
        await sleep(0);
        go.resolve();
        task.cancel();
        await assert.rejects(task.join());
        assert.equal(task.state, "cancelled");
      });
      assert.deepEqual(steps, ["caught"]);
    }),
  );
});
