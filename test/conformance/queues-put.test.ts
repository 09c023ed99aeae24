/** The cases of CPython's test_queues about putting items, as tsyncio has them. The table is in cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  InvalidArgument,
  Queue,
  sleep,
  TimeoutError,
  withTaskGroup,
  withTimeout,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("Queue.put, as asyncio has it", () => {
  it(
    "put adds to a queue that has room without waiting",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: Infinity });
      await queue.put(1);
      assert.equal(t.now(), 0);
      assert.equal(queue.tryGet(), 1);
    }),
  );

  it(
    "put waits until there is room",
    virtual(async (t) => {
      const queue = new Queue<string>({ capacity: 1 });
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          await sleep(10);
          assert.equal(queue.tryGet(), "a");
        });
        await queue.put("a");
        assert.equal(t.now(), 0);
        await queue.put("b");
        assert.equal(t.now(), 10);
      });
      assert.equal(queue.tryGet(), "b");
    }),
  );

  it("tryPut adds to a queue that has room", () => {
    const queue = new Queue<number>({ capacity: Infinity });
    assert.equal(queue.tryPut(1), true);
    assert.equal(queue.tryGet(), 1);
  });

  it(
    "unlike asyncio, a putter that was cancelled after its item was accepted has put it, once: there is nothing to retry",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: 1 });
      queue.tryPut(1);
      await withTaskGroup(async (group) => {
        const writer = group.spawn(() => queue.put(2));
        await t.settled();
        assert.equal(queue.tryGet(), 1);
        writer.cancel();
        await writer.join();
      });
      assert.equal(queue.tryGet(), 2);
      assert.equal(queue.tryGet(), undefined);
    }),
  );

  it("unlike asyncio, tryPut gives false for a full queue, and does not throw", () => {
    const queue = new Queue<number>({ capacity: 1 });
    assert.equal(queue.tryPut(1), true);
    assert.equal(queue.tryPut(2), false);
    assert.equal(queue.size, 1);
  });

  it("unlike asyncio, a capacity that is no whole number is refused", () => {
    assert.throws(() => new Queue({ capacity: 1.3 }), InvalidArgument);
    assert.throws(() => new Queue({ capacity: -1 }), InvalidArgument);
    assert.throws(() => new Queue({ capacity: Number.NaN }), InvalidArgument);
  });

  it(
    "cancelling a put that waits for room leaves the queue usable",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: 1 });
      await withTaskGroup(async (group) => {
        await queue.put(1);
        const task = group.spawn(() => queue.put(2));
        await t.settled();
        task.cancel();
        assert.equal(await queue.get(), 1);
        await assert.rejects(task.join(), { code: "TSY_TASK_CANCELLED" });
      });
      assert.equal(queue.size, 0);
    }),
  );

  it(
    "a cancelled put among waiting ones leaves the order of the others",
    virtual(async (t) => {
      const queue = new Queue<string>({ capacity: 1 });
      await withTaskGroup(async (group) => {
        const tasks = ["a", "b", "c", "x"].map((item) => group.spawn(() => queue.put(item)));
        await t.settled();
        tasks[2]!.cancel();
        const got = [await queue.get(), await queue.get(), await queue.get()];
        assert.deepEqual(got, ["a", "b", "x"]);
      });
      assert.equal(queue.stats().putters, 0);
    }),
  );

  it(
    "puts serve waiting getters in the order in which they came",
    virtual(async (t) => {
      const queue = new Queue<string>({ capacity: Infinity });
      await withTaskGroup(async (group) => {
        const first = group.spawn(() => queue.get());
        const second = group.spawn(() => queue.get());
        await t.settled();
        await queue.put("a");
        await queue.put("b");
        assert.deepEqual([await first.join(), await second.join()], ["a", "b"]);
      });
      assert.equal(queue.size, 0);
    }),
  );

  it(
    "taking by tryGet lets every waiting put in",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: 2 });
      await queue.put(1);
      await queue.put(2);
      await withTaskGroup(async (group) => {
        for (const item of [3, 4, 5, 6]) group.spawn(() => queue.put(item));
        await t.settled();
        const got = Array.from({ length: 6 }, () => queue.tryGet());
        assert.deepEqual(got, [1, 2, 3, 4, 5, 6]);
      });
      assert.deepEqual(queue.stats(), {
        size: 0,
        capacity: 2,
        isClosed: false,
        getters: 0,
        putters: 0,
        taken: 6,
      });
    }),
  );

  it(
    "putters that gave up are not remembered",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: 1 });
      await queue.put(1);
      await assert.rejects(
        withTimeout(100, () => queue.put(2)),
        TimeoutError,
      );
      assert.equal(queue.stats().putters, 0);
      assert.equal(await queue.get(), 1);
      assert.equal(queue.size, 0);
    }),
  );

  it(
    "a put that is cancelled again and again throws its cancellation and nothing else",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: 1 });
      queue.tryPut(1);
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => queue.put(2));
        await t.settled();
        task.cancel();
        task.cancel();
        await assert.rejects(task.join(), { code: "TSY_TASK_CANCELLED" });
      });
      assert.equal(queue.size, 1);
    }),
  );
});
