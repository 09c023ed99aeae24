/** The cases of CPython's test_queues about taking items, as tsyncio has them. The table is in cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Queue, sleep, TimeoutError, withTaskGroup, withTimeout } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("Queue.get, as asyncio has it", () => {
  it(
    "get takes what is there without waiting",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: Infinity });
      queue.tryPut(1);
      assert.equal(await queue.get(), 1);
      assert.equal(t.now(), 0);
    }),
  );

  it(
    "get makes room for a waiting put",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: 1 });
      queue.tryPut(1);
      await withTaskGroup(async (group) => {
        const putter = group.spawn(() => queue.put(2));
        await t.settled();
        assert.equal(queue.stats().putters, 1);
        assert.equal(await queue.get(), 1);
        assert.equal(queue.stats().putters, 0);
        await putter.join();
        assert.equal(await queue.get(), 2);
      });
    }),
  );

  it(
    "get waits until something is put",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: Infinity });
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          await sleep(10);
          await queue.put(1);
        });
        assert.equal(await queue.get(), 1);
        assert.equal(t.now(), 10);
      });
    }),
  );

  it("tryGet takes what is there", () => {
    const queue = new Queue<number>({ capacity: Infinity });
    queue.tryPut(1);
    assert.equal(queue.tryGet(), 1);
  });

  it("unlike asyncio, tryGet gives undefined for an empty queue, and does not throw", () => {
    assert.equal(new Queue({ capacity: 1 }).tryGet(), undefined);
  });

  it(
    "the item goes to the second getter when the first one was cancelled",
    virtual(async (t) => {
      const queue = new Queue<string>({ capacity: Infinity });
      await withTaskGroup(async (group) => {
        const first = group.spawn(() => queue.get());
        const second = group.spawn(() => queue.get());
        await t.settled();
        first.cancel();
        queue.tryPut("a");
        assert.equal(await second.join(), "a");
        await t.settled();
        assert.equal(first.state, "cancelled");
      });
      assert.equal(queue.size, 0);
    }),
  );

  it(
    "gets serve waiting puts in the order in which they came",
    virtual(async (t) => {
      const queue = new Queue<string>({ capacity: 1 });
      await queue.put("held");
      await withTaskGroup(async (group) => {
        group.spawn(() => queue.put("a"));
        group.spawn(() => queue.put("b"));
        await t.settled();
        assert.deepEqual([await queue.get(), await queue.get(), await queue.get()], ["held", "a", "b"]);
      });
      assert.equal(queue.stats().putters, 0);
    }),
  );

  it(
    "no getter starves while many producers share a queue of capacity 1",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: 1 });
      const got: number[] = [];
      const count = 5;
      await withTaskGroup((group) => {
        for (let i = 0; i < count; i++) {
          group.spawn(async () => {
            await queue.put(i);
            await sleep(1);
          });
        }
        for (let i = 0; i < count; i++) group.spawn(async () => void got.push(await queue.get()));
      });
      assert.deepEqual(got, [0, 1, 2, 3, 4]);
      assert.equal(queue.size, 0);
    }),
  );

  it(
    "getters that gave up are not remembered",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: Infinity });
      await assert.rejects(
        withTimeout(100, () => queue.get()),
        TimeoutError,
      );
      assert.equal(queue.stats().getters, 0);
      queue.tryPut(1);
      assert.equal(queue.size, 1);
    }),
  );

  it(
    "unlike asyncio, a getter that was cancelled after it got its item delivers it: nothing is dropped",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: Infinity });
      await withTaskGroup(async (group) => {
        const reader = group.spawn(() => queue.get());
        await t.settled();
        queue.tryPut(1);
        queue.tryPut(2);
        reader.cancel();
        assert.equal(await reader.join(), 1);
      });
      assert.equal(queue.tryGet(), 2);
    }),
  );

  it(
    "no item is dropped when one of many getters is cancelled as it is woken",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: Infinity });
      await withTaskGroup(async (group) => {
        const readers = [1, 2, 3].map(() => group.spawn(() => queue.get()));
        await t.settled();
        queue.tryPut(1);
        queue.tryPut(2);
        readers[0]!.cancel();
        assert.deepEqual([await readers[0]!.join(), await readers[1]!.join()], [1, 2]);
        assert.equal(readers[2]!.state, "running");
        queue.tryPut(3);
        assert.equal(await readers[2]!.join(), 3);
      });
    }),
  );
});
