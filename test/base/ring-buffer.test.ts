import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RingBuffer } from "../../src/base/ring-buffer.ts";

describe("RingBuffer", () => {
  it("gives items in the order in which they came", () => {
    const buffer = new RingBuffer<number>();
    for (let i = 0; i < 10; i++) buffer.push(i);
    assert.deepEqual(
      Array.from({ length: 10 }, () => buffer.shift()),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.equal(buffer.size, 0);
  });

  it("keeps the order when it grows while its head stands in the middle", () => {
    for (let offset = 0; offset < 16; offset++) {
      const buffer = new RingBuffer<number>();
      for (let i = 0; i < offset; i++) {
        buffer.push(-1);
        buffer.shift();
      }
      for (let i = 0; i < 40; i++) buffer.push(i);
      assert.deepEqual(
        Array.from({ length: 40 }, () => buffer.shift()),
        Array.from({ length: 40 }, (_, i) => i),
      );
    }
  });

  it("takes the newest from its other end", () => {
    const buffer = new RingBuffer<string>();
    for (const item of ["a", "b", "c"]) buffer.push(item);
    assert.deepEqual([buffer.pop(), buffer.shift(), buffer.size], ["c", "a", 1]);
  });

  it("holds undefined as an item like any other", () => {
    const buffer = new RingBuffer<undefined>();
    buffer.push(undefined);
    assert.equal(buffer.size, 1);
    assert.equal(buffer.shift(), undefined);
    assert.equal(buffer.size, 0);
  });

  it("is empty and usable after it was cleared", () => {
    const buffer = new RingBuffer<number>();
    for (let i = 0; i < 100; i++) buffer.push(i);
    buffer.clear();
    assert.equal(buffer.size, 0);
    buffer.push(7);
    assert.equal(buffer.shift(), 7);
  });

  it("agrees with an array through 50,000 mixed operations", () => {
    const buffer = new RingBuffer<number>();
    const model: number[] = [];
    let state = 99;
    for (let step = 0; step < 50_000; step++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const action = (state >>> 16) % 5;
      if (action < 2 || model.length === 0) {
        buffer.push(step);
        model.push(step);
      } else if (action < 4) assert.equal(buffer.shift(), model.shift());
      else assert.equal(buffer.pop(), model.pop());
      assert.equal(buffer.size, model.length);
    }
  });
});
