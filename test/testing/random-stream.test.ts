import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RandomStream } from "../../src/testing/random-stream.ts";

const draw = (stream: RandomStream, count: number): number[] =>
  Array.from({ length: count }, () => stream.next());

describe("RandomStream", () => {
  it("gives the same numbers for the same seed and purpose", () => {
    assert.deepEqual(draw(new RandomStream(7, "user"), 50), draw(new RandomStream(7, "user"), 50));
  });

  it("gives other numbers for another purpose, and for another seed, large ones included", () => {
    const first = draw(new RandomStream(7, "user"), 5);
    for (const other of [
      new RandomStream(7, "faults"),
      new RandomStream(8, "user"),
      new RandomStream(7 + 2 ** 32, "user"),
    ])
      assert.notDeepEqual(draw(other, 5), first);
  });

  it("stays from 0 to below 1, and is spread evenly", () => {
    const numbers = draw(new RandomStream(1, "spread"), 20_000);
    assert.ok(numbers.every((number) => number >= 0 && number < 1));
    const tenths = Array.from(
      { length: 10 },
      (_, at) => numbers.filter((number) => Math.floor(number * 10) === at).length,
    );
    assert.ok(
      tenths.every((count) => count > 1_800 && count < 2_200),
      String(tenths),
    );
  });

  it("gives every integer below a bound, and no other", () => {
    const stream = new RandomStream(3, "below");
    const seen = new Set(Array.from({ length: 200 }, () => stream.below(5)));
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      [0, 1, 2, 3, 4],
    );
  });
});
