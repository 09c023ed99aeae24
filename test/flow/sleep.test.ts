import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  checkpoint,
  InvalidArgument,
  sleep,
  withCancelScope,
  withTaskGroup,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("sleep", () => {
  it(
    "waits for its time, and never less",
    virtual(async (time) => {
      await sleep(1_500);
      assert.equal(time.now(), 1_500);
    }),
  );

  it(
    "wakes sleepers in the order of their instants, and equal ones in the order in which they came",
    virtual(async () => {
      const woken: string[] = [];
      await withTaskGroup((group) => {
        for (const [name, ms] of [
          ["c", 30],
          ["a", 10],
          ["b", 20],
          ["a2", 10],
        ] as const) {
          group.spawn(async () => {
            await sleep(ms);
            woken.push(name);
          });
        }
      });
      assert.deepEqual(woken, ["a", "a2", "b", "c"]);
    }),
  );

  it(
    "takes durations beyond 2^31 - 1 ms",
    virtual(async (time) => {
      await sleep(2 ** 33);
      assert.equal(time.now(), 2 ** 33);
    }),
  );

  it(
    "takes one turn of the event loop for 0 and for negative durations",
    virtual(async (time) => {
      let turned = false;
      setImmediate(() => {
        turned = true;
      });
      await sleep(-5);
      await sleep(0);
      assert.equal(turned, true);
      assert.equal(time.now(), 0);
    }),
  );

  it(
    "rejects at once in a cancelled scope, also for 0",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        await assert.rejects(sleep(0), Cancelled);
        await assert.rejects(sleep(10), Cancelled);
      });
    }),
  );

  it(
    "is ended by a cancellation in the middle, and leaves no timer",
    virtual(async (time) => {
      await withCancelScope(async (scope) => {
        await withTaskGroup(async (group) => {
          group.spawn(() => sleep(60_000));
          group.spawn(() => sleep(0));
          await sleep(5);
          scope.cancel();
        });
      });
      assert.equal(time.now(), 5);
    }),
  );

  for (const bad of [Number.NaN, "5", undefined, null] as never[]) {
    it(`refuses ${String(bad)} and says what to give`, () => {
      assert.throws(
        () => sleep(bad),
        (error) => error instanceof InvalidArgument && /ms of sleep.*milliseconds/.test(error.message),
      );
    });
  }
});

describe("checkpoint", () => {
  it(
    "lets the event loop turn after a number of operations",
    virtual(async () => {
      let turned = false;
      setImmediate(() => {
        turned = true;
      });
      for (let i = 0; i < 1_100; i++) await checkpoint();
      assert.equal(turned, true);
    }),
  );

  it(
    "rejects in a cancelled scope",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        scope.cancel("enough");
        await assert.rejects(checkpoint(), { reason: "enough" });
      });
    }),
  );
});
