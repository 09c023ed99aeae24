import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkpoint, InvalidArgument, sleep, withTaskGroup } from "../../../../src/index.ts";
import { OriginLimits } from "../../../../src/http/client/features/origin-limits.ts";
import { virtual } from "../../../../src/testing.ts";
import { everySchedule, unlessStruck } from "../../../explored.ts";
import { everyStep } from "../../../every-step.ts";

describe("Limits per origin", () => {
  it(
    "let so many in at once, each origin by itself, first come, first served",
    virtual(async () => {
      const limits = new OriginLimits({ concurrency: 2 });
      const log: string[] = [];
      await withTaskGroup((group) => {
        for (const name of ["a1", "a2", "a3", "b1"])
          group.spawn(async () => {
            using _ = await limits.enter(name.slice(0, 1));
            log.push(name);
            await sleep(10);
            log.push(`${name} out`);
          });
      });
      assert.deepEqual(log, ["a1", "a2", "b1", "a1 out", "a2 out", "b1 out", "a3", "a3 out"]);
    }),
  );

  it(
    "keep to a rate, each origin by itself",
    virtual(async (time) => {
      const limits = new OriginLimits({ rate: { limit: 2, intervalMs: 1_000, burst: 1 } });
      const at: number[] = [];
      for (let n = 0; n < 3; n++) {
        (await limits.enter("a")).release();
        (await limits.enter(`b${n}`)).release();
        at.push(time.now());
      }
      assert.deepEqual(
        at.map((each) => each - (at[0] ?? 0)),
        [0, 500, 1_000],
      );
    }),
  );

  it(
    "lose no place when an entry is cancelled at any step",
    everyStep(async (step) => {
      const limits = new OriginLimits({ concurrency: 1, rate: { limit: 1, intervalMs: 10 } });
      const first = await limits.enter("a");
      await withTaskGroup((group) => {
        group.spawn(() =>
          step.attempt(async () => {
            using _ = await limits.enter("a");
            await sleep(1);
          }),
        );
        group.spawn(async () => {
          await sleep(5);
          first.release();
        });
      });
      (await limits.enter("a")).release();
    }),
  );

  it(
    "let no more in than there are places, and lose none, under every schedule and cancellation of two tasks",
    everySchedule(async () => {
      const limits = new OriginLimits({ concurrency: 1 });
      let inside = 0;
      await unlessStruck(() =>
        withTaskGroup((group) => {
          for (const _ of [1, 2])
            group.spawn(async () => {
              using _hold = await limits.enter("a");
              assert.equal(++inside, 1);
              try {
                await checkpoint();
              } finally {
                inside--;
              }
            });
        }),
      );
      (await limits.enter("a")).release();
    }),
  );

  it(
    "remember no origin for longer than it matters",
    virtual(async () => {
      const limits = new OriginLimits({ concurrency: 1, rate: { limit: 1, intervalMs: 100 } });
      using _ = await limits.enter("held");
      for (let n = 0; n < 1_000; n++) {
        (await limits.enter(`o${n}`)).release();
        await sleep(10);
      }
      assert.ok(limits.size <= 64, `${limits.size}`);
      const late = limits.enter("held");
      assert.equal(
        await Promise.race([late.then(() => "in"), sleep(1_000).then(() => "waits")]),
        "waits",
      );
      _.release();
      (await late).release();
    }),
  );

  it("refuse figures that are none, when they are made", () => {
    assert.throws(() => new OriginLimits({ concurrency: 0 }), InvalidArgument);
    assert.throws(() => new OriginLimits({ rate: { limit: 1, intervalMs: 0 } }), InvalidArgument);
  });
});
