/** What asyncio's own tests demand of `as_completed`; ours is `completed`. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { completed, Future, InvalidArgument, sleep, TimeoutError, withTimeout } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("completed", () => {
  it(
    "yields what ends first before what ends later",
    virtual(async (time) => {
      const items: string[] = [];
      const delays = { b: 10, c: 150, a: 10 };
      for await (const { item } of completed(Object.keys(delays), (key) =>
        sleep(delays[key as "a" | "b" | "c"]),
      )) {
        items.push(item);
      }
      assert.deepEqual([items, time.now()], [["b", "a", "c"], 150]);
    }),
  );

  it(
    "yields the very items, each with its place and value",
    virtual(async () => {
      const items = [{ value: 0 }, { value: 1 }, { value: 2 }, { value: 3 }];
      const seen: boolean[] = [];
      for await (const outcome of completed(items, async ({ value }) => value)) {
        assert.equal(outcome.status, "fulfilled");
        seen.push(outcome.item === items[outcome.index] && outcome.value === outcome.index);
      }
      assert.deepEqual(seen, [true, true, true, true]);
    }),
  );

  // Unlike asyncio, what has not ended by then is cancelled.
  it(
    "is cut by a time limit around the loop, after what came in time",
    virtual(async (time) => {
      const values: unknown[] = [];
      let late = false;
      const loop = withTimeout(120, async () => {
        const work = (ms: number): Promise<void> =>
          sleep(ms).then(() => {
            late = ms === 150;
          });
        for await (const { item } of completed([100, 150], work)) values.push(item);
      });
      await assert.rejects(loop, TimeoutError);
      assert.deepEqual([values, time.now()], [[100], 120]);
      await sleep(100);
      assert.equal(late, false);
    }),
  );

  it(
    "is not disturbed by a time limit that it keeps",
    virtual(async (time) => {
      const values: unknown[] = [];
      await withTimeout(1_000, async () => {
        for await (const outcome of completed(["a"], (item) => sleep(10).then(() => item))) {
          values.push(outcome.status === "fulfilled" && outcome.value);
        }
      });
      assert.deepEqual([values, time.now()], [["a"], 10]);
    }),
  );

  // Unlike asyncio, a loop that is left cannot be resumed: what it began has ended then, and the next loop begins anew.
  it(
    "ends the rest when its loop is left, and begins anew in the next loop",
    virtual(async (time) => {
      const ended: number[] = [];
      const outcomes = completed([1, 2, 30, 40], (ms) => sleep(ms).then(() => ended.push(ms)));
      let count = 0;
      for await (const { status } of outcomes) {
        assert.equal(status, "fulfilled");
        if (++count === 2) break;
      }
      assert.deepEqual([ended, time.now()], [[1, 2], 2]);
      for await (const { item } of outcomes) count += item;
      assert.deepEqual([ended, count], [[1, 2, 1, 2, 30, 40], 75]);
    }),
  );

  it(
    "says for each outcome which item it is of, in whatever order they come",
    virtual(async (time) => {
      const seen: unknown[] = [];
      const work = (ms: number): Promise<string> => sleep(ms).then(() => `${ms}`);
      for await (const { index, item } of completed([100, 50], work))
        seen.push([index, item, time.now()]);
      assert.deepEqual(seen, [
        [1, 50, 50],
        [0, 100, 100],
      ]);
    }),
  );

  it(
    "yields both of two that end at the same instant",
    virtual(async (time) => {
      const seen: string[] = [];
      for await (const { item } of completed(["a", "b"], () => sleep(50))) seen.push(item);
      assert.deepEqual([seen, time.now()], [["a", "b"], 50]);
    }),
  );

  // Unlike asyncio, where a coroutine that is given twice is yielded once.
  it(
    "works on an item as often as it is given",
    virtual(async () => {
      let calls = 0;
      const seen: string[] = [];
      const work = async (): Promise<number> => ++calls;
      for await (const { item } of completed(["ham", "ham", "spam"], work)) seen.push(item);
      assert.deepEqual([seen, calls], [["ham", "ham", "spam"], 3]);
    }),
  );

  it(
    "refuses what cannot be iterated, at the call",
    virtual(() => {
      for (const wrong of [new Future<void>(), async () => {}, 5]) {
        assert.throws(() => completed(wrong as never, async () => {}), InvalidArgument);
      }
    }),
  );
});
