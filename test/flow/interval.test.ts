import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { interval, InvalidArgument, sleep, withTimeoutOr } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("interval", () => {
  it(
    "ticks at fixed instants, whatever the body takes",
    virtual(async (time) => {
      const at: number[] = [];
      for await (const tick of interval(100)) {
        at.push(time.now());
        await sleep(30);
        if (tick === 3) break;
      }
      assert.deepEqual(at, [100, 200, 300]);
    }),
  );

  it(
    "skips the ticks that a slow body missed",
    virtual(async (time) => {
      const ticks: Array<[number, number]> = [];
      for await (const tick of interval(100)) {
        ticks.push([tick, time.now()]);
        if (ticks.length === 3) break;
        await sleep(250);
      }
      assert.deepEqual(ticks, [
        [1, 100],
        [4, 400],
        [7, 700],
      ]);
    }),
  );

  it(
    "ends with its scope",
    virtual(async () => {
      let last = 0;
      await withTimeoutOr(
        350,
        async () => {
          for await (const tick of interval(100)) last = tick;
        },
        undefined,
      );
      assert.equal(last, 3);
    }),
  );

  for (const bad of [0, -1, Infinity, Number.NaN, "1"] as never[]) {
    it(`refuses ${String(bad)}`, () => assert.throws(() => interval(bad), InvalidArgument));
  }
});
