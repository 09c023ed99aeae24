import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Cancelled, Event, withCancelScope, withTaskGroup } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("Event", () => {
  it(
    "wakes every waiter when it is set, in the order in which they came",
    virtual(async (t) => {
      const event = new Event();
      const order: number[] = [];
      await withTaskGroup(async (group) => {
        for (let i = 0; i < 3; i++) {
          group.spawn(async () => {
            await event.wait();
            order.push(i);
          });
        }
        await t.settled();
        assert.deepEqual(event.stats(), { isSet: false, waiters: 3 });
        event.set();
        event.set();
      });
      assert.deepEqual(order, [0, 1, 2]);
    }),
  );

  it(
    "does not wait while it is set, and does again when it is cleared",
    virtual(async (t) => {
      const event = new Event();
      event.set();
      await event.wait();
      event.clear();
      assert.equal(event.isSet, false);
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => event.wait());
        await t.settled();
        assert.equal(task.state, "running");
        event.set();
      });
    }),
  );

  it(
    "tasks that were woken stay woken when it is cleared in the same turn",
    virtual(async (t) => {
      const event = new Event();
      await withTaskGroup(async (group) => {
        group.spawn(() => event.wait());
        await t.settled();
        event.set();
        event.clear();
      });
      assert.deepEqual(event.stats(), { isSet: false, waiters: 0 });
    }),
  );

  it(
    "refuses a wait in a cancelled scope, also when it is set",
    virtual(async () => {
      const event = new Event();
      event.set();
      await withCancelScope(async (scope) => {
        scope.cancel();
        await assert.rejects(event.wait(), Cancelled);
      });
    }),
  );
});
