import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  checkpoint,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueClosed,
  sleep,
  withTaskGroup,
  withTimeoutOr,
} from "../../src/index.ts";
import { ascending, everySchedule } from "../explored.ts";

const kinds: Record<string, () => Queue<number>> = {
  "Queue of capacity 0": () => new Queue({ capacity: 0 }),
  "Queue of capacity 1": () => new Queue({ capacity: 1 }),
  "LifoQueue of capacity 1": () => new LifoQueue({ capacity: 1 }),
  "PriorityQueue of capacity 1": () => new PriorityQueue({ capacity: 1 }),
};

/** What was put, and what was taken, in the order in which it happened. */
class Ledger {
  readonly put: number[] = [];
  readonly got: number[] = [];
  readonly queue: Queue<number>;

  constructor(queue: Queue<number>) {
    this.queue = queue;
  }

  async putting(...items: number[]): Promise<void> {
    for (const item of items) {
      await this.queue.put(item);
      this.put.push(item);
    }
  }

  async getting(items: number): Promise<void> {
    for (let rest = items; rest > 0; rest--) this.got.push(await this.queue.get());
  }

  async iterating(): Promise<void> {
    for await (const item of this.queue) this.got.push(item);
  }

  /** Nothing was lost or doubled, and nothing is in the queue that a cancelled put was to put. The queue is closed. */
  balance(): void {
    const { queue, put, got } = this;
    const rest: number[] = [];
    while (queue.size > 0) rest.push(queue.tryGet()!);
    assert.deepEqual(ascending([...got, ...rest]), ascending(put));
    const { taken, ...figures } = queue.stats();
    assert.equal(taken, put.length);
    assert.deepEqual(figures, {
      size: 0,
      capacity: queue.capacity,
      isClosed: true,
      getters: 0,
      putters: 0,
    });
  }
}

/** Ends quietly where the queue is closed under it. */
async function untilClosed(working: Promise<void>): Promise<void> {
  try {
    await working;
  } catch (error) {
    if (!(error instanceof QueueClosed)) throw error;
  }
}

for (const [name, make] of Object.entries(kinds)) {
  describe(`${name}, under all schedules and every single cancellation`, () => {
    for (const [putters, getters] of [
      [1, 1],
      [2, 1],
      [1, 2],
    ] as const) {
      it(
        `loses and doubles no item between ${putters} who put and ${getters} who get`,
        everySchedule(async (t) => {
          const queue = make();
          const ledger = new Ledger(queue);
          t.invariant(() => {
            const { size, capacity, getters: getting, putters: putting } = queue.stats();
            assert.ok(getting === 0 || size + putting === 0, "nobody waits beside an item");
            assert.ok(putting === 0 || size === capacity, "nobody waits while there is room");
          });
          await withTaskGroup(async (group) => {
            const items = putters === 1 ? [[1, 2]] : [[1, 2], [3]];
            for (const mine of items) group.spawn("putter", () => untilClosed(ledger.putting(...mine)));
            for (let task = 0; task < getters; task++)
              group.spawn("getter", () => untilClosed(ledger.getting(getters === 1 ? 2 : 1)));
            await t.settled();
            queue.close();
          });
          ledger.balance();
        }),
      );
    }

    it(
      "gives each item to one of two loops, both of which end with the producer",
      everySchedule(async (t) => {
        const queue = make();
        const ledger = new Ledger(queue);
        await withTaskGroup(async (group) => {
          group.spawn("loop", () => ledger.iterating());
          group.spawn("loop", () => ledger.iterating());
          group.spawn("producer", async () => {
            using _ = queue.producer();
            await ledger.putting(1, 2);
          });
        });
        t.assertNothingAlive();
        ledger.balance();
      }),
    );

    it(
      "loses no item when one of two tasks gives up getting in the moment in which the other one puts",
      everySchedule(async () => {
        const queue = make();
        const ledger = new Ledger(queue);
        await withTaskGroup(async (group) => {
          group.spawn("getter", async () => {
            const item = await withTimeoutOr(1, () => queue.get(), 0);
            if (item > 0) ledger.got.push(item);
          });
          group.spawn("putter", async () => {
            await sleep(1);
            await untilClosed(ledger.putting(1));
          });
          await sleep(2);
          queue.close();
        });
        ledger.balance();
      }),
    );

    it(
      "loses no item when one of two tasks gives up putting in the moment in which the other one gets",
      everySchedule(async () => {
        const queue = make();
        const ledger = new Ledger(queue);
        await withTaskGroup(async (group) => {
          group.spawn("putter", () => withTimeoutOr(1, () => ledger.putting(1, 2), undefined));
          group.spawn("getter", async () => {
            await sleep(1);
            await untilClosed(ledger.getting(2));
          });
          await sleep(2);
          queue.close();
        });
        ledger.balance();
      }),
    );

    it(
      "tells two of three tasks that wait, and loses nothing, when the third one closes it",
      everySchedule(async () => {
        const queue = make();
        const ledger = new Ledger(queue);
        await withTaskGroup((group) => {
          group.spawn("putter", () => untilClosed(ledger.putting(1, 2)));
          group.spawn("getter", () => untilClosed(ledger.getting(3)));
          group.spawn("closer", async () => {
            try {
              await checkpoint();
            } finally {
              queue.close();
            }
          });
        });
        ledger.balance();
      }),
    );
  });
}
