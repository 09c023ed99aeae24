/** The cases of CPython's test_queues about what a queue holds and in which order, as tsyncio has them. The table is in cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LifoQueue, PriorityQueue, Queue, QueueClosed, withTaskGroup } from "../../src/index.ts";
import { formatTree, snapshot } from "../../src/inspect.ts";
import { virtual } from "../../src/testing.ts";

describe("Queue, as asyncio has it", () => {
  it(
    "unlike asyncio, a queue tells about itself by stats(), not by its text",
    virtual(async (t) => {
      const queue = new Queue<string>({ capacity: 1 });
      const nothing = { size: 0, capacity: 1, isClosed: false, getters: 0, putters: 0, taken: 0 };
      assert.deepEqual(queue.stats(), nothing);
      await withTaskGroup(async (group) => {
        group.spawn(() => queue.get());
        await t.settled();
        assert.deepEqual(queue.stats(), { ...nothing, getters: 1 });
        await queue.put("to the getter");
        await queue.put("kept");
        group.spawn(() => queue.put("waits"));
        await t.settled();
        assert.deepEqual(queue.stats(), { ...nothing, size: 1, putters: 1, taken: 1 });
        assert.equal(await queue.get(), "kept");
        assert.deepEqual(queue.stats(), { ...nothing, size: 1, taken: 2 });
      });
    }),
  );

  it(
    "unlike asyncio, a queue is told from others by its name, in the tree and in messages",
    virtual(async (t) => {
      const queue = new Queue({ capacity: 1, name: "orders" });
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => queue.get());
        await t.settled();
        assert.match(formatTree(snapshot()), /queue\.get of orders/);
        task.cancel();
      });
      queue.close();
      await assert.rejects(
        queue.get(),
        (error) => error instanceof QueueClosed && /orders/.test(error.message),
      );
    }),
  );

  it(
    "a queue is empty until something is put, and after all was taken",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: Infinity });
      assert.equal(queue.size, 0);
      await queue.put(1);
      assert.equal(queue.size, 1);
      assert.equal(await queue.get(), 1);
      assert.equal(queue.size, 0);
    }),
  );

  it("a queue is full when it holds its capacity, and never without one", () => {
    const unbounded = new Queue<number>({ capacity: Infinity });
    for (let i = 0; i < 100; i++) assert.equal(unbounded.tryPut(i), true);
    const bounded = new Queue<number>({ capacity: 1 });
    assert.equal(bounded.tryPut(1), true);
    assert.equal(bounded.tryPut(2), false);
    assert.equal(bounded.size, bounded.capacity);
  });

  it("items come out in the order in which they were put", () => {
    const queue = new Queue<number>({ capacity: Infinity });
    for (const item of [1, 3, 2]) queue.tryPut(item);
    assert.deepEqual([queue.tryGet(), queue.tryGet(), queue.tryGet()], [1, 3, 2]);
  });

  it(
    "a put beyond the capacity waits until something is taken",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: 2 });
      let have = 0;
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          for (const item of [1, 2, 3]) {
            await queue.put(item);
            have++;
          }
        });
        await t.settled();
        assert.equal(have, 2);
        assert.equal(queue.size, 2);
        assert.equal(queue.tryGet(), 1);
        await t.settled();
        assert.equal(have, 3);
        assert.deepEqual([queue.tryGet(), queue.tryGet()], [2, 3]);
      });
    }),
  );

  it("a LifoQueue gives the newest item first", () => {
    const queue = new LifoQueue<number>({ capacity: Infinity });
    for (const item of [1, 3, 2]) queue.tryPut(item);
    assert.deepEqual([queue.tryGet(), queue.tryGet(), queue.tryGet()], [2, 3, 1]);
  });

  it("a PriorityQueue gives the least item first", () => {
    const queue = new PriorityQueue<number>({ capacity: Infinity });
    for (const item of [1, 3, 2]) queue.tryPut(item);
    assert.deepEqual([queue.tryGet(), queue.tryGet(), queue.tryGet()], [1, 2, 3]);
  });
});
