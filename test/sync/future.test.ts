import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Cancelled, Future, FutureSettled, withCancelScope, withTaskGroup } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("Future", () => {
  it(
    "gives its value to all who wait, before and after it comes",
    virtual(async (t) => {
      const future = new Future<number>();
      await withTaskGroup(async (group) => {
        const tasks = [1, 2].map(() => group.spawn(() => future.wait()));
        await t.settled();
        assert.deepEqual(future.stats(), { state: "pending", waiters: 2 });
        future.resolve(5);
        for (const task of tasks) assert.equal(await task.join(), 5);
        assert.equal(await future.wait(), 5);
      });
      assert.equal(future.state, "resolved");
    }),
  );

  it(
    "throws its error itself to all who wait, before and after it comes",
    virtual(async (t) => {
      const future = new Future<number>();
      const error = new TypeError("mine");
      await withTaskGroup(async (group) => {
        for (let i = 0; i < 2; i++)
          group.spawn(() => assert.rejects(future.wait(), (thrown) => thrown === error));
        await t.settled();
        future.reject(error);
        await assert.rejects(future.wait(), (thrown) => thrown === error);
      });
      assert.equal(future.state, "rejected");
    }),
  );

  it("settles once", () => {
    const future = new Future<number>({ name: "port" });
    future.resolve(1);
    assert.throws(() => future.resolve(2), {
      code: "TSY_FUTURE_SETTLED",
      message: /the future "port" is resolved already/,
    });
    assert.throws(() => future.reject(new Error("late")), FutureSettled);
  });

  it(
    "is no unhandled rejection when nobody waits for its error",
    virtual(async (t) => {
      new Future<number>().reject(new Error("nobody listens"));
      const waited = new Future<number>();
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => waited.wait());
        await t.settled();
        waited.reject(new Error("its waiter is gone"));
        task.cancel();
        await task.join().catch(() => {});
      }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 1));
      assert.equal(t.takeUnhandled().length, 0);
    }),
  );

  it(
    "passes through an async function as itself, since it is not thenable",
    virtual(async () => {
      const make = async (): Promise<Future<string>> => new Future<string>();
      const future = await make();
      assert.ok(future instanceof Future);
      assert.equal("then" in future, false);
    }),
  );

  it(
    "a cancelled wait leaves it alone",
    virtual(async (t) => {
      const future = new Future<string>();
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => future.wait());
        await t.settled();
        task.cancel();
      });
      future.resolve("still");
      assert.equal(await future.wait(), "still");
      await withCancelScope(async (scope) => {
        scope.cancel();
        await assert.rejects(future.wait(), Cancelled);
      });
    }),
  );
});
