import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  InvalidArgument,
  LifoQueue,
  NotTaken,
  PriorityQueue,
  QueueClosed,
  withTaskGroup,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

/** Compares numbers, and refuses anything below zero. */
function picky(a: number, b: number): number {
  if (a < 0 || b < 0) throw new RangeError("cannot compare");
  return a - b;
}

describe("LifoQueue", () => {
  it(
    "gives the newest item first",
    virtual(async () => {
      const queue = new LifoQueue<number>({ capacity: 3 });
      for (const item of [1, 3, 2]) await queue.put(item);
      assert.deepEqual([await queue.get(), await queue.get(), await queue.get()], [2, 3, 1]);
    }),
  );

  it(
    "admits waiting putters in the order in which they came",
    virtual(async (t) => {
      const queue = new LifoQueue<string>({ capacity: 1 });
      await queue.put("a");
      await withTaskGroup(async (group) => {
        group.spawn(() => queue.put("b"));
        group.spawn(() => queue.put("c"));
        await t.settled();
        assert.deepEqual([queue.tryGet(), queue.tryGet(), queue.tryGet()], ["a", "b", "c"]);
      });
    }),
  );

  it(
    "closes, and accounts for its items, like any queue",
    virtual(async () => {
      const queue = new LifoQueue<number>({ capacity: 2 });
      queue.tryPut(1);
      queue.close({ immediate: true });
      await queue.join();
      await assert.rejects(queue.get(), QueueClosed);
      assert.throws(() => queue.done(), NotTaken);
    }),
  );
});

describe("PriorityQueue", () => {
  it(
    "gives the least item first",
    virtual(async () => {
      const queue = new PriorityQueue<number>({ capacity: Infinity });
      const items = Array.from({ length: 200 }, (_, i) => (i * 7919) % 211);
      for (const item of items) await queue.put(item);
      queue.close();
      const got: number[] = [];
      for await (const item of queue) got.push(item);
      assert.deepEqual(
        got,
        items.toSorted((a, b) => a - b),
      );
    }),
  );

  it("stays in order when puts and gets alternate", () => {
    const queue = new PriorityQueue<number>({ capacity: Infinity });
    const model: number[] = [];
    let seed = 1;
    for (let i = 0; i < 5_000; i++) {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      if (seed % 3 === 0 && model.length > 0) {
        model.sort((a, b) => a - b);
        assert.equal(queue.tryGet(), model.shift());
      } else {
        model.push(seed % 97);
        queue.tryPut(seed % 97);
      }
    }
    assert.equal(queue.size, model.length);
  });

  it("gives equal items in the order in which they were put", () => {
    const queue = new PriorityQueue<{ rank: number; name: string }>({
      capacity: 100,
      compare: (a, b) => a.rank - b.rank,
    });
    for (let i = 0; i < 60; i++) queue.tryPut({ rank: i % 2, name: `${i}` });
    const names = Array.from({ length: 60 }, () => Number(queue.tryGet()?.name));
    assert.deepEqual(names, [
      ...Array.from({ length: 30 }, (_, i) => 2 * i),
      ...Array.from({ length: 30 }, (_, i) => 2 * i + 1),
    ]);
  });

  it("loses and doubles nothing when its order throws", () => {
    const queue = new PriorityQueue<number>({ capacity: 10, compare: picky });
    for (const item of [5, 3, 4]) queue.tryPut(item);
    assert.throws(() => queue.tryPut(-1), RangeError);
    assert.deepEqual(
      [queue.tryGet(), queue.tryGet(), queue.tryGet(), queue.tryGet()],
      [3, 4, 5, undefined],
    );
  });

  it(
    "a put that waited fails when its item cannot be compared, and the getter and the putter behind do not",
    virtual(async (t) => {
      const queue = new PriorityQueue<number>({ capacity: 2, compare: picky });
      queue.tryPut(1);
      queue.tryPut(2);
      await withTaskGroup(async (group) => {
        group.spawn(() => assert.rejects(queue.put(-1), RangeError));
        group.spawn(() => queue.put(0));
        await t.settled();
        assert.equal(await queue.get(), 1);
      });
      assert.deepEqual([queue.tryGet(), queue.tryGet(), queue.tryGet()], [0, 2, undefined]);
    }),
  );

  it("refuses an order that is no function", () => {
    assert.throws(() => new PriorityQueue({ capacity: 1, compare: 1 as never }), InvalidArgument);
    assert.throws(() => new PriorityQueue({ capacity: -1 }), InvalidArgument);
  });
});
