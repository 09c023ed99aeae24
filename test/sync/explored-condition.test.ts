import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkpoint, Condition, Lock, sleep, withTaskGroup, withTimeoutOr } from "../../src/index.ts";
import { everySchedule } from "../explored.ts";

/** Apples that are eaten under a condition, by one who is alone with it, also when a wait for it was cancelled. */
class Orchard {
  readonly condition = new Condition();
  apples = 0;
  eaten = 0;
  #inside = 0;

  async eat(): Promise<void> {
    using _ = await this.condition.acquire();
    this.#enter();
    try {
      while (this.apples === 0) await this.#wait();
      this.apples--;
      this.eaten++;
    } finally {
      this.#inside--;
    }
  }

  async grow(): Promise<void> {
    using _ = await this.condition.acquire();
    this.#enter();
    this.apples++;
    this.condition.notify();
    this.#inside--;
  }

  async #wait(): Promise<void> {
    this.#inside--;
    try {
      await this.condition.wait();
    } finally {
      this.#enter();
    }
  }

  #enter(): void {
    assert.equal(++this.#inside, 1);
  }
}

describe("Condition, under all schedules and every single cancellation", () => {
  for (const [eaters, growers] of [
    [1, 1],
    [2, 1],
    [1, 2],
  ] as const) {
    it(
      `loses no notification among ${eaters} who wait and ${growers} who notify, and gives the lock back to each`,
      everySchedule(async (t) => {
        const orchard = new Orchard();
        const { condition } = orchard;
        let grown = 0;
        await withTaskGroup(async (group) => {
          for (let task = 0; task < eaters; task++) group.spawn("eater", () => orchard.eat());
          for (let task = 0; task < growers; task++) {
            group.spawn("grower", async () => {
              await checkpoint();
              await orchard.grow();
              grown++;
            });
          }
          await t.settled();
          assert.ok(
            orchard.apples === 0 || condition.stats().waiters === 0,
            "nobody waits beside an apple",
          );
          for (; condition.stats().waiters > 0; grown++) {
            await orchard.grow();
            await t.settled();
          }
        });
        assert.equal(orchard.apples + orchard.eaten, grown);
        assert.deepEqual(condition.stats(), { waiters: 0, lock: { isHeld: false, waiters: 0 } });
      }),
    );
  }

  it(
    "gives its notification to one of two who wait when the first of them gives up in that moment",
    everySchedule(async (t) => {
      const condition = new Condition();
      const woken: string[] = [];
      const wait = async (name: string, ms: number): Promise<void> => {
        using _ = await condition.acquire();
        const late = await withTimeoutOr(ms, () => condition.wait(), "late");
        assert.ok(condition.lock.isHeld);
        if (late === undefined) woken.push(name);
      };
      await withTaskGroup(async (group) => {
        const tasks = [group.spawn(wait, "impatient", 1), group.spawn(wait, "patient", 9)];
        await sleep(1);
        let isHeard = false;
        await condition.with(() => {
          isHeard = condition.stats().waiters > 0;
          condition.notify();
        });
        await t.settled();
        assert.equal(woken.length, isHeard ? 1 : 0, `${tasks.map(({ state }) => state).join()}`);
      });
      assert.deepEqual(condition.stats(), { waiters: 0, lock: { isHeld: false, waiters: 0 } });
    }),
  );

  it(
    "carries two items through one place from one of two tasks to the other, with two conditions on one lock",
    everySchedule(async (t) => {
      const lock = new Lock();
      const hasRoom = new Condition(lock);
      const hasItem = new Condition(lock);
      const place: number[] = [];
      const put: number[] = [];
      const got: number[] = [];
      let isOver = false;
      await withTaskGroup(async (group) => {
        group.spawn("producer", async () => {
          for (const item of [1, 2]) {
            using _ = await lock.acquire();
            await hasRoom.waitFor(() => place.length === 0 || isOver);
            if (isOver) return;
            place.push(item);
            put.push(item);
            hasItem.notify();
          }
        });
        group.spawn("consumer", async () => {
          while (got.length < 2) {
            using _ = await lock.acquire();
            await hasItem.waitFor(() => place.length > 0 || isOver);
            if (place.length === 0) return;
            got.push(place.pop()!);
            hasRoom.notify();
          }
        });
        await t.settled();
        isOver = true;
        await lock.with(() => {
          hasRoom.notifyAll();
          hasItem.notifyAll();
        });
      });
      assert.deepEqual([...got, ...place], put);
      assert.equal(lock.isHeld, false);
    }),
  );
});
