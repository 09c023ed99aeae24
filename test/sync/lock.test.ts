import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  InvalidArgument,
  Lock,
  NotHeld,
  sleep,
  withCancelScope,
  withTaskGroup,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("Lock", () => {
  it(
    "is held by one task at a time",
    virtual(async () => {
      const lock = new Lock();
      let inside = 0;
      let most = 0;
      await withTaskGroup((group) => {
        for (let i = 0; i < 5; i++) {
          group.spawn(async () => {
            using _ = await lock.acquire();
            most = Math.max(most, ++inside);
            await sleep(1);
            inside--;
          });
        }
      });
      assert.equal(most, 1);
      assert.deepEqual(lock.stats(), { isHeld: false, waiters: 0 });
    }),
  );

  it(
    "goes to the waiter that came first, and nobody barges",
    virtual(async () => {
      const lock = new Lock();
      const order: number[] = [];
      const hold = await lock.acquire();
      await withTaskGroup(async (group) => {
        for (let i = 0; i < 3; i++) {
          group.spawn(async () => {
            using _ = await lock.acquire();
            order.push(i);
          });
        }
        hold.release();
        assert.equal(lock.tryAcquire(), undefined);
        using _ = await lock.acquire();
        order.push(3);
      });
      assert.deepEqual(order, [0, 1, 2, 3]);
    }),
  );

  it("tryAcquire takes a free lock, and gives undefined for one that is held", () => {
    const lock = new Lock();
    const hold = lock.tryAcquire();
    assert.ok(hold);
    assert.equal(lock.isHeld, true);
    assert.equal(lock.tryAcquire(), undefined);
    hold.release();
    assert.equal(lock.isHeld, false);
  });

  it(
    "a stale hold cannot release another's",
    virtual(async () => {
      const lock = new Lock();
      const stale = await lock.acquire();
      stale.release();
      using current = await lock.acquire();
      assert.throws(() => stale.release(), NotHeld);
      stale[Symbol.dispose]();
      assert.equal(lock.isHeld, true);
      current.release();
    }),
  );

  it(
    "release may be said before the end of a using block, once",
    virtual(async () => {
      const lock = new Lock();
      {
        using hold = await lock.acquire();
        hold.release();
        assert.equal(lock.isHeld, false);
        assert.throws(() => hold.release(), { code: "TSY_NOT_HELD" });
      }
      assert.equal(lock.isHeld, false);
    }),
  );

  it(
    "with holds the lock while its function runs, and releases it when that throws",
    virtual(async () => {
      const lock = new Lock();
      assert.equal(await lock.with(() => (lock.isHeld ? 1 : 0)), 1);
      await assert.rejects(
        lock.with(async () => {
          await sleep(1);
          throw new TypeError("mine");
        }),
        TypeError,
      );
      assert.equal(lock.isHeld, false);
      assert.throws(() => lock.with(1 as never), InvalidArgument);
    }),
  );

  it(
    "acquiring in a cancelled scope is refused, also when the lock is free",
    virtual(async () => {
      const lock = new Lock();
      await withCancelScope(async (scope) => {
        scope.cancel();
        await assert.rejects(lock.acquire(), Cancelled);
        await assert.rejects(
          lock.with(() => assert.fail("ran")),
          Cancelled,
        );
      });
      assert.equal(lock.isHeld, false);
    }),
  );

  it(
    "a waiter that is cancelled before the release leaves the lock to the next",
    virtual(async () => {
      const lock = new Lock();
      const hold = await lock.acquire();
      const order: string[] = [];
      await withTaskGroup((group) => {
        const head = group.spawn(() => lock.with(() => order.push("head")));
        group.spawn(() => lock.with(() => order.push("second")));
        head.cancel();
        hold.release();
        assert.equal(head.state, "running");
      });
      assert.deepEqual(order, ["second"]);
      assert.deepEqual(lock.stats(), { isHeld: false, waiters: 0 });
    }),
  );

  it(
    "a waiter that is cancelled in the turn of the release, after it, still gets the lock and gives it back",
    virtual(async () => {
      const lock = new Lock();
      const hold = await lock.acquire();
      const order: string[] = [];
      await withTaskGroup((group) => {
        const head = group.spawn(async () => {
          using _ = await lock.acquire();
          order.push("head");
          await sleep(1);
          order.push("never");
        });
        group.spawn(() => lock.with(() => order.push("second")));
        hold.release();
        head.cancel();
      });
      assert.deepEqual(order, ["head", "second"]);
      assert.equal(lock.isHeld, false);
    }),
  );

  it(
    "many acquisitions of a free lock do not starve the event loop",
    virtual(async () => {
      const lock = new Lock();
      let turned = false;
      setImmediate(() => {
        turned = true;
      });
      for (let i = 0; i < 2_000; i++) (await lock.acquire()).release();
      assert.equal(turned, true);
    }),
  );
});
