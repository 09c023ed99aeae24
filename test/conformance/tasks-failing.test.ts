/** What asyncio's own tests demand of tasks that fail. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SelfJoin, sleep, withTaskGroup, type Task } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("A task that waits for itself", () => {
  it(
    "is told that it would never go on",
    virtual(async () => {
      let task: Task | undefined;
      const joining = withTaskGroup(async (group) => {
        task = group.spawn(async () => {
          await sleep(1);
          await task?.join();
        });
      });
      await assert.rejects(joining, SelfJoin);
    }),
  );
});

describe("A task that fails", () => {
  it(
    "throws the very error with its stack, wherever it is joined",
    virtual(async () => {
      const boom = new RangeError("boom");
      const stack = boom.stack;
      const failing = withTaskGroup(async (group) => {
        const task = group.spawn(() => Promise.reject(boom));
        await sleep(0).catch(() => {});
        assert.equal(task.state, "failed");
        await task.join();
      });
      await assert.rejects(failing, (error) => error === boom && boom.stack === stack);
    }),
  );

  it(
    "keeps its error when it is cancelled afterwards",
    virtual(async () => {
      const boom = new TypeError("boom");
      const failing = withTaskGroup((group) => {
        const task = group.spawn(() => {
          throw boom;
        });
        task.cancel();
        assert.equal(task.state, "failed");
      });
      await assert.rejects(failing, (error) => error === boom);
    }),
  );

  // Unlike asyncio, an error that is thrown while another is handled is not chained to it.
  it(
    "throws its error unchained to the one that its joiner handles",
    virtual(async () => {
      const boom = new RangeError("task");
      const failing = withTaskGroup(async (group) => {
        try {
          throw new TypeError("joiner");
        } catch {
          await group.spawn(() => Promise.reject(boom)).join();
        }
      });
      await assert.rejects(failing, (error) => error === boom && boom.cause === undefined);
    }),
  );

  it(
    "can fail with an error that its joiner handles, which becomes no cause of itself",
    virtual(async () => {
      const boom = new RangeError("shared");
      const failing = withTaskGroup(async (group) => {
        try {
          throw boom;
        } catch (error) {
          await group.spawn(() => Promise.reject(error)).join();
        }
      });
      await assert.rejects(failing, (error) => error === boom && boom.cause === undefined);
    }),
  );
});
