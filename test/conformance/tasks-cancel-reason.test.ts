/** What asyncio's own tests demand of the message of a cancellation. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Cancelled, currentRuntime, sleep, TaskCancelled, withTaskGroup } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

const cancelledFor =
  (reason: unknown) =>
  (error: unknown): boolean =>
    error instanceof TaskCancelled && error.reason === reason;

describe("The reason of a cancellation", () => {
  it(
    "is in what the task's wait throws, and in what joining throws",
    virtual(async () => {
      let seen: unknown;
      await withTaskGroup(async (group) => {
        const task = group.spawn(() =>
          sleep(10).catch((error: unknown) => {
            seen = error;
            throw error;
          }),
        );
        task.cancel("my message");
        await assert.rejects(task.join(), cancelledFor("my message"));
      });
      assert.ok(seen instanceof Cancelled && seen.reason === "my message");
      assert.match(seen.message, /my message/);
    }),
  );

  // Unlike asyncio, where the message can be set again.
  it(
    "stays that of the first call when a task is cancelled again",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => sleep(10));
        task.cancel("my message");
        task.cancel("my new message");
        await assert.rejects(task.join(), cancelledFor("my message"));
      });
    }),
  );

  it(
    "can be any value",
    virtual(async () => {
      for (const reason of [undefined, null, "my message", 5]) {
        await withTaskGroup(async (group) => {
          const task = group.spawn(() => sleep(10));
          await sleep(0);
          task.cancel(reason);
          await assert.rejects(task.join(), cancelledFor(reason));
        });
      }
    }),
  );

  it(
    "can be asked for long after the task has ended",
    virtual(async () => {
      const task = await withTaskGroup((group) => {
        const spawned = group.spawn(() => sleep(10));
        spawned.cancel(5);
        return spawned;
      });
      await sleep(100);
      await assert.rejects(task.join(), cancelledFor(5));
      await assert.rejects(task.join(), cancelledFor(5));
    }),
  );

  it(
    "goes along when the error of a join is given as a cause",
    virtual(async () => {
      const wrapping = withTaskGroup(async (group) => {
        const task = group.spawn(() => sleep(10));
        currentRuntime().callSoon(() => task.cancel("msg"));
        await task.join().catch((error: unknown) => {
          throw new Error("cancelled", { cause: error });
        });
      });
      await assert.rejects(
        wrapping,
        (error) => error instanceof Error && cancelledFor("msg")(error.cause),
      );
    }),
  );

  it(
    "is kept when a task is cancelled as soon as it is spawned",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => sleep(10));
        task.cancel("my message");
        await assert.rejects(task.join(), cancelledFor("my message"));
        assert.equal(task.state, "cancelled");
      });
    }),
  );

  it(
    "comes with the place of the cancel call under debug",
    virtual(async () => {
      currentRuntime().debug = true;
      await withTaskGroup(async (group) => {
        let stack: string | undefined;
        const task = group.spawn(() =>
          sleep(10).catch((error: unknown) => {
            stack = (error as Cancelled).stack;
            throw error;
          }),
        );
        task.cancel();
        await assert.rejects(task.join());
        assert.match(stack ?? "", /tasks-cancel-reason\.test\.ts/);
      });
    }),
  );
});
