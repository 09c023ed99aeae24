/** The cases of CPython's test_locks that belong to Event, as tsyncio has them. The table is in cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Event, withTaskGroup } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("Event, as asyncio has it", () => {
  it(
    "unlike asyncio, an event tells about itself by stats(), not by its text",
    virtual(async (t) => {
      const event = new Event();
      assert.deepEqual(event.stats(), { isSet: false, waiters: 0 });
      await withTaskGroup(async (group) => {
        group.spawn(() => event.wait());
        await t.settled();
        assert.deepEqual(event.stats(), { isSet: false, waiters: 1 });
        event.set();
        assert.deepEqual(event.stats(), { isSet: true, waiters: 0 });
      });
    }),
  );

  it(
    "setting an event wakes all its waiters in order, and later comers do not wait",
    virtual(async (t) => {
      const event = new Event();
      const result: number[] = [];
      const wait = async (n: number): Promise<void> => {
        await event.wait();
        result.push(n);
      };
      await withTaskGroup(async (group) => {
        group.spawn(wait, 1);
        group.spawn(wait, 2);
        await t.settled();
        assert.deepEqual(result, []);
        group.spawn(wait, 3);
        event.set();
        group.spawn(wait, 4);
      });
      assert.deepEqual(
        result.toSorted((a, b) => a - b),
        [1, 2, 3, 4],
      );
      assert.deepEqual(
        result.filter((n) => n < 4),
        [1, 2, 3],
      );
    }),
  );

  it(
    "waiting for an event that is set returns at once",
    virtual(async (t) => {
      const event = new Event();
      event.set();
      await event.wait();
      assert.equal(t.now(), 0);
      assert.equal(event.isSet, true);
    }),
  );

  it(
    "a cancelled wait leaves no waiter behind",
    virtual(async (t) => {
      const event = new Event();
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => event.wait());
        await t.settled();
        task.cancel();
        assert.equal(event.stats().waiters, 0);
        await assert.rejects(task.join(), { code: "TSY_TASK_CANCELLED" });
      });
    }),
  );

  it("an event can be set and cleared, any number of times", () => {
    const event = new Event();
    assert.equal(event.isSet, false);
    event.set();
    event.set();
    assert.equal(event.isSet, true);
    event.clear();
    event.clear();
    assert.equal(event.isSet, false);
  });

  it(
    "waiters stay woken when the event is set and cleared in one turn, and wake once",
    virtual(async (t) => {
      const event = new Event();
      let woken = 0;
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          await event.wait();
          woken++;
        });
        await t.settled();
        event.set();
        event.clear();
        event.set();
        event.clear();
        assert.equal(event.stats().waiters, 0);
        await task.join();
      });
      assert.equal(woken, 1);
      assert.equal(event.isSet, false);
    }),
  );
});
