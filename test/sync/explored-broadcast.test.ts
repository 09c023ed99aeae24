import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Broadcast, checkpoint, QueueClosed, withTaskGroup } from "../../src/index.ts";
import { ascending, everySchedule } from "../explored.ts";

describe("Broadcast, under all schedules and every single cancellation", () => {
  for (const [putters, readers] of [
    [1, 1],
    [1, 2],
    [2, 1],
  ] as const) {
    it(
      `gives what ${putters} put to all of ${readers} who subscribe, in one order, and a cancelled put to nobody`,
      everySchedule(async (t) => {
        const broadcast = new Broadcast<number>({ capacity: 1 });
        const put: number[] = [];
        const subscriptions = Array.from({ length: readers }, () => broadcast.subscribe());
        const seen = subscriptions.map((): number[] => []);
        await withTaskGroup(async (group) => {
          const readings = subscriptions.map((items, reader) =>
            group.spawn("reader", async () => {
              for await (const item of items) seen[reader]!.push(item);
            }),
          );
          const items = putters === 1 ? [[1, 2]] : [[1], [2]];
          for (const mine of items) {
            group.spawn("putter", async () => {
              for (const item of mine) {
                await broadcast.put(item);
                put.push(item);
              }
            });
          }
          await t.settled();
          for (const [reader, { state }] of readings.entries()) {
            if (state !== "cancelled") continue;
            group.spawn("stand-in", async () => {
              for await (const item of subscriptions[reader]!) seen[reader]!.push(item);
            });
          }
          await t.settled();
          broadcast.close();
        });
        for (const items of seen) {
          assert.deepEqual(items, seen[0]);
          assert.deepEqual(ascending(items), ascending(put));
        }
        assert.deepEqual(broadcast.stats(), {
          capacity: 1,
          isClosed: true,
          subscribers: 0,
          putters: 0,
        });
      }),
    );
  }

  it(
    "lets one of three tasks put on when another one, whose store is full, leaves",
    everySchedule(async () => {
      const broadcast = new Broadcast<number>({ capacity: 1 });
      const seen: number[] = [];
      const slow = broadcast.subscribe();
      const quick = broadcast.subscribe();
      let put = 0;
      await withTaskGroup((group) => {
        group.spawn("slow", async () => {
          using _ = slow;
          await checkpoint();
        });
        group.spawn("quick", async () => {
          using _ = quick;
          for await (const item of quick) seen.push(item);
        });
        group.spawn("putter", async () => {
          try {
            for (; put < 2; put++) await broadcast.put(put);
          } finally {
            broadcast.close();
          }
        });
      });
      assert.ok(seen.length <= put);
      assert.deepEqual(seen, [0, 1].slice(0, seen.length));
      assert.deepEqual(broadcast.stats(), {
        capacity: 1,
        isClosed: true,
        subscribers: 0,
        putters: 0,
      });
    }),
  );

  it(
    "tells two of three tasks that wait when the third one closes it",
    everySchedule(async () => {
      const broadcast = new Broadcast<number>({ capacity: 1 });
      const items = broadcast.subscribe();
      const seen: number[] = [];
      let put = 0;
      await withTaskGroup((group) => {
        group.spawn("putter", async () => {
          try {
            for (; put < 3; put++) await broadcast.put(put);
          } catch (error) {
            if (!(error instanceof QueueClosed)) throw error;
          }
        });
        group.spawn("closer", async () => {
          try {
            await checkpoint();
          } finally {
            broadcast.close();
          }
        });
        group.spawn("reader", async () => {
          for await (const item of items) seen.push(item);
        });
      });
      for await (const item of items) seen.push(item);
      assert.deepEqual(seen, [0, 1, 2].slice(0, put));
    }),
  );
});
