import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { BatchSize } from "../../src/threads/batch-size.ts";
import { Marks } from "../../src/threads/marks.ts";

/** The sizes of the messages for items that take `ms` each. */
function sizes(size: BatchSize, ms: number, messages: number, left = Infinity): number[] {
  return Array.from({ length: messages }, () => {
    const next = size.next(left, 4);
    size.observe(next, next * ms);
    return next;
  });
}

describe("The size of a message", () => {
  it("begins with one item, doubles while the work is light, and settles at the target", () => {
    assert.deepEqual(sizes(new BatchSize(4, 10_000), 0.5, 6), [1, 2, 4, 8, 8, 8]);
    assert.deepEqual(sizes(new BatchSize(4, 10_000), 0.1, 8), [1, 2, 4, 8, 16, 32, 40, 40]);
  });

  it("stays at one where one item is work enough", () => {
    assert.deepEqual(sizes(new BatchSize(4, 10_000), 50, 3), [1, 1, 1]);
  });

  it("shrinks at once when items become heavy", () => {
    const size = new BatchSize(4, 10_000);
    sizes(size, 0.01, 12);
    assert.ok(size.next(Infinity, 4) > 100);
    size.observe(100, 1_000);
    assert.equal(size.next(Infinity, 4), 1);
  });

  it("is bounded, also where time stands still", () => {
    assert.equal(sizes(new BatchSize(4, 64), 0, 20).at(-1), 64);
  });

  it("shares out what is left", () => {
    const size = new BatchSize(4, 10_000);
    sizes(size, 0, 10);
    assert.equal(size.next(100, 4), 25);
    assert.equal(size.next(3, 4), 1);
    assert.equal(size.next(0, 4), 1);
  });

  it("is always a number of items that may be sent", () => {
    const measured = fc.record({
      items: fc.nat(10_000),
      ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(measured), fc.integer({ min: 1, max: 500 }), (all, most) => {
        const size = new BatchSize(3, most);
        for (const { items, ms } of all) size.observe(items, ms);
        const next = size.next(Infinity, 4);
        assert.ok(Number.isSafeInteger(next) && next >= 1 && next <= most);
      }),
    );
  });
});

describe("The mark of a message", () => {
  it("says whether its thread began it, or its caller dropped it: never both", () => {
    const ours = new Marks();
    const theirs = new Marks(ours.buffer);
    ours.send(1);
    assert.equal(ours.isBegun(1), false);
    assert.equal(theirs.begin(1), true);
    assert.equal(ours.isBegun(1), true);
    assert.equal(ours.drop(1), false);
    ours.send(2);
    assert.equal(ours.drop(2), true);
    assert.equal(theirs.begin(2), false);
    assert.equal(ours.isBegun(2), false);
  });

  it("is that of its message alone, however many others were dropped meanwhile", () => {
    const ours = new Marks();
    const theirs = new Marks(ours.buffer);
    const first = ours.next([]);
    ours.send(first);
    assert.ok(theirs.begin(first));
    const dropped: number[] = [];
    for (let n = 0; n < 100; n++) {
      const id = ours.next([{ id: first }]);
      ours.send(id);
      assert.ok(ours.drop(id));
      dropped.push(id);
    }
    const last = ours.next([{ id: first }]);
    ours.send(last);
    assert.ok(ours.isBegun(first), "the first one is still known to have begun");
    for (const id of dropped) assert.equal(theirs.begin(id), false, `message ${id} was dropped`);
    assert.ok(theirs.begin(last));
  });
});
