/** The cases of CPython's test_locks about resetting and aborting a Barrier, as tsyncio has them. The table is in cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Barrier, BrokenBarrier, withTaskGroup } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

const N = 5;

/** Waits, and says whether the barrier held. */
async function come(barrier: Barrier): Promise<"passed" | "broken"> {
  try {
    await barrier.wait();
    return "passed";
  } catch (error) {
    if (!(error instanceof BrokenBarrier)) throw error;
    return "broken";
  }
}

/** `count` tasks that come to the barrier, and what became of each. */
function comeAll(barrier: Barrier, count: number): Promise<string[]> {
  return withTaskGroup(async (group) => {
    const tasks = Array.from({ length: count }, () => group.spawn(come, barrier));
    const results: string[] = [];
    for (const task of tasks) results.push(await task.join());
    return results;
  });
}

const times = (count: number, result: string): string[] => Array<string>(count).fill(result);

describe("Barrier.reset, as asyncio has it", () => {
  it("resetting an empty barrier changes nothing", () => {
    const barrier = new Barrier(1);
    barrier.reset();
    assert.deepEqual(barrier.stats(), { parties: 1, waiting: 0, broken: false });
  });

  it(
    "those who wait when a barrier is reset throw BrokenBarrier, and it is usable again",
    virtual(async (t) => {
      const barrier = new Barrier(N);
      await withTaskGroup(async (group) => {
        const waiting = group.spawn(comeAll, barrier, N - 1);
        await t.settled();
        assert.equal(barrier.waiting, N - 1);
        barrier.reset();
        assert.deepEqual(await waiting.join(), times(N - 1, "broken"));
      });
      assert.equal(barrier.broken, false);
      assert.deepEqual(await comeAll(barrier, N), times(N, "passed"));
    }),
  );

  it(
    "unlike asyncio, a reset by the first of a generation to run breaks nobody: all have left",
    virtual(async () => {
      const barrier = new Barrier(N);
      const results: string[] = [];
      await withTaskGroup((group) => {
        for (let i = 0; i < N; i++) {
          group.spawn(async () => {
            results.push(await come(barrier));
            if (results.length === 2) barrier.reset();
          });
        }
      });
      assert.deepEqual(results, times(N, "passed"));
      assert.equal(barrier.broken, false);
    }),
  );

  it(
    "a reset while half of a generation has come back breaks only those who came back",
    virtual(async (t) => {
      const barrier = new Barrier(N);
      const first: string[] = [];
      const second: string[] = [];
      await withTaskGroup(async (group) => {
        for (let i = 0; i < N; i++) {
          group.spawn(async () => {
            first.push(await come(barrier));
            if (i < 2) second.push(await come(barrier));
          });
        }
        await t.settled();
        assert.equal(barrier.waiting, 2);
        barrier.reset();
      });
      assert.deepEqual(first, times(N, "passed"));
      assert.deepEqual(second, times(2, "broken"));
      assert.equal(barrier.waiting, 0);
    }),
  );

  it(
    "tasks that a reset has thrown out can wait again, and fill the barrier",
    virtual(async (t) => {
      const barrier = new Barrier(N);
      const results: string[] = [];
      await withTaskGroup(async (group) => {
        for (let i = 0; i < N - 1; i++) {
          group.spawn(async () => {
            results.push(await come(barrier));
            results.push(await come(barrier));
          });
        }
        await t.settled();
        barrier.reset();
        await t.settled();
        assert.equal(barrier.waiting, N - 1);
        assert.equal(await come(barrier), "passed");
      });
      assert.deepEqual(results.toSorted(), [...times(N - 1, "broken"), ...times(N - 1, "passed")]);
    }),
  );

  it(
    "a reset in the turn in which a barrier fills comes too late to break anybody",
    virtual(async (t) => {
      const barrier = new Barrier(N);
      await withTaskGroup(async (group) => {
        const waiting = group.spawn(comeAll, barrier, N - 1);
        await t.settled();
        const last = barrier.wait();
        barrier.reset();
        assert.equal(await last, N - 1);
        assert.deepEqual(await waiting.join(), times(N - 1, "passed"));
      });
      assert.equal(barrier.broken, false);
    }),
  );
});

describe("Barrier.abort, as asyncio has it", () => {
  it(
    "an aborted barrier is broken for all who come",
    virtual(async () => {
      const barrier = new Barrier(1);
      barrier.abort();
      assert.equal(barrier.broken, true);
      assert.equal(barrier.waiting, 0);
      await assert.rejects(barrier.wait(), { code: "TSY_BROKEN_BARRIER" });
    }),
  );

  it(
    "an abort while half of a generation has come back breaks those who came back, and all later ones",
    virtual(async (t) => {
      const barrier = new Barrier(N);
      const first: string[] = [];
      const second: string[] = [];
      await withTaskGroup(async (group) => {
        for (let i = 0; i < N; i++) {
          group.spawn(async () => {
            first.push(await come(barrier));
            if (i < 2) second.push(await come(barrier));
          });
        }
        await t.settled();
        barrier.abort();
      });
      assert.deepEqual(first, times(N, "passed"));
      assert.deepEqual(second, times(2, "broken"));
      assert.equal(barrier.broken, true);
      assert.equal(await come(barrier), "broken");
    }),
  );

  it(
    "a task that fails can abort the barrier, so that the others do not wait for it for ever",
    virtual(async () => {
      const barrier = new Barrier(N);
      const results = await failOneOf(barrier);
      assert.deepEqual(results, times(N - 1, "broken"));
      assert.equal(barrier.broken, true);
      assert.equal(barrier.waiting, 0);
    }),
  );

  it(
    "a reset makes a barrier usable that was aborted for a failure",
    virtual(async () => {
      const barrier = new Barrier(N);
      await failOneOf(barrier);
      barrier.reset();
      assert.equal(barrier.broken, false);
      assert.deepEqual(await comeAll(barrier, N), times(N, "passed"));
      assert.equal(barrier.waiting, 0);
    }),
  );
});

/** A generation one of whose tasks fails and aborts the barrier, while the others come back to it. */
async function failOneOf(barrier: Barrier): Promise<string[]> {
  const results: string[] = [];
  await withTaskGroup((group) => {
    for (let i = 0; i < N; i++) {
      group.spawn(async () => {
        try {
          if ((await barrier.wait()) === 2) throw new Error("a party that does not come back");
          results.push(await come(barrier));
        } catch {
          barrier.abort();
        }
      });
    }
  });
  return results;
}
