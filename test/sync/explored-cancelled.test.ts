/** A waiter is cancelled by another task, at any moment of its wait: when others stand behind it, and as it is served. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Barrier,
  Broadcast,
  CapacityLimiter,
  checkpoint,
  Condition,
  Lock,
  Queue,
  RateLimiter,
  Semaphore,
  withTaskGroup,
  type Hold,
  type TaskGroup,
} from "../../src/index.ts";
import { everySchedule } from "../explored.ts";

/** Spawns one who waits and one behind it, and a task that cancels the first. */
function cancelling(
  group: TaskGroup,
  wait: (who: "victim" | "behind") => Promise<unknown>,
): { victim(): string; behind(): string } {
  const victim = group.spawn("victim", () => wait("victim"));
  const behind = group.spawn("behind", () => wait("behind"));
  group.spawn("canceller", async () => {
    await checkpoint();
    victim.cancel();
  });
  return { victim: () => victim.state, behind: () => behind.state };
}

const locks: Record<string, () => { acquire(): Promise<Hold>; tryAcquire(): Hold | undefined }> = {
  Lock: () => new Lock(),
  Semaphore: () => new Semaphore(1),
  CapacityLimiter: () => new CapacityLimiter(1),
  Condition: () => new Condition(),
};

describe("one of three tasks is cancelled at any moment of its wait, under all schedules", () => {
  for (const [name, make] of Object.entries(locks)) {
    it(
      `for a ${name}, which goes to the one behind and is free at the end`,
      everySchedule(async () => {
        const lock = make();
        const served: string[] = [];
        await withTaskGroup(async (group) => {
          const hold = await lock.acquire();
          cancelling(group, async (who) => {
            using _ = await lock.acquire();
            served.push(who);
            await checkpoint();
          });
          await checkpoint();
          hold.release();
        });
        assert.ok(["victim,behind", "behind"].includes(served.join()), served.join());
        assert.ok(lock.tryAcquire());
      }, {}),
    );
  }

  it(
    "for a notification of a Condition, which goes to the one behind where the first has not got it",
    everySchedule(async (t) => {
      const condition = new Condition();
      const woken: string[] = [];
      await withTaskGroup(async (group) => {
        cancelling(group, async (who) => {
          using _ = await condition.acquire();
          await condition.wait();
          woken.push(who);
        });
        await condition.with(() => condition.notify());
        await t.settled();
        assert.equal(woken.length, 1);
        await condition.with(() => condition.notifyAll());
      });
      assert.ok(["victim,behind", "behind"].includes(woken.join()), woken.join());
      assert.deepEqual(condition.stats(), { waiters: 0, lock: { isHeld: false, waiters: 0 } });
    }, {}),
  );

  for (const capacity of [0, 1]) {
    it(
      `to put into a Queue of capacity ${capacity}, which holds its item or not, and takes that of the one behind`,
      everySchedule(async () => {
        const queue = new Queue<string>({ capacity });
        const put: string[] = [];
        const got: string[] = [];
        await withTaskGroup(async (group) => {
          if (capacity > 0) await queue.put("first");
          cancelling(group, async (who) => {
            await queue.put(who);
            put.push(who);
          });
          while (!got.includes("behind")) got.push(await queue.get());
        });
        const order = got.filter((item) => item !== "first");
        assert.deepEqual(order, ["victim", "behind"].slice(2 - put.length));
        assert.deepEqual([queue.size, queue.stats().putters], [0, 0]);
      }, {}),
    );

    it(
      `to get from a Queue of capacity ${capacity}, which gives each item to it or to the one behind`,
      everySchedule(async (t) => {
        const queue = new Queue<number>({ capacity });
        const got: number[] = [];
        await withTaskGroup(async (group) => {
          const tasks = cancelling(group, async () => {
            got.push(await queue.get());
          });
          await queue.put(0);
          await t.settled();
          assert.equal(got.length, 1);
          if (tasks.behind() === "running") await queue.put(1);
        });
        assert.deepEqual(got, [0, 1].slice(0, got.length));
        assert.deepEqual([queue.size, queue.stats().getters], [0, 0]);
      }, {}),
    );
  }

  it(
    "to put into a Queue without capacity, and nothing is left for which join() of the others would wait",
    everySchedule(async (t) => {
      const queue = new Queue<number>({ capacity: 0 });
      await withTaskGroup(async (group) => {
        const tasks = cancelling(group, (who) => (who === "victim" ? queue.put(1) : queue.join()));
        await t.settled();
        assert.equal(tasks.victim(), "cancelled");
        assert.equal(tasks.behind(), "done");
      });
    }, {}),
  );

  it(
    "for a RateLimiter, which serves the one behind as early as it may",
    everySchedule(async (t) => {
      const limiter = new RateLimiter({ limit: 1, intervalMs: 10, burst: 3 });
      const served: Array<readonly [string, number]> = [];
      await limiter.take(2);
      await withTaskGroup((group) => {
        cancelling(group, async (who) => {
          await limiter.take(who === "victim" ? 3 : 1);
          served.push([who, t.now()]);
        });
      });
      assert.deepEqual(served, [["behind", 0]]);
      assert.deepEqual(limiter.stats(), { tokens: 0, waiters: 0 });
    }, {}),
  );

  it(
    "at a Barrier, which then waits for another one",
    everySchedule(async (t) => {
      const barrier = new Barrier(3);
      const indices: number[] = [];
      const pass = async (): Promise<void> => {
        indices.push(await barrier.wait());
      };
      await withTaskGroup(async (group) => {
        const tasks = cancelling(group, pass);
        await checkpoint();
        group.spawn("third", pass);
        await t.settled();
        assert.equal(tasks.behind() === "running", tasks.victim() === "cancelled");
        if (barrier.waiting === 2) await pass();
      });
      assert.deepEqual(new Set(indices), new Set([0, 1, 2]));
      assert.equal(barrier.waiting, 0);
    }, {}),
  );

  it(
    "to put into a Broadcast, which gives its item to all or to nobody, and that of the one behind to all",
    everySchedule(async () => {
      const broadcast = new Broadcast<string>({ capacity: 1 });
      const subscriptions = [broadcast.subscribe(), broadcast.subscribe()];
      const put: string[] = ["first"];
      const seen = subscriptions.map((): string[] => []);
      await broadcast.put("first");
      await withTaskGroup(async (group) => {
        cancelling(group, async (who) => {
          await broadcast.put(who);
          put.push(who);
        });
        while (!seen[0]!.includes("behind")) {
          for (const [reader, items] of subscriptions.entries()) {
            const { value } = await items.next();
            seen[reader]!.push(value ?? "the end");
          }
        }
      });
      const order = ["first", "victim", "behind"].filter((who) => put.includes(who));
      assert.deepEqual(seen, [order, order]);
      assert.equal(broadcast.stats().putters, 0);
    }, {}),
  );
});
