/** The cases of CPython's test_locks that belong to Semaphore, as tsyncio has them. The table is in cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  InvalidArgument,
  NotHeld,
  Semaphore,
  sleep,
  withTaskGroup,
  withTimeout,
  type Hold,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

async function takeAll(semaphore: Semaphore): Promise<Hold[]> {
  const holds: Hold[] = [];
  while (semaphore.stats().free > 0) holds.push(await semaphore.acquire());
  return holds;
}

describe("Semaphore, as asyncio has it", () => {
  it("unlike asyncio, a semaphore has at least one permit: one without is a lock that nobody can take", () => {
    assert.throws(() => new Semaphore(0), InvalidArgument);
  });

  it(
    "unlike asyncio, a semaphore tells about itself by stats(), not by its text",
    virtual(async (t) => {
      const semaphore = new Semaphore(2);
      assert.deepEqual(semaphore.stats(), { permits: 2, free: 2, waiters: 0 });
      const [hold] = await takeAll(semaphore);
      assert.deepEqual(semaphore.stats(), { permits: 2, free: 0, waiters: 0 });
      await withTaskGroup(async (group) => {
        group.spawn(() => semaphore.acquire());
        await t.settled();
        assert.deepEqual(semaphore.stats(), { permits: 2, free: 0, waiters: 1 });
        hold!.release();
      });
    }),
  );

  it(
    "awaiting the semaphore itself does not acquire it",
    virtual(async () => {
      const semaphore = new Semaphore(1);
      assert.equal("then" in semaphore, false);
      using _ = await semaphore.acquire();
      assert.equal(semaphore.stats().free, 0);
    }),
  );

  it("a negative number of permits is refused", () => {
    assert.throws(() => new Semaphore(-1), InvalidArgument);
  });

  it(
    "a released permit goes to the waiter at once, and is never free in between",
    virtual(async (t) => {
      const semaphore = new Semaphore(3);
      const result: number[] = [];
      const holds = await takeAll(semaphore);
      assert.equal(semaphore.tryAcquire(), undefined);
      await withTaskGroup(async (group) => {
        const tasks = [1, 2, 3].map((n) =>
          group.spawn(async () => {
            const hold = await semaphore.acquire();
            result.push(n);
            return hold;
          }),
        );
        await t.settled();
        assert.deepEqual(result, []);
        holds[0]!.release();
        assert.deepEqual(semaphore.stats(), { permits: 3, free: 0, waiters: 2 });
        assert.equal(semaphore.tryAcquire(), undefined);
        await t.settled();
        assert.deepEqual(result, [1]);
        holds[1]!.release();
        holds[2]!.release();
        for (const task of tasks) (await task.join()).release();
      });
      assert.deepEqual(result, [1, 2, 3]);
      assert.equal(semaphore.stats().free, 3);
    }),
  );

  it(
    "a cancelled acquisition of a permit leaves no waiter behind",
    virtual(async (t) => {
      const semaphore = new Semaphore(1);
      const hold = await semaphore.acquire();
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => semaphore.acquire());
        await t.settled();
        task.cancel();
        await assert.rejects(task.join(), { code: "TSY_TASK_CANCELLED" });
      });
      assert.equal(semaphore.stats().waiters, 0);
      hold.release();
      assert.equal(semaphore.stats().free, 1);
    }),
  );

  it(
    "waiters that were cancelled are passed over: a release wakes the first that still waits, and no other",
    virtual(async (t) => {
      const semaphore = new Semaphore(1);
      const hold = await semaphore.acquire();
      await withTaskGroup(async (group) => {
        const tasks = [1, 2, 3, 4].map(() => group.spawn(() => semaphore.acquire()));
        await t.settled();
        tasks[0]!.cancel();
        tasks[1]!.cancel();
        hold.release();
        await t.settled();
        assert.deepEqual(
          tasks.map(({ state }) => state),
          ["cancelled", "cancelled", "done", "running"],
        );
        tasks[3]!.cancel();
      });
    }),
  );

  it(
    "a release after the cancellation of the head is not lost: the next one acquires",
    virtual(async (t) => {
      const semaphore = new Semaphore(1);
      const hold = await semaphore.acquire();
      await withTaskGroup(async (group) => {
        const head = group.spawn(() => semaphore.acquire());
        const next = group.spawn(() => semaphore.acquire());
        await t.settled();
        head.cancel();
        hold.release();
        await withTimeout(1_000, () => next.join());
      });
      assert.deepEqual(semaphore.stats(), { permits: 1, free: 0, waiters: 0 });
    }),
  );

  it(
    "unlike asyncio, a task that is cancelled in the middle of a hand-over gets its permit and gives it back",
    virtual(async () => {
      const semaphore = new Semaphore(1);
      let entered = false;
      await withTaskGroup((group) => {
        group.spawn(async () => {
          {
            using _ = await semaphore.acquire();
            await sleep(1);
          }
          second.cancel();
        });
        const second = group.spawn(async () => {
          using _ = await semaphore.acquire();
          entered = true;
          await sleep(1);
          assert.fail("the next wait meets the cancellation");
        });
      });
      assert.equal(entered, true);
      using _ = await withTimeout(1_000, () => semaphore.acquire());
    }),
  );

  it(
    "a permit cannot be given back twice",
    virtual(async () => {
      const semaphore = new Semaphore(1);
      const hold = await semaphore.acquire();
      hold.release();
      assert.throws(() => hold.release(), NotHeld);
      assert.equal(semaphore.stats().free, 1);
    }),
  );

  it(
    "a release without waiters makes the permit free",
    virtual(async () => {
      const semaphore = new Semaphore(1);
      const hold = await semaphore.acquire();
      assert.equal(semaphore.stats().free, 0);
      hold.release();
      assert.deepEqual(semaphore.stats(), { permits: 1, free: 1, waiters: 0 });
    }),
  );

  it(
    "who acquires again goes to the back",
    virtual(async () => {
      const semaphore = new Semaphore(1);
      const result: string[] = [];
      await withTaskGroup((group) => {
        for (const tag of ["a", "b", "c"]) {
          group.spawn(async () => {
            for (const round of [1, 2]) {
              using _ = await semaphore.acquire();
              result.push(tag + round);
              await sleep(10);
            }
          });
        }
      });
      assert.deepEqual(result, ["a1", "b1", "c1", "a2", "b2", "c2"]);
    }),
  );

  it(
    "several releases in one turn wake the waiters in order, and a later comer runs after them",
    virtual(async (t) => {
      const semaphore = new Semaphore(3);
      const result: number[] = [];
      const acquire = async (n: number): Promise<void> => {
        using _ = await semaphore.acquire();
        result.push(n);
        await sleep(1);
      };
      const holds = await takeAll(semaphore);
      await withTaskGroup(async (group) => {
        for (const n of [1, 2, 3]) group.spawn(acquire, n);
        await t.settled();
        for (const hold of holds) hold.release();
        group.spawn(acquire, 4);
      });
      assert.deepEqual(result, [1, 2, 3, 4]);
    }),
  );

  it(
    "a cancelled head does not disturb the order of those behind it",
    virtual(async (t) => {
      const semaphore = new Semaphore(2);
      const result: number[] = [];
      const acquire = async (n: number): Promise<void> => {
        await semaphore.acquire();
        result.push(n);
      };
      const holds = await takeAll(semaphore);
      await withTaskGroup(async (group) => {
        const head = group.spawn(acquire, 1);
        group.spawn(acquire, 2);
        group.spawn(acquire, 3);
        await t.settled();
        head.cancel();
        for (const hold of holds) hold.release();
      });
      assert.deepEqual(result, [2, 3]);
    }),
  );

  it(
    "one turn lets all in for whom there are permits, and a task that is spawned then runs after them",
    virtual(async (t) => {
      const semaphore = new Semaphore(3);
      const result: number[] = [];
      const holds = await takeAll(semaphore);
      const acquire = async (n: number): Promise<void> => {
        await semaphore.acquire();
        result.push(n);
      };
      await withTaskGroup(async (group) => {
        group.spawn(acquire, 1);
        await t.settled();
        for (const hold of holds) hold.release();
        assert.deepEqual(semaphore.stats(), { permits: 3, free: 2, waiters: 0 });
        group.spawn(acquire, 2);
        group.spawn(acquire, 3);
        await t.settled();
        assert.deepEqual(result, [1, 2, 3]);
      });
      assert.equal(semaphore.stats().free, 0);
    }),
  );
});
