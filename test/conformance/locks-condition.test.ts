/** The cases of CPython's test_locks about waiting and notifying with a Condition, as tsyncio has them. The table is in cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Condition, Lock, NotHeld, TimeoutError, withTaskGroup, withTimeout } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("Condition, as asyncio has it", () => {
  it(
    "each notification wakes one waiter, which goes on when it gets the lock",
    virtual(async (t) => {
      const condition = new Condition();
      const result: number[] = [];
      const wait = async (n: number): Promise<void> => {
        using _ = await condition.acquire();
        await condition.wait();
        result.push(n);
      };
      await withTaskGroup(async (group) => {
        for (const n of [1, 2, 3]) group.spawn(wait, n);
        await t.settled();
        assert.equal(condition.lock.isHeld, false);

        const hold = await condition.acquire();
        condition.notify();
        await t.settled();
        assert.deepEqual(result, []);
        hold.release();
        await t.settled();
        assert.deepEqual(result, [1]);

        await condition.with(() => condition.notify(2));
        await t.settled();
        assert.deepEqual(result, [1, 2, 3]);
        assert.equal(condition.lock.isHeld, false);
      });
    }),
  );

  it(
    "a cancelled wait holds the lock again when it throws, and leaves no waiter behind",
    virtual(async (t) => {
      const condition = new Condition();
      let heldAfter = false;
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          using _ = await condition.acquire();
          try {
            await condition.wait();
          } finally {
            heldAfter = condition.lock.isHeld;
          }
        });
        await t.settled();
        assert.equal(condition.lock.isHeld, false);
        task.cancel();
        await assert.rejects(task.join(), { code: "TSY_TASK_CANCELLED" });
      });
      assert.equal(heldAfter, true);
      assert.deepEqual(condition.stats(), { waiters: 0, lock: { isHeld: false, waiters: 0 } });
    }),
  );

  it(
    "a wait that was notified returns under the lock, although it is cancelled while others hold the lock",
    virtual(async (t) => {
      const condition = new Condition();
      let returned = false;
      await withTaskGroup(async (group) => {
        const waiter = group.spawn(async () => {
          using _ = await condition.acquire();
          await condition.wait();
          returned = condition.lock.isHeld;
        });
        await t.settled();
        const hold = await condition.acquire();
        condition.notify();
        waiter.cancel();
        await t.settled();
        assert.equal(returned, false);
        hold.release();
        await waiter.join();
      });
      assert.equal(returned, true);
      assert.equal(condition.lock.isHeld, false);
    }),
  );

  it(
    "a cancellation during the re-acquisition is met by the next wait, after the condition's wait has returned",
    virtual(async (t) => {
      const condition = new Condition();
      let waited = false;
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          {
            using _ = await condition.acquire();
            await condition.wait();
            waited = true;
          }
          await condition.acquire();
        });
        await t.settled();
        const hold = await condition.acquire();
        condition.notify();
        await t.settled();
        task.cancel();
        await t.settled();
        assert.equal(waited, false);
        hold.release();
        await assert.rejects(task.join(), { code: "TSY_TASK_CANCELLED" });
      });
      assert.equal(waited, true);
      assert.equal(condition.lock.isHeld, false);
    }),
  );

  it(
    "waiting without the lock throws",
    virtual(async () => {
      const condition = new Condition();
      await assert.rejects(condition.wait(), NotHeld);
      await withTaskGroup(async (group) => {
        const other = group.spawn(async () => void (await condition.acquire()));
        await other.join();
        await group.spawn(() => assert.rejects(condition.wait(), NotHeld)).join();
      });
    }),
  );

  it(
    "waitFor waits until the predicate holds, and gives what it gave",
    virtual(async (t) => {
      const condition = new Condition();
      let presents = 0;
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          using _ = await condition.acquire();
          return await condition.waitFor(() => presents >= 2 && `${presents} presents`);
        });
        for (const n of [0, 1, 2]) {
          await t.settled();
          assert.equal(task.state, "running");
          using _ = await condition.acquire();
          presents = n;
          condition.notify();
        }
        assert.equal(await task.join(), "2 presents");
      });
      assert.equal(condition.lock.isHeld, false);
    }),
  );

  it(
    "unlike asyncio, waitFor without the lock throws even when the predicate holds already",
    virtual(async () => {
      const condition = new Condition();
      await assert.rejects(
        condition.waitFor(() => true),
        NotHeld,
      );
      await assert.rejects(
        condition.waitFor(() => false),
        NotHeld,
      );
    }),
  );

  it(
    "notify(n) wakes the n that came first, and no more than there are",
    virtual(async (t) => {
      const condition = new Condition();
      const result: number[] = [];
      await withTaskGroup(async (group) => {
        for (const n of [1, 2, 3]) {
          group.spawn(async () => {
            using _ = await condition.acquire();
            await condition.wait();
            result.push(n);
          });
        }
        await t.settled();
        await condition.with(() => condition.notify(1));
        await t.settled();
        assert.deepEqual(result, [1]);
        await condition.with(() => condition.notify(2048));
        await t.settled();
        assert.deepEqual(result, [1, 2, 3]);
      });
    }),
  );

  it(
    "notifyAll wakes all waiters, in the order in which they came",
    virtual(async (t) => {
      const condition = new Condition();
      const result: number[] = [];
      await withTaskGroup(async (group) => {
        for (const n of [1, 2]) {
          group.spawn(async () => {
            using _ = await condition.acquire();
            await condition.wait();
            result.push(n);
          });
        }
        await t.settled();
        await condition.with(() => condition.notifyAll());
      });
      assert.deepEqual(result, [1, 2]);
    }),
  );

  it("notify without the lock throws", () => {
    assert.throws(() => new Condition().notify(), NotHeld);
  });

  it("notifyAll without the lock throws", () => {
    assert.throws(() => new Condition().notifyAll(), NotHeld);
  });

  it(
    "unlike asyncio, a condition tells about itself by stats(), not by its text",
    virtual(async (t) => {
      const condition = new Condition();
      assert.deepEqual(condition.stats(), { waiters: 0, lock: { isHeld: false, waiters: 0 } });
      await withTaskGroup(async (group) => {
        const waiter = group.spawn(async () => {
          using _ = await condition.acquire();
          await condition.wait();
        });
        await t.settled();
        using _ = await condition.acquire();
        assert.deepEqual(condition.stats(), { waiters: 1, lock: { isHeld: true, waiters: 0 } });
        waiter.cancel();
      });
    }),
  );

  it(
    "a using block holds the condition's lock to its end",
    virtual(async () => {
      const condition = new Condition();
      {
        using _ = await condition.acquire();
        assert.equal(condition.lock.isHeld, true);
      }
      assert.equal(condition.lock.isHeld, false);
    }),
  );

  it(
    "a condition can be given a lock, and shares its state with all who use it",
    virtual(async () => {
      const lock = new Lock();
      const condition = new Condition(lock);
      assert.equal(condition.lock, lock);
      const hold = await lock.acquire();
      assert.equal(condition.stats().lock.isHeld, true);
      condition.notify();
      hold.release();
      using _ = await condition.acquire();
      assert.equal(lock.isHeld, true);
    }),
  );

  it(
    "a wait that a time limit ends leaves its block in order",
    virtual(async (t) => {
      const condition = new Condition();
      {
        using _ = await condition.acquire();
        await assert.rejects(
          withTimeout(500, () => condition.wait()),
          TimeoutError,
        );
        assert.equal(condition.lock.isHeld, true);
      }
      assert.equal(t.now(), 500);
      assert.equal(condition.lock.isHeld, false);
    }),
  );
});
