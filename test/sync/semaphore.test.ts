import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgument, NotHeld, Semaphore, sleep, withTaskGroup } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("Semaphore", () => {
  it(
    "lets at most its number of permits in at once",
    virtual(async (t) => {
      const semaphore = new Semaphore(3);
      let inside = 0;
      let most = 0;
      await withTaskGroup((group) => {
        for (let i = 0; i < 9; i++) {
          group.spawn(() =>
            semaphore.with(async () => {
              most = Math.max(most, ++inside);
              await sleep(10);
              inside--;
            }),
          );
        }
      });
      assert.equal(most, 3);
      assert.equal(t.now(), 30);
      assert.deepEqual(semaphore.stats(), { permits: 3, free: 3, waiters: 0 });
    }),
  );

  it(
    "gives a released permit to the waiter that came first, and nobody barges",
    virtual(async (t) => {
      const semaphore = new Semaphore(1);
      const hold = await semaphore.acquire();
      const order: number[] = [];
      await withTaskGroup(async (group) => {
        for (let i = 0; i < 3; i++) group.spawn(() => semaphore.with(() => order.push(i)));
        await t.settled();
        hold.release();
        assert.equal(semaphore.tryAcquire(), undefined);
      });
      assert.deepEqual(order, [0, 1, 2]);
    }),
  );

  it(
    "passes the permit on when its receiver is cancelled in the turn of the release, before it",
    virtual(async (t) => {
      const semaphore = new Semaphore(1);
      const hold = await semaphore.acquire();
      await withTaskGroup(async (group) => {
        const head = group.spawn(() => semaphore.acquire());
        const next = group.spawn(() => semaphore.acquire());
        await t.settled();
        head.cancel();
        hold.release();
        (await next.join()).release();
      });
      assert.equal(semaphore.stats().free, 1);
    }),
  );

  it(
    "delivers the permit when its receiver is cancelled in the turn of the release, after it",
    virtual(async (t) => {
      const semaphore = new Semaphore(1);
      const hold = await semaphore.acquire();
      await withTaskGroup(async (group) => {
        const head = group.spawn(() => semaphore.acquire());
        await t.settled();
        hold.release();
        head.cancel();
        (await head.join()).release();
      });
      assert.equal(semaphore.stats().free, 1);
    }),
  );

  it(
    "a hold gives its permit back once, so that permits never multiply",
    virtual(async () => {
      const semaphore = new Semaphore(2);
      using hold = await semaphore.acquire();
      hold.release();
      assert.throws(() => hold.release(), NotHeld);
      hold[Symbol.dispose]();
      assert.equal(semaphore.stats().free, 2);
    }),
  );

  it(
    "may be unlimited",
    virtual(async () => {
      const semaphore = new Semaphore(Infinity);
      for (let i = 0; i < 100; i++) await semaphore.acquire();
      assert.ok(semaphore.tryAcquire());
    }),
  );

  it("refuses a number of permits that is no count", () => {
    for (const permits of [0, -1, 1.5, NaN]) assert.throws(() => new Semaphore(permits), InvalidArgument);
    assert.throws(() => new Semaphore(1).with(undefined as never), InvalidArgument);
  });
});
