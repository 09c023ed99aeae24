import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { completed, InvalidArgument, sleep, withTimeoutOr } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("completed", () => {
  it(
    "yields outcomes with item and index as they come",
    virtual(async (time) => {
      const seen: unknown[] = [];
      const fn = async (ms: number): Promise<number> => {
        await sleep(ms);
        if (ms === 20) throw "no";
        return ms * 2;
      };
      for await (const outcome of completed([30, 10, 20], fn)) seen.push([time.now(), outcome]);
      assert.deepEqual(seen, [
        [10, { item: 10, index: 1, status: "fulfilled", value: 20 }],
        [20, { item: 20, index: 2, status: "rejected", reason: "no" }],
        [30, { item: 30, index: 0, status: "fulfilled", value: 60 }],
      ]);
    }),
  );

  it(
    "runs no further ahead of its reader than its workers",
    virtual(async () => {
      let started = 0;
      const fn = async (): Promise<void> => void started++;
      for await (const { index } of completed(Array(50).keys(), fn, { concurrency: 2 })) {
        await sleep(1);
        assert.ok(started <= index + 5, `${started} started at ${index}`);
      }
      assert.equal(started, 50);
    }),
  );

  it(
    "cancels the rest when the loop is left, waits for it, and disposes of what nobody read",
    virtual(async (time) => {
      const log: string[] = [];
      const open = async (ms: number): Promise<Disposable> => {
        try {
          await sleep(ms);
        } catch (error) {
          log.push(`cancelled ${ms}`);
          throw error;
        }
        return { [Symbol.dispose]: () => void log.push(`disposed ${ms}`) };
      };
      for await (const outcome of completed([1, 2, 3, 100], open)) {
        assert.equal(outcome.item, 1);
        await sleep(10);
        break;
      }
      assert.equal(time.now(), 11);
      assert.deepEqual(log.sort(), ["cancelled 100", "disposed 2", "disposed 3"]);
    }),
  );

  it(
    "throws a failure of the source after the outcomes that came before",
    virtual(async () => {
      async function* source(): AsyncGenerator<number> {
        yield 1;
        await sleep(5);
        throw new Error("source");
      }
      const seen: number[] = [];
      await assert.rejects(async () => {
        for await (const { item } of completed(source(), (n) => n)) seen.push(item);
      }, /source/);
      assert.deepEqual(seen, [1]);
    }),
  );

  it(
    "throws a cancellation of its scope from the loop",
    virtual(async () => {
      const loop = async (): Promise<void> => {
        for await (const _ of completed([1, 50], (ms) => sleep(ms)));
      };
      assert.equal(await withTimeoutOr(5, loop, "late"), "late");
    }),
  );

  it("refuses bad arguments at the call", () => {
    assert.throws(() => completed(1 as never, () => {}), InvalidArgument);
  });
});
