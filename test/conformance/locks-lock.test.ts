/** The cases of CPython's test_locks that belong to Lock, as tsyncio has them. The table is in cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Lock, NotHeld, withTaskGroup } from "../../src/index.ts";
import { virtual, type VirtualTime } from "../../src/testing.ts";

describe("Lock, as asyncio has it", () => {
  it(
    "unlike asyncio, a lock tells about itself by stats(), not by its text",
    virtual(async (t) => {
      const lock = new Lock();
      assert.deepEqual(lock.stats(), { isHeld: false, waiters: 0 });
      const hold = await lock.acquire();
      assert.deepEqual(lock.stats(), { isHeld: true, waiters: 0 });
      await withTaskGroup(async (group) => {
        group.spawn(() => lock.with(() => {}));
        await t.settled();
        assert.deepEqual(lock.stats(), { isHeld: true, waiters: 1 });
        hold.release();
      });
      assert.deepEqual(lock.stats(), { isHeld: false, waiters: 0 });
    }),
  );

  it(
    "awaiting the lock itself does not acquire it",
    virtual(async () => {
      const lock = new Lock();
      assert.equal("then" in lock, false);
      assert.equal(lock.isHeld, false);
      using _ = await lock.acquire();
      assert.equal(lock.isHeld, true);
    }),
  );

  it(
    "a lock, or an acquisition that was not awaited, is refused by using",
    virtual(async () => {
      const lock = new Lock();
      assert.throws(() => {
        using _ = lock as unknown as Disposable;
      }, TypeError);
      assert.equal(lock.isHeld, false);
      const acquired = lock.acquire();
      assert.throws(() => {
        using _ = acquired as unknown as Disposable;
      }, TypeError);
      (await acquired).release();
    }),
  );

  it(
    "each release lets exactly one waiter in, in the order in which they came",
    virtual(async (t) => {
      const lock = new Lock();
      const result: number[] = [];
      const first = await lock.acquire();
      await withTaskGroup(async (group) => {
        const tasks = [1, 2, 3].map((n) =>
          group.spawn(async () => {
            const hold = await lock.acquire();
            result.push(n);
            return hold;
          }),
        );
        await t.settled();
        assert.deepEqual(result, []);
        first.release();
        for (const [at, task] of tasks.entries()) {
          await t.settled();
          assert.deepEqual(result, [1, 2, 3].slice(0, at + 1));
          (await task.join()).release();
        }
      });
      assert.equal(lock.isHeld, false);
    }),
  );

  it(
    "a cancelled acquisition leaves no waiter behind",
    virtual(async (t) => {
      const lock = new Lock();
      const hold = await lock.acquire();
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => lock.acquire());
        await t.settled();
        assert.equal(lock.stats().waiters, 1);
        task.cancel();
        assert.equal(lock.stats().waiters, 0);
        await assert.rejects(task.join(), { code: "TSY_TASK_CANCELLED" });
      });
      assert.equal(lock.isHeld, true);
      hold.release();
      assert.equal(lock.isHeld, false);
    }),
  );

  it(
    "a release in the same turn as the cancellation of the next waiter lets the one behind it in",
    virtual(async (t) => {
      const lock = new Lock();
      const got: string[] = [];
      const acquire = async (name: string): Promise<void> => {
        using _ = await lock.acquire();
        got.push(name);
      };
      const a = await lock.acquire();
      await withTaskGroup(async (group) => {
        const b = group.spawn(acquire, "b");
        const c = group.spawn(acquire, "c");
        await t.settled();
        b.cancel();
        a.release();
        await c.join();
        await t.settled();
        assert.equal(b.state, "cancelled");
      });
      assert.deepEqual(got, ["c"]);
    }),
  );

  it(
    "a cancellation and a release in one turn let exactly one task in, whichever comes first",
    virtual(async (t) => {
      assert.deepEqual(await race(t, "cancel first"), { entered: [2], waiters: 1 });
      assert.deepEqual(await race(t, "release first"), { entered: [1], waiters: 2 });
    }),
  );

  it(
    "unlike asyncio, a waiter that was handed the lock keeps it when it is cancelled in the same turn, and passes it on itself",
    virtual(async (t) => {
      const lock = new Lock();
      const log: string[] = [];
      const acquire = async (name: string): Promise<void> => {
        using _ = await lock.acquire();
        log.push(name);
      };
      const hold = await lock.acquire();
      await withTaskGroup(async (group) => {
        const first = group.spawn(acquire, "first");
        group.spawn(acquire, "second");
        await t.settled();
        hold.release();
        first.cancel();
        assert.equal(lock.stats().waiters, 1);
      });
      assert.deepEqual(log, ["first", "second"]);
      assert.equal(lock.isHeld, false);
    }),
  );

  it(
    "releasing what is not held throws",
    virtual(async () => {
      const lock = new Lock();
      const hold = await lock.acquire();
      hold.release();
      assert.throws(() => hold.release(), NotHeld);
      assert.equal(lock.isHeld, false);
    }),
  );

  it(
    "a release without waiters leaves the lock free",
    virtual(async () => {
      const lock = new Lock();
      (await lock.acquire()).release();
      assert.deepEqual(lock.stats(), { isHeld: false, waiters: 0 });
    }),
  );

  it(
    "a using block holds the lock to its end",
    virtual(async () => {
      const lock = new Lock();
      {
        using _ = await lock.acquire();
        assert.equal(lock.isHeld, true);
      }
      assert.equal(lock.isHeld, false);
    }),
  );
});

/** Three tasks wait for a lock; it is released, and the head is cancelled, in the same turn. Nobody releases it again. */
async function race(
  t: VirtualTime,
  order: "cancel first" | "release first",
): Promise<{ entered: number[]; waiters: number }> {
  const lock = new Lock();
  const entered: number[] = [];
  const hold = await lock.acquire();
  return await withTaskGroup(async (group) => {
    const [head] = [1, 2, 3].map((n) =>
      group.spawn(async () => {
        await lock.acquire();
        entered.push(n);
      }),
    );
    await t.settled();
    if (order === "cancel first") head!.cancel();
    hold.release();
    if (order === "release first") head!.cancel();
    await t.settled();
    const { waiters } = lock.stats();
    group.cancelTasks();
    return { entered, waiters };
  });
}
