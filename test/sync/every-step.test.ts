import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Barrier,
  Broadcast,
  CapacityLimiter,
  Condition,
  Event,
  Future,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  RateLimiter,
  Semaphore,
  sleep,
  withTaskGroup,
  type Hold,
  type TaskGroup,
} from "../../src/index.ts";
import { everyStep, type Outcome, type Step } from "../every-step.ts";

interface Exclusive {
  acquire(): Promise<Hold>;
  tryAcquire(): Hold | undefined;
  with<T>(fn: () => T | PromiseLike<T>): Promise<T>;
}

const exclusives: ReadonlyArray<readonly [string, () => Exclusive]> = [
  ["Lock", () => new Lock()],
  ["Semaphore", () => new Semaphore(1)],
  ["CapacityLimiter", () => new CapacityLimiter(1)],
  ["Condition", () => new Condition()],
];

const queues: ReadonlyArray<readonly [string, (capacity: number) => Queue<number>]> = [
  ["Queue", (capacity) => new Queue({ capacity })],
  ["LifoQueue", (capacity) => new LifoQueue({ capacity })],
  ["PriorityQueue", (capacity) => new PriorityQueue({ capacity })],
];

/** Makes the attempt in a task of its own, so that the scenario goes on meanwhile. */
function attempting<T>(
  group: TaskGroup,
  step: Step,
  operation: () => Promise<T>,
): { outcome: Outcome<T> | null } {
  const result: { outcome: Outcome<T> | null } = { outcome: null };
  group.spawn(async () => {
    result.outcome = await step.attempt(operation);
  });
  return result;
}

for (const [name, make] of exclusives) {
  describe(`${name}, cancelled at every step`, () => {
    it(
      "is free again after a free acquisition",
      everyStep(async (step) => {
        const lock = make();
        await step.attempt(async () => {
          using _ = await lock.acquire();
          await sleep(1);
        });
        assert.ok(lock.tryAcquire());
      }),
    );

    it(
      "goes from the holder to the waiters behind, past a cancelled head",
      everyStep(async (step) => {
        const lock = make();
        const order: string[] = [];
        await withTaskGroup(async (group) => {
          const hold = await lock.acquire();
          attempting(group, step, () => lock.with(() => order.push("head")));
          group.spawn(() => lock.with(() => order.push("second")));
          group.spawn(() => lock.with(() => order.push("third")));
          for (let i = 0; i < 3; i++) await Promise.resolve();
          hold.release();
        });
        assert.deepEqual(
          order.filter((who) => who !== "head"),
          ["second", "third"],
        );
        if (step.isCalm) assert.equal(order[0], "head");
        assert.ok(lock.tryAcquire());
      }),
    );
  });
}

for (const [name, make] of queues) {
  for (const capacity of [0, 1, 3]) {
    describe(`${name} of capacity ${capacity}, cancelled at every step`, () => {
      it(
        "loses and doubles no item when a consumer is cancelled",
        everyStep(async (step) => {
          const queue = make(capacity);
          const eaten: number[] = [];
          const rest: number[] = [];
          await withTaskGroup(async (group) => {
            attempting(group, step, async () => {
              for (let i = 0; i < 3; i++) eaten.push(await queue.get());
            });
            group.spawn(async () => {
              for (let i = 0; i < 6; i++) await queue.put(i);
              queue.close();
            });
            await step.settled();
            for await (const item of queue) rest.push(item);
          });
          assert.deepEqual(
            [...eaten, ...rest].toSorted((a, b) => a - b),
            [0, 1, 2, 3, 4, 5],
          );
        }),
      );

      it(
        "loses and doubles no item when an iterating consumer is cancelled",
        everyStep(async (step) => {
          const queue = make(capacity);
          const seen: number[] = [];
          await withTaskGroup(async (group) => {
            attempting(group, step, async () => {
              for await (const item of queue) seen.push(item);
            });
            group.spawn(async () => {
              for (let i = 0; i < 6; i++) await queue.put(i);
              queue.close();
            });
            await step.settled();
            for await (const item of queue) seen.push(item);
          });
          assert.deepEqual(
            seen.toSorted((a, b) => a - b),
            [0, 1, 2, 3, 4, 5],
          );
        }),
      );

      it(
        "holds exactly what was put when a producer is cancelled, and lets those behind it go on",
        everyStep(async (step) => {
          const queue = make(capacity);
          const put: number[] = [];
          const got: number[] = [];
          await withTaskGroup(async (group) => {
            attempting(group, step, async () => {
              for (let i = 0; i < 5; i++) {
                await queue.put(i);
                put.push(i);
              }
            });
            const second = group.spawn(() => queue.put(100));
            put.push(100);
            group.spawn(async () => {
              for await (const item of queue) got.push(item);
            });
            await second.join();
            await step.settled();
            queue.close();
          });
          assert.deepEqual(
            got.toSorted((a, b) => a - b),
            put.toSorted((a, b) => a - b),
          );
        }),
      );
    });
  }
}

describe("the other primitives, cancelled at every step", () => {
  it(
    "join of a queue leaves no trace",
    everyStep(async (step) => {
      const queue = new Queue<number>({ capacity: 2 });
      queue.tryPut(1);
      await withTaskGroup(async (group) => {
        attempting(group, step, () => queue.join());
        group.spawn(() => queue.join());
        await queue.get();
        queue.done();
      });
      queue.close();
      assert.equal(queue.stats().getters, 0);
    }),
  );

  it(
    "a condition has its lock back, and loses no notification",
    everyStep(async (step) => {
      const condition = new Condition();
      let apples = 0;
      let eaten = 0;
      const eat = async (): Promise<void> => {
        using _ = await condition.acquire();
        try {
          await condition.waitFor(() => apples > 0);
          apples--;
          eaten++;
        } finally {
          assert.equal(condition.tryAcquire(), undefined);
        }
      };
      await withTaskGroup(async (group) => {
        const result = attempting(group, step, eat);
        const other = group.spawn(eat);
        for (let i = 0; i < 3; i++) await Promise.resolve();
        for (let i = 0; i < 2; i++) {
          await condition.with(() => {
            apples++;
            condition.notify();
          });
          await Promise.resolve();
        }
        await other.join();
        await step.settled();
        assert.equal(eaten, result.outcome?.cancelled === false ? 2 : 1);
      });
      assert.equal(apples + eaten, 2);
      assert.deepEqual(condition.stats(), { waiters: 0, lock: { isHeld: false, waiters: 0 } });
    }),
  );

  it(
    "an event keeps its flag and its other waiters",
    everyStep(async (step) => {
      const event = new Event();
      await withTaskGroup(async (group) => {
        attempting(group, step, () => event.wait());
        group.spawn(() => event.wait());
        await Promise.resolve();
        event.set();
      });
      assert.deepEqual(event.stats(), { isSet: true, waiters: 0 });
    }),
  );

  it(
    "a barrier lets go exactly as many as it has parties, with distinct indices",
    everyStep(async (step) => {
      const barrier = new Barrier(2);
      const indices: number[] = [];
      await withTaskGroup(async (group) => {
        const result = attempting(group, step, async () => {
          const index = await barrier.wait();
          indices.push(index);
        });
        group.spawn(async () => indices.push(await barrier.wait()));
        await step.settled();
        if (barrier.waiting === 1) indices.push(await barrier.wait());
        assert.ok(result.outcome);
      });
      assert.deepEqual(
        indices.toSorted((a, b) => a - b),
        [0, 1],
      );
      assert.equal(barrier.waiting, 0);
    }),
  );

  it(
    "a future keeps its value",
    everyStep(async (step) => {
      const future = new Future<number>();
      await withTaskGroup(async (group) => {
        attempting(group, step, () => future.wait());
        const other = group.spawn(() => future.wait());
        await Promise.resolve();
        future.resolve(7);
        assert.equal(await other.join(), 7);
      });
      assert.equal(await future.wait(), 7);
      assert.equal(future.stats().waiters, 0);
    }),
  );

  it(
    "a broadcast gives every item to every subscriber when one of them is cancelled",
    everyStep(async (step) => {
      const broadcast = new Broadcast<number>({ capacity: 1 });
      using one = broadcast.subscribe();
      using two = broadcast.subscribe();
      const seen: number[][] = [[], []];
      await withTaskGroup(async (group) => {
        attempting(group, step, async () => {
          for await (const item of one) seen[0]!.push(item);
        });
        group.spawn(async () => {
          for await (const item of two) seen[1]!.push(item);
        });
        group.spawn(async () => {
          for (let i = 0; i < 4; i++) await broadcast.put(i);
          broadcast.close();
        });
        await step.settled();
        for await (const item of one) seen[0]!.push(item);
      });
      assert.deepEqual(seen, [
        [0, 1, 2, 3],
        [0, 1, 2, 3],
      ]);
    }),
  );

  it(
    "a broadcast's cancelled put reaches nobody or everybody",
    everyStep(async (step) => {
      const broadcast = new Broadcast<number>({ capacity: 1 });
      using one = broadcast.subscribe();
      using two = broadcast.subscribe();
      const seen: number[][] = [[], []];
      await withTaskGroup(async (group) => {
        attempting(group, step, async () => {
          for (let i = 0; i < 3; i++) await broadcast.put(i);
        });
        const second = group.spawn(() => broadcast.put(9));
        for (const [place, items] of [one, two].entries()) {
          group.spawn(async () => {
            for await (const item of items) seen[place]!.push(item);
          });
        }
        await second.join();
        await step.settled();
        broadcast.close();
      });
      assert.deepEqual(seen[0], seen[1]);
      assert.ok(seen[0]!.includes(9));
      assert.deepEqual(broadcast.stats(), { capacity: 1, isClosed: true, subscribers: 0, putters: 0 });
    }),
  );

  it(
    "a rate limiter charges nobody for what was not taken",
    everyStep(async (step) => {
      const limiter = new RateLimiter({ limit: 1, intervalMs: 10, burst: 4 });
      await limiter.take(4);
      let behind = 0;
      let taken = 0;
      await withTaskGroup((group) => {
        attempting(group, step, async () => {
          await limiter.take(3);
          taken += 3;
          await limiter.take(1);
          taken += 1;
        });
        group.spawn(async () => {
          await limiter.take(2);
          behind = step.now();
        });
      });
      assert.equal(behind, taken >= 3 ? 50 : 20);
      assert.equal(limiter.stats().waiters, 0);
      await limiter.take(4);
      assert.equal(step.now(), (taken + 2 + 4) * 10);
    }),
  );
});
