import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  checkpoint,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueClosed,
  withTaskGroup,
} from "../../src/index.ts";
import { ascending, everySchedule } from "../explored.ts";

/** Ends quietly where the queue is closed under it. */
async function untilClosed<T>(working: Promise<T>): Promise<T | undefined> {
  try {
    return await working;
  } catch (error) {
    if (!(error instanceof QueueClosed)) throw error;
    return undefined;
  }
}

describe("the order of queues, under all schedules and every single cancellation", () => {
  it(
    "is that in which two of three tasks came to get",
    everySchedule(async (t) => {
      const queue = new Queue<number>({ capacity: 0 });
      const got: Array<number | undefined> = [];
      await withTaskGroup(async (group) => {
        for (const place of [0, 1]) {
          group.spawn("getter", async () => {
            got[place] = await untilClosed(queue.get());
          });
        }
        group.spawn("putter", async () => {
          await checkpoint();
          for (const item of [1, 2]) await untilClosed(queue.put(item));
        });
        await t.settled();
        queue.close();
      });
      const items = got.filter((item) => item !== undefined);
      assert.deepEqual(items, [1, 2].slice(0, items.length));
    }),
  );

  it(
    "is that in which two of three tasks came to put",
    everySchedule(async (t) => {
      const queue = new Queue<string>({ capacity: 1 });
      const got: string[] = [];
      await withTaskGroup(async (group) => {
        for (const putter of ["a", "b"]) {
          group.spawn("putter", async () => {
            for (const item of [1, 2]) await untilClosed(queue.put(`${putter}${item}`));
          });
        }
        group.spawn("getter", async () => {
          for (let gets = 0; gets < 3; gets++) {
            const item = await untilClosed(queue.get());
            if (item !== undefined) got.push(item);
          }
        });
        await t.settled();
        for (let item = queue.tryGet(); item !== undefined; item = queue.tryGet()) got.push(item);
        queue.close();
      });
      const firsts = got.filter((item) => item.endsWith("1"));
      assert.deepEqual(firsts, firsts.toSorted());
      for (const putter of ["a", "b"]) {
        const mine = got.filter((item) => item.startsWith(putter));
        assert.deepEqual(mine, mine.toSorted());
      }
    }),
  );

  for (const tasks of [2, 3]) {
    it(
      `is that of the items in a PriorityQueue, and the reverse in a LifoQueue, whichever of ${tasks} tasks puts first`,
      everySchedule(async () => {
        const smallest = new PriorityQueue<number>({ capacity: 6 });
        const latest = new LifoQueue<number>({ capacity: 6 });
        const put: number[] = [];
        await withTaskGroup((group) => {
          for (let task = 0; task < tasks; task++) {
            group.spawn(async () => {
              for (const item of [5 - task, task]) {
                await checkpoint();
                smallest.tryPut(item);
                latest.tryPut(item);
                put.push(item);
              }
            });
          }
        });
        const rest = <T>(queue: Queue<T>): T[] =>
          Array.from({ length: queue.size }, () => queue.tryGet()!);
        assert.deepEqual(rest(smallest), ascending(put));
        assert.deepEqual(rest(latest), put.toReversed());
      }),
    );
  }
});

describe("the end of a Queue, under all schedules and every single cancellation", () => {
  for (const producers of [1, 2]) {
    it(
      `comes for the loop that reads it when the last of ${producers} producers has ended`,
      everySchedule(async (t) => {
        const queue = new Queue<number>({ capacity: producers });
        const put: number[] = [];
        const got: number[] = [];
        let open = producers;
        t.invariant(() => assert.equal(queue.isClosed, open === 0));
        await withTaskGroup((group) => {
          for (let task = 0; task < producers; task++) {
            group.spawn("producer", async () => {
              const out = queue.producer();
              try {
                await out.put(task);
                put.push(task);
              } finally {
                open--;
                out.close();
              }
            });
          }
          group.spawn("loop", async () => {
            for await (const item of queue) got.push(item);
          });
        });
        while (queue.size > 0) got.push(queue.tryGet()!);
        assert.deepEqual(ascending(got), ascending(put));
      }),
    );
  }

  it(
    "comes by itself when two workers have done all work, that which came from work included",
    everySchedule(async () => {
      const queue = new Queue<number>({ capacity: 4 });
      const done: number[] = [];
      queue.tryPut(1);
      queue.closeWhenDone();
      await withTaskGroup((group) => {
        for (const name of ["one", "two"]) {
          group.spawn(name, async () => {
            for await (const item of queue) {
              try {
                if (item < 2) for (const more of [2, 3]) queue.tryPut(more);
                await checkpoint();
              } finally {
                done.push(item);
                queue.done();
              }
            }
          });
        }
      });
      assert.deepEqual(ascending(done), [1, 2, 3]);
      assert.ok(queue.isClosed);
      assert.equal(queue.stats().taken, 0);
    }),
  );

  for (const capacity of [0, 1]) {
    it(
      `lets join() of one of three tasks return once nothing is left of what the others put, with capacity ${capacity}`,
      everySchedule(async (t) => {
        const queue = new Queue<number>({ capacity });
        await withTaskGroup(async (group) => {
          for (const item of [1, 2]) group.spawn("putter", () => queue.put(item));
          const joiner = group.spawn("joiner", async () => {
            await queue.join();
            const { size, putters, taken } = queue.stats();
            assert.deepEqual({ size, putters, taken }, { size: 0, putters: 0, taken: 0 });
          });
          await t.settled();
          while (queue.tryGet() !== undefined) queue.done();
          await t.settled();
          assert.notEqual(joiner.state, "running");
        });
      }),
    );
  }

  it(
    "drops what nobody has taken where it is immediate, and leaves none of three tasks waiting",
    everySchedule(async () => {
      const queue = new Queue<number>({ capacity: 1 });
      const put: number[] = [];
      const got: number[] = [];
      await withTaskGroup((group) => {
        group.spawn("putter", async () => {
          for (const item of [1, 2]) {
            await untilClosed(queue.put(item));
            put.push(item);
          }
        });
        group.spawn("loop", async () => {
          for await (const item of queue) got.push(item);
        });
        group.spawn("closer", async () => {
          try {
            await checkpoint();
          } finally {
            queue.close({ immediate: true });
          }
        });
      });
      assert.deepEqual(got, put.slice(0, got.length));
      const { size, getters, putters } = queue.stats();
      assert.deepEqual([size, getters, putters], [0, 0, 0]);
    }),
  );
});
