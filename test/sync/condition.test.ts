import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  Condition,
  InvalidArgument,
  Lock,
  NotHeld,
  sleep,
  withCancelScope,
  withTaskGroup,
  withTimeoutOr,
  type TaskGroup,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

/** A task that waits once, and says when it goes on. */
function waiter(group: TaskGroup, condition: Condition, name: string, log: string[]): { cancel(): void } {
  return group.spawn(async () => {
    using _ = await condition.acquire();
    await condition.wait();
    log.push(name);
  });
}

describe("Condition", () => {
  it(
    "wakes as many waiters as notify says, in the order in which they came",
    virtual(async (t) => {
      const condition = new Condition();
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        for (const name of ["a", "b", "c", "d"]) waiter(group, condition, name, log);
        await t.settled();
        assert.equal(condition.stats().waiters, 4);
        await condition.with(() => condition.notify());
        await t.settled();
        assert.deepEqual(log, ["a"]);
        await condition.with(() => condition.notify(2));
        await t.settled();
        assert.deepEqual(log, ["a", "b", "c"]);
        await condition.with(() => condition.notify(0));
        await condition.with(() => condition.notifyAll());
      });
      assert.deepEqual(log, ["a", "b", "c", "d"]);
    }),
  );

  it(
    "a waiter goes on only when it has the lock again",
    virtual(async (t) => {
      const condition = new Condition();
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        waiter(group, condition, "woken", log);
        await t.settled();
        await condition.with(async () => {
          condition.notify();
          await sleep(10);
          log.push("released");
        });
      });
      assert.deepEqual(log, ["released", "woken"]);
    }),
  );

  it(
    "a cancelled wait has the lock again before it throws, though another holds it long",
    virtual(async (t) => {
      const condition = new Condition();
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          using hold = await condition.acquire();
          try {
            await condition.wait();
          } catch (error) {
            assert.ok(error instanceof Cancelled);
            assert.equal(condition.tryAcquire(), undefined);
            hold.release();
            log.push(`thrown at ${t.now()}`);
            throw error;
          }
        });
        await t.settled();
        await condition.with(async () => {
          task.cancel();
          await sleep(10);
        });
      });
      assert.deepEqual(log, ["thrown at 10"]);
      assert.equal(condition.lock.isHeld, false);
    }),
  );

  it(
    "a notification goes to the next waiter when the first was cancelled before it, in the same turn",
    virtual(async (t) => {
      const condition = new Condition();
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        const first = waiter(group, condition, "first", log);
        waiter(group, condition, "second", log);
        await t.settled();
        await condition.with(() => {
          first.cancel();
          condition.notify();
        });
      });
      assert.deepEqual(log, ["second"]);
    }),
  );

  it(
    "a waiter that is cancelled after its notification, while it waits for the lock, goes on with the lock",
    virtual(async (t) => {
      const condition = new Condition();
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        const first = waiter(group, condition, "first", log);
        await t.settled();
        await condition.with(async () => {
          condition.notify();
          await sleep(1);
          first.cancel();
          await sleep(1);
        });
      });
      assert.deepEqual(log, ["first"]);
      assert.equal(condition.lock.isHeld, false);
    }),
  );

  it(
    "waitFor looks at once and after each notification, and gives what it found",
    virtual(async (t) => {
      const condition = new Condition();
      const items: string[] = [];
      let looks = 0;
      await withTaskGroup(async (group) => {
        const found = group.spawn(async () => {
          using _ = await condition.acquire();
          return await condition.waitFor(() => {
            looks++;
            return items[0];
          });
        });
        await t.settled();
        await condition.with(() => condition.notify());
        await t.settled();
        assert.equal(looks, 2);
        await condition.with(() => {
          items.push("x");
          condition.notify();
        });
        assert.equal(await found.join(), "x");
        using _ = await condition.acquire();
        assert.equal(await condition.waitFor(() => 1), 1);
      });
    }),
  );

  it(
    "waitFor throws what its predicate throws, under the lock",
    virtual(async () => {
      const condition = new Condition();
      using _ = await condition.acquire();
      await assert.rejects(
        condition.waitFor(() => {
          throw new RangeError("mine");
        }),
        RangeError,
      );
      assert.equal(condition.lock.isHeld, true);
    }),
  );

  it(
    "waiting and notifying need the lock",
    virtual(async (t) => {
      const condition = new Condition();
      await assert.rejects(condition.wait(), NotHeld);
      await assert.rejects(
        condition.waitFor(() => true),
        NotHeld,
      );
      assert.throws(() => condition.notify(), NotHeld);
      assert.throws(() => condition.notifyAll(), { code: "TSY_NOT_HELD" });
      assert.throws(() => condition.notify(-1), InvalidArgument);
      assert.throws(() => condition.waitFor(1 as never), InvalidArgument);
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          using _ = await condition.acquire();
          await sleep(5);
        });
        group.spawn(async () => {
          await sleep(1);
          await assert.rejects(condition.wait(), NotHeld);
          assert.throws(() => condition.notify(), NotHeld);
        });
      });
      assert.equal(t.now(), 5);
    }),
  );

  it(
    "a time limit around a wait, in a scope below that of the hold, leaves the lock with the hold",
    virtual(async () => {
      const condition = new Condition();
      using hold = await condition.acquire();
      assert.equal(await withTimeoutOr(5, () => condition.wait(), "late"), "late");
      assert.equal(condition.lock.isHeld, true);
      hold.release();
      assert.equal(condition.lock.isHeld, false);
    }),
  );

  it(
    "waiting in a cancelled scope is refused before the lock is given away",
    virtual(async () => {
      const condition = new Condition();
      using _ = await condition.acquire();
      await withCancelScope(async (scope) => {
        scope.cancel();
        await assert.rejects(condition.wait(), Cancelled);
        await assert.rejects(
          condition.waitFor(() => true),
          Cancelled,
        );
      });
      assert.equal(condition.lock.isHeld, true);
    }),
  );

  it(
    "several conditions share a lock",
    virtual(async (t) => {
      const lock = new Lock();
      const full = new Condition(lock);
      const empty = new Condition(lock);
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        waiter(group, full, "full", log);
        waiter(group, empty, "empty", log);
        await t.settled();
        await lock.with(() => empty.notify());
        await t.settled();
        assert.deepEqual(log, ["empty"]);
        await lock.with(() => full.notify());
      });
    }),
  );

  it(
    "a wait that was forgotten keeps its scope open until the lock is back with its hold",
    virtual(async (t) => {
      const condition = new Condition();
      using hold = await condition.acquire();
      await withTaskGroup(async (group) => {
        await withCancelScope(async () => {
          condition.wait().catch(() => {});
          group.spawn(() => condition.with(() => sleep(10)));
        });
        assert.equal(t.now(), 10);
        assert.equal(condition.lock.isHeld, true);
        hold.release();
      });
      assert.equal(t.log.length, 1);
    }),
  );

  it(
    "a hold that is disposed of during its wait does not get the lock back",
    virtual(async (t) => {
      const condition = new Condition();
      let waiting: Promise<void> | null = null;
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          {
            using hold = await condition.acquire();
            waiting = condition.wait();
            assert.throws(() => hold.release(), NotHeld);
          }
          await assert.rejects(waiting, NotHeld);
        });
        await t.settled();
        await condition.with(() => condition.notify());
      });
      assert.equal(condition.lock.isHeld, false);
    }),
  );
});
