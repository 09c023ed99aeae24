import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  AlreadyHeld,
  CapacityLimiter,
  checkpoint,
  Condition,
  Lock,
  race,
  Semaphore,
  sleep,
  withTaskGroup,
  withTimeoutOr,
  type Hold,
} from "../../src/index.ts";
import { everySchedule, unlessStruck } from "../explored.ts";

interface Acquirable {
  acquire(): Promise<Hold>;
  tryAcquire(): Hold | undefined;
}

/** What one task at a time holds, and how many wait for it. */
interface Exclusive {
  readonly lock: Acquirable;
  waiters(): number;
}

const exclusives: Record<string, () => Exclusive> = {
  Lock: () => exclusive(new Lock()),
  Semaphore: () => exclusive(new Semaphore(1)),
  CapacityLimiter: () => exclusive(new CapacityLimiter(1)),
  Condition() {
    const condition = new Condition();
    return { lock: condition, waiters: () => condition.stats().lock.waiters };
  },
};

function exclusive(lock: Acquirable & { stats(): { readonly waiters: number } }): Exclusive {
  return { lock, waiters: () => lock.stats().waiters };
}

/** Knows how many were inside at once. */
class Room {
  most = 0;
  #inside = 0;

  async stay(): Promise<void> {
    this.most = Math.max(this.most, ++this.#inside);
    try {
      await checkpoint();
    } finally {
      this.#inside--;
    }
  }
}

async function nothing(): Promise<undefined> {
  await checkpoint();
}

for (const [name, make] of Object.entries(exclusives)) {
  describe(`${name}, under all schedules and every single cancellation`, () => {
    for (const tasks of [2, 3]) {
      it(
        `lets one of ${tasks} tasks in at a time, in the order in which they came, and is free at the end`,
        everySchedule(async () => {
          const { lock, waiters } = make();
          const room = new Room();
          const came: number[] = [];
          const went: number[] = [];
          await withTaskGroup((group) => {
            for (let task = 0; task < tasks; task++) {
              group.spawn(async () => {
                if (task > 0) await checkpoint();
                came.push(task);
                using _ = await lock.acquire();
                went.push(task);
                await room.stay();
              });
            }
          });
          assert.equal(room.most, 1);
          assert.deepEqual(
            went,
            came.filter((task) => went.includes(task)),
          );
          assert.ok(went.length >= tasks - 1, "one cancellation keeps one task out");
          assert.equal(waiters(), 0);
          assert.ok(lock.tryAcquire());
        }),
      );
    }

    it(
      "does not go to one of two tasks that tries while the other one waits",
      everySchedule(async () => {
        const { lock, waiters } = make();
        await withTaskGroup(async (group) => {
          using _ = await lock.acquire();
          group.spawn(async () => {
            using _mine = await lock.acquire();
          });
          group.spawn(async () => {
            for (let tries = 0; tries < 2; tries++) {
              await checkpoint();
              const waiting = waiters();
              using tried = lock.tryAcquire();
              assert.ok(tried === undefined || waiting === 0);
            }
          });
        });
        assert.ok(lock.tryAcquire());
      }),
    );

    it(
      "is free at the end when one of two tasks gives up in the moment in which the other one leaves",
      everySchedule(async () => {
        const { lock } = make();
        await withTaskGroup((group) => {
          group.spawn(async () => {
            using _ = await lock.acquire();
            await sleep(1);
          });
          group.spawn(async () => {
            using _ = await withTimeoutOr(1, () => lock.acquire(), undefined);
          });
        });
        assert.ok(lock.tryAcquire());
      }),
    );

    it(
      "goes to the last of three tasks when the one before gives up in the moment in which the first one leaves",
      everySchedule(async () => {
        const { lock } = make();
        let served = 0;
        await withTaskGroup((group) => {
          group.spawn(async () => {
            using _ = await lock.acquire();
            await sleep(1);
          });
          group.spawn(async () => {
            using _ = await withTimeoutOr(1, () => lock.acquire(), undefined);
          });
          const last = group.spawn(async () => {
            using _ = await lock.acquire();
            served++;
          });
          group.spawn(async () => {
            await unlessStruck(() => last.join());
            served += last.state === "cancelled" ? 1 : 0;
          });
        });
        assert.equal(served, 1);
        assert.ok(lock.tryAcquire());
      }),
    );

    it(
      "is free at the end when two of three tasks race for it, or one of them for something else",
      everySchedule(async () => {
        const { lock } = make();
        await withTaskGroup(async (group) => {
          const hold = await lock.acquire();
          group.spawn(async () => {
            try {
              await checkpoint();
            } finally {
              hold.release();
            }
          });
          await unlessStruck(async () => {
            using _ = await race([() => lock.acquire(), () => lock.acquire()]);
          });
          using _too = await unlessStruck(() => race([() => lock.acquire(), nothing]));
        });
        assert.ok(lock.tryAcquire());
      }),
    );
  });
}

describe("Semaphore, under all schedules and every single cancellation", () => {
  it(
    "keeps both permits when three tasks want one",
    everySchedule(async (t) => {
      const semaphore = new Semaphore(2);
      const room = new Room();
      t.invariant(() => {
        const { free, waiters } = semaphore.stats();
        assert.ok(free === 0 || waiters === 0, "nobody waits while a permit is free");
      });
      await withTaskGroup((group) => {
        for (let task = 0; task < 3; task++) {
          group.spawn(async () => {
            using _ = await semaphore.acquire();
            await room.stay();
          });
        }
      });
      assert.ok(room.most <= 2);
      assert.deepEqual(semaphore.stats(), { permits: 2, free: 2, waiters: 0 });
    }),
  );
});

describe("CapacityLimiter, under all schedules and every single cancellation", () => {
  for (const tasks of [2, 3]) {
    it(
      `is resized under ${tasks} tasks, and leaves none of them waiting while there is room`,
      everySchedule(async (t) => {
        const limiter = new CapacityLimiter(0);
        let granted = 0;
        t.invariant(() => {
          const { capacity, held, waiters } = limiter.stats();
          assert.ok(held >= capacity || waiters === 0);
          assert.ok(held <= 2);
        });
        await withTaskGroup(async (group) => {
          for (let task = 0; task < tasks; task++) {
            group.spawn(async () => {
              using _ = await limiter.acquire();
              granted++;
            });
          }
          for (const capacity of [2, 1]) {
            limiter.capacity = capacity;
            await checkpoint();
          }
        });
        assert.ok(granted >= tasks - 1);
        assert.deepEqual(limiter.stats(), { capacity: 1, held: 0, waiters: 0 });
      }),
    );

    it(
      `gives an owner on whose behalf ${tasks} tasks ask one slot at a time`,
      everySchedule(async () => {
        const limiter = new CapacityLimiter(2);
        const owner = {};
        const room = new Room();
        await withTaskGroup((group) => {
          for (let task = 0; task < tasks; task++) {
            group.spawn(async () => {
              if (task > 0) await checkpoint();
              try {
                await limiter.with(() => room.stay(), owner);
              } catch (error) {
                if (!(error instanceof AlreadyHeld)) throw error;
              }
            });
          }
        });
        assert.ok(room.most <= 1);
        assert.deepEqual(limiter.stats(), { capacity: 2, held: 0, waiters: 0 });
      }),
    );
  }
});
