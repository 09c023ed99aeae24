import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  AlreadyHeld,
  CapacityLimiter,
  InvalidArgument,
  NotHeld,
  sleep,
  withTaskGroup,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("CapacityLimiter", () => {
  it(
    "lets at most its capacity of owners in, in the order in which they came",
    virtual(async (t) => {
      const limiter = new CapacityLimiter(2);
      const order: number[] = [];
      await withTaskGroup((group) => {
        for (let i = 0; i < 6; i++) {
          group.spawn(() =>
            limiter.with(async () => {
              order.push(i);
              await sleep(10);
            }),
          );
        }
      });
      assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
      assert.equal(t.now(), 30);
      assert.deepEqual(limiter.stats(), { capacity: 2, held: 0, waiters: 0 });
    }),
  );

  it(
    "refuses a second slot to a task that holds one",
    virtual(async () => {
      const limiter = new CapacityLimiter(5);
      using hold = await limiter.acquire();
      await assert.rejects(limiter.acquire(), {
        code: "TSY_ALREADY_HELD",
        message: /^TSY_ALREADY_HELD: .*holds a slot/,
      });
      assert.throws(() => limiter.tryAcquire(), AlreadyHeld);
      hold.release();
      (await limiter.acquire()).release();
    }),
  );

  it(
    "counts an object on whose behalf is acquired as an owner of its own",
    virtual(async (t) => {
      const limiter = new CapacityLimiter(3);
      const owners = [{}, {}, () => {}];
      const holds = await Promise.all(owners.map((owner) => limiter.acquire(owner)));
      assert.throws(() => limiter.tryAcquire(owners[0]), AlreadyHeld);
      assert.equal(limiter.tryAcquire({}), undefined);
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => limiter.with(() => "in", {}));
        await t.settled();
        holds[0]!.release();
        assert.throws(() => holds[0]!.release(), NotHeld);
        assert.equal(await task.join(), "in");
      });
      for (const bad of [null, 1, "me"])
        assert.throws(() => limiter.acquire(bad as never), InvalidArgument);
    }),
  );

  it(
    "an owner that waits twice gets one slot, and the other wait is told",
    virtual(async (t) => {
      const limiter = new CapacityLimiter(1);
      const hold = await limiter.acquire();
      const owner = {};
      await withTaskGroup(async (group) => {
        const first = group.spawn(() => limiter.acquire(owner));
        group.spawn(() => assert.rejects(limiter.acquire(owner), AlreadyHeld));
        await t.settled();
        limiter.capacity = 3;
        (await first.join()).release();
      });
      hold.release();
      assert.equal(limiter.stats().held, 0);
    }),
  );

  it(
    "raising the capacity lets waiters in; lowering it takes nothing away",
    virtual(async (t) => {
      const limiter = new CapacityLimiter(0);
      const holds: Disposable[] = [];
      await withTaskGroup(async (group) => {
        for (let i = 0; i < 3; i++) group.spawn(async () => holds.push(await limiter.acquire()));
        await t.settled();
        assert.equal(holds.length, 0);
        limiter.capacity = 2;
        await t.settled();
        assert.equal(holds.length, 2);
        limiter.capacity = 1;
        holds[0]![Symbol.dispose]();
        await t.settled();
        assert.deepEqual(limiter.stats(), { capacity: 1, held: 1, waiters: 1 });
        holds[1]![Symbol.dispose]();
      });
      assert.equal(holds.length, 3);
      assert.throws(() => {
        limiter.capacity = -1;
      }, InvalidArgument);
      assert.equal(limiter.capacity, 1);
    }),
  );
});
