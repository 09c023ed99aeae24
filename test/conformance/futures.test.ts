/** What asyncio's own tests demand of futures and of those who wait for them. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Future, FutureSettled, withTaskGroup, type Task } from "../../src/index.ts";
import { formatTree } from "../../src/inspect.ts";
import { virtual } from "../../src/testing.ts";
import { cancelAfter } from "./cancel-after.ts";

describe("A future", () => {
  it(
    "is pending at first, with nobody waiting",
    virtual(() => {
      const future = new Future<number>();
      assert.deepEqual([future.state, future.stats().waiters], ["pending", 0]);
    }),
  );

  it(
    "that is resolved gives its value to all waits, and cannot be settled again",
    virtual(async () => {
      const future = new Future<number>();
      future.resolve(42);
      assert.equal(future.state, "resolved");
      assert.equal(await future.wait(), 42);
      assert.throws(() => future.reject(new Error("later")), FutureSettled);
      assert.equal(await future.wait(), 42);
    }),
  );

  it(
    "that is rejected throws its error in all waits, and cannot be settled again",
    virtual(async () => {
      const future = new Future<number>();
      const boom = new RangeError("boom");
      future.reject(boom);
      assert.equal(future.state, "rejected");
      await assert.rejects(future.wait(), (error) => error === boom);
      assert.throws(() => future.resolve(1), FutureSettled);
      await assert.rejects(future.wait(), (error) => error === boom);
    }),
  );

  it(
    "says no to a second settling of the same kind, too",
    virtual(async () => {
      const [resolved, rejected] = [new Future<number>(), new Future<number>()];
      resolved.resolve(1);
      rejected.reject(new Error("first"));
      assert.throws(() => resolved.resolve(2), FutureSettled);
      assert.throws(() => rejected.reject(new Error("second")), FutureSettled);
      assert.equal(await resolved.wait(), 1);
    }),
  );

  // Unlike asyncio, which makes an instance of an exception class.
  it(
    "throws whatever it was rejected with, as it is",
    virtual(async () => {
      for (const reason of [RangeError, "a string", undefined]) {
        const future = new Future<never>();
        future.reject(reason);
        await assert.rejects(future.wait(), (error) => error === reason);
      }
    }),
  );

  it(
    "can be waited for twice in the same task",
    virtual(async () => {
      const future = new Future<string>();
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => (await future.wait()) + (await future.wait()));
        future.resolve("test");
        assert.equal(await task.join(), "testtest");
      });
    }),
  );

  it(
    "is called by its name in the task tree and in errors",
    virtual(async () => {
      const future = new Future<number>({ name: "port" });
      await withTaskGroup(async (group) => {
        group.spawn(() => future.wait());
        assert.match(formatTree(), /port/);
        future.resolve(1);
      });
      assert.throws(() => future.resolve(2), /port/);
    }),
  );

  it(
    "is no thenable: awaiting it without wait() gives the future",
    virtual(async () => {
      const future = new Future<number>();
      const same = await (async () => future)();
      assert.equal(same, future);
      assert.equal(future.state, "pending");
    }),
  );

  it(
    "can be resolved when its only waiter was cancelled",
    virtual(async () => {
      const future = new Future<number>();
      await cancelAfter(1, () => future.wait());
      assert.equal(future.stats().waiters, 0);
      future.resolve(2);
      assert.equal(await future.wait(), 2);
    }),
  );
});

describe("The waiters of a future", () => {
  it(
    "are woken in their order when it is resolved",
    virtual(async () => {
      const future = new Future<string>();
      const seen: string[] = [];
      await withTaskGroup((group) => {
        for (const name of ["first", "second"]) {
          group.spawn(async () => seen.push(`${name} ${await future.wait()}`));
        }
        future.resolve("foo");
        assert.deepEqual(seen.length, 0);
      });
      assert.deepEqual(seen, ["first foo", "second foo"]);
    }),
  );

  it(
    "are all told when it is rejected",
    virtual(async () => {
      const future = new Future<string>();
      const boom = new Error("foo");
      const seen: unknown[] = [];
      await withTaskGroup((group) => {
        for (let count = 0; count < 2; count++) {
          group.spawn(() => future.wait().catch((error: unknown) => seen.push(error)));
        }
        future.reject(boom);
      });
      assert.deepEqual(seen, [boom, boom]);
    }),
  );

  /** Cancels some of three waiters, and says which of them got the value. */
  async function got(...cancelled: number[]): Promise<number[]> {
    const future = new Future<void>();
    const seen: number[] = [];
    await withTaskGroup((group) => {
      const tasks = [0, 1, 2].map((index) =>
        group.spawn(() => future.wait().then(() => seen.push(index))),
      );
      for (const index of cancelled) tasks[index]?.cancel();
      assert.equal(future.stats().waiters, 3 - cancelled.length);
      future.resolve();
    });
    return seen;
  }

  it(
    "are woken without the first when it was cancelled",
    virtual(async () => {
      assert.deepEqual(await got(0), [1, 2]);
    }),
  );

  it(
    "are woken without the first two when they were cancelled",
    virtual(async () => {
      assert.deepEqual(await got(0, 1), [2]);
    }),
  );

  it(
    "are woken without the last when it was cancelled",
    virtual(async () => {
      assert.deepEqual(await got(2), [0, 1]);
    }),
  );

  it(
    "are gone when all were cancelled, in any order",
    virtual(async () => {
      assert.deepEqual(await got(1, 2, 0), []);
    }),
  );

  it(
    "can cancel a later one, which has its value already",
    virtual(async () => {
      const future = new Future<string>();
      const seen: string[] = [];
      await withTaskGroup((group) => {
        group.spawn(async () => {
          seen.push(await future.wait());
          second.cancel();
        });
        const second: Task<unknown> = group.spawn(async () => seen.push(await future.wait()));
        future.resolve("value");
      });
      assert.deepEqual(seen, ["value", "value"]);
    }),
  );

  it(
    "can wait for it again while they are woken",
    virtual(async () => {
      const future = new Future<string>();
      const seen: string[] = [];
      await withTaskGroup((group) => {
        for (const name of ["a", "b"]) {
          group.spawn(async () => {
            await future.wait();
            seen.push(name, await future.wait());
          });
        }
        future.resolve("v");
      });
      assert.deepEqual(seen.toSorted(), ["a", "b", "v", "v"]);
    }),
  );
});
