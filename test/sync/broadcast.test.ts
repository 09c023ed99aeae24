import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Broadcast,
  Disposed,
  InvalidArgument,
  QueueClosed,
  sleep,
  withTaskGroup,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe("Broadcast", () => {
  it(
    "gives every subscriber every item from its subscription on",
    virtual(async () => {
      const broadcast = new Broadcast<number>({ capacity: 10 });
      await broadcast.put(0);
      using early = broadcast.subscribe();
      await broadcast.put(1);
      using late = broadcast.subscribe();
      await broadcast.put(2);
      broadcast.close();
      assert.deepEqual(await collect(early), [1, 2]);
      assert.deepEqual(await collect(late), [2]);
      assert.deepEqual(await collect(broadcast.subscribe()), []);
    }),
  );

  it(
    "goes at the pace of its slowest subscriber",
    virtual(async (t) => {
      const broadcast = new Broadcast<number>({ capacity: 1 });
      const put: number[] = [];
      await withTaskGroup(async (group) => {
        for (const ms of [1, 10]) {
          const items = broadcast.subscribe();
          group.spawn(async () => {
            for await (const _ of items) await sleep(ms);
          });
        }
        await t.settled();
        for (let i = 0; i < 4; i++) {
          await broadcast.put(i);
          put.push(t.now());
        }
        broadcast.close();
      });
      assert.deepEqual(put, [0, 0, 10, 20]);
    }),
  );

  it(
    "serves waiting puts in the order in which they came, and nobody barges",
    virtual(async (t) => {
      const broadcast = new Broadcast<number>({ capacity: 1 });
      using items = broadcast.subscribe();
      broadcast.tryPut(0);
      await withTaskGroup(async (group) => {
        for (let i = 1; i < 4; i++) group.spawn(() => broadcast.put(i));
        await t.settled();
        assert.equal(broadcast.tryPut(9), false);
        assert.deepEqual(broadcast.stats(), { capacity: 1, isClosed: false, subscribers: 1, putters: 3 });
        for (let i = 0; i < 4; i++) assert.deepEqual(await items.next(), { done: false, value: i });
      });
    }),
  );

  it(
    "a subscriber that is disposed of holds nobody up any more",
    virtual(async (t) => {
      const broadcast = new Broadcast<number>({ capacity: 1 });
      using fast = broadcast.subscribe();
      const slow = broadcast.subscribe();
      broadcast.tryPut(1);
      await withTaskGroup(async (group) => {
        group.spawn(() => broadcast.put(2));
        assert.deepEqual(await fast.next(), { done: false, value: 1 });
        await t.settled();
        assert.equal(broadcast.stats().putters, 1);
        slow[Symbol.dispose]();
        slow[Symbol.dispose]();
        assert.deepEqual(await fast.next(), { done: false, value: 2 });
      });
      await assert.rejects(slow.next(), Disposed);
      assert.deepEqual(slow.stats(), { size: 0, readers: 0 });
    }),
  );

  it(
    "disposing of a subscription fails those who read it",
    virtual(async (t) => {
      const broadcast = new Broadcast<number>({ capacity: 1 });
      const items = broadcast.subscribe();
      await withTaskGroup(async (group) => {
        group.spawn(() => assert.rejects(collect(items), { code: "TSY_DISPOSED" }));
        await t.settled();
        items[Symbol.dispose]();
      });
    }),
  );

  it(
    "breaking out of a loop keeps the subscription",
    virtual(async () => {
      const broadcast = new Broadcast<number>({ capacity: 4 });
      using items = broadcast.subscribe();
      for (let i = 0; i < 3; i++) broadcast.tryPut(i);
      broadcast.close();
      for await (const item of items) if (item === 0) break;
      assert.deepEqual(await collect(items), [1, 2]);
    }),
  );

  it(
    "closing refuses later puts and those that wait, and ends its readers",
    virtual(async (t) => {
      const broadcast = new Broadcast<number>({ capacity: 1, name: "prices" });
      using full = broadcast.subscribe();
      broadcast.tryPut(1);
      await withTaskGroup(async (group) => {
        group.spawn(() => assert.rejects(broadcast.put(2), QueueClosed));
        await t.settled();
        broadcast.close();
        broadcast.close();
      });
      await assert.rejects(broadcast.put(3), { message: /"prices"/ });
      assert.throws(() => broadcast.tryPut(3), QueueClosed);
      assert.deepEqual(await collect(full), [1]);
    }),
  );

  it("refuses a capacity below one", () => {
    assert.throws(() => new Broadcast({ capacity: 0 }), InvalidArgument);
  });
});
