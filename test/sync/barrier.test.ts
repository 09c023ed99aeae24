import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Barrier, BrokenBarrier, InvalidArgument, sleep, withTaskGroup } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("Barrier", () => {
  it(
    "lets all go when the last has come, each with another index",
    virtual(async (t) => {
      const barrier = new Barrier(3);
      const indices: number[] = [];
      await withTaskGroup(async (group) => {
        for (let i = 0; i < 2; i++) group.spawn(async () => indices.push(await barrier.wait()));
        await t.settled();
        assert.deepEqual(barrier.stats(), { parties: 3, waiting: 2, broken: false });
        assert.deepEqual(indices, []);
        assert.equal(await barrier.wait(), 2);
      });
      assert.deepEqual(indices, [0, 1]);
      assert.equal(barrier.waiting, 0);
    }),
  );

  it(
    "with one party never waits",
    virtual(async () => {
      const barrier = new Barrier(1);
      for (let i = 0; i < 3; i++) assert.equal(await barrier.wait(), 0);
    }),
  );

  it(
    "keeps generations apart, however fast its tasks come back",
    virtual(async () => {
      const barrier = new Barrier(4);
      const rounds: number[][] = Array.from({ length: 10 }, () => []);
      await withTaskGroup((group) => {
        for (let i = 0; i < 4; i++) {
          group.spawn(async () => {
            for (const [round, indices] of rounds.entries()) {
              if ((round + i) % 3 === 0) await sleep(i);
              indices.push(await barrier.wait());
            }
          });
        }
      });
      for (const indices of rounds) {
        assert.deepEqual(
          indices.toSorted((a, b) => a - b),
          [0, 1, 2, 3],
        );
      }
    }),
  );

  it(
    "a cancelled wait counts no more, and another fills its place",
    virtual(async (t) => {
      const barrier = new Barrier(2);
      await withTaskGroup(async (group) => {
        const gone = group.spawn(() => barrier.wait());
        await t.settled();
        gone.cancel();
        assert.equal(barrier.waiting, 0);
        const first = group.spawn(() => barrier.wait());
        await t.settled();
        assert.equal(await barrier.wait(), 1);
        assert.equal(await first.join(), 0);
      });
    }),
  );

  it(
    "a task that is cancelled in the turn in which the last comes still goes with its generation",
    virtual(async (t) => {
      const barrier = new Barrier(2);
      await withTaskGroup(async (group) => {
        const first = group.spawn(() => barrier.wait());
        await t.settled();
        const last = barrier.wait();
        first.cancel();
        assert.equal(await first.join(), 0);
        assert.equal(await last, 1);
      });
    }),
  );

  it(
    "reset fails those who wait and no others, and leaves it usable",
    virtual(async (t) => {
      const barrier = new Barrier(2);
      barrier.reset();
      await withTaskGroup(async (group) => {
        group.spawn(() => assert.rejects(barrier.wait(), BrokenBarrier));
        await t.settled();
        barrier.reset();
        assert.equal(barrier.broken, false);
        const first = group.spawn(() => barrier.wait());
        await t.settled();
        const last = barrier.wait();
        barrier.reset();
        assert.equal(await last, 1);
        assert.equal(await first.join(), 0);
      });
    }),
  );

  it(
    "abort fails those who wait and those who come, until it is reset",
    virtual(async (t) => {
      const barrier = new Barrier(2);
      await withTaskGroup(async (group) => {
        group.spawn(() => assert.rejects(barrier.wait(), { code: "TSY_BROKEN_BARRIER" }));
        await t.settled();
        barrier.abort();
        assert.equal(barrier.broken, true);
        await assert.rejects(barrier.wait(), BrokenBarrier);
        barrier.reset();
        group.spawn(() => barrier.wait());
        await t.settled();
        assert.equal(await barrier.wait(), 1);
      });
    }),
  );

  it("refuses a number of parties that is no count", () => {
    for (const parties of [0, -1, 1.5, NaN]) assert.throws(() => new Barrier(parties), InvalidArgument);
  });
});
