/** What asyncio's own tests demand of futures that nobody waits for, and of waiting for foreign promises. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Future, sleep, TaskCancelled, until, withTaskGroup } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";
import { cancelAfter } from "./cancel-after.ts";

// Unlike asyncio, which logs an error that nobody asked for when the future is collected: the error stays with who rejects.
describe("A future that nobody waits for", () => {
  /** Runs `use` on a future, lets the event loop turn, and says what was reported. */
  const reported = (use: (future: Future<number>) => unknown) =>
    virtual(async (time) => {
      await use(new Future<number>());
      await sleep(1);
      assert.deepEqual([time.takeUnhandled(), time.log], [[], []]);
    });

  it(
    "raises no report while it stays pending",
    reported(() => {}),
  );

  it(
    "raises no report when its only waiter was cancelled",
    reported((future) => cancelAfter(1, () => future.wait())),
  );

  it(
    "raises no report when it is resolved",
    reported((future) => future.resolve(42)),
  );

  it(
    "raises no report when its value was asked for",
    reported((future) => {
      future.resolve(42);
      return future.wait();
    }),
  );

  it(
    "raises no report when it is rejected",
    reported((future) => future.reject(new RangeError("boom"))),
  );

  it(
    "raises no report when it is rejected after its waiter was cancelled",
    reported(async (future) => {
      await cancelAfter(1, () => future.wait());
      future.reject(new RangeError("boom"));
    }),
  );

  it(
    "raises no report when its error is asked for long after",
    reported(async (future) => {
      future.reject(new RangeError("boom"));
      await sleep(100);
      await assert.rejects(future.wait(), RangeError);
    }),
  );
});

describe("Waiting for a promise from elsewhere", () => {
  it(
    "gives the value of a foreign promise",
    virtual(async () => {
      assert.equal(await until(Promise.resolve("value")), "value");
    }),
  );

  it(
    "leaves a foreign promise alone when the task is cancelled",
    virtual(async () => {
      const foreign = Promise.withResolvers<string>();
      const { caught } = await cancelAfter(1, () => until(foreign.promise));
      assert.equal(caught, true);
      foreign.resolve("later");
      assert.equal(await foreign.promise, "later");
    }),
  );

  it(
    "tells the maker of a foreign promise to stop when the task is cancelled",
    virtual(async () => {
      let aborted = false;
      await withTaskGroup(async (group) => {
        const task = group.spawn(() =>
          until(
            (signal) =>
              new Promise<void>((_, reject) => {
                signal.addEventListener("abort", () => {
                  aborted = true;
                  reject(signal.reason as Error);
                });
              }),
          ),
        );
        task.cancel();
        await assert.rejects(task.join(), TaskCancelled);
      });
      assert.equal(aborted, true);
    }),
  );
});
