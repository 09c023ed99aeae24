import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Barrier,
  BrokenBarrier,
  checkpoint,
  Event,
  Future,
  FutureSettled,
  sleep,
  withTaskGroup,
  withTimeoutOr,
} from "../../src/index.ts";
import { ascending, everySchedule } from "../explored.ts";

describe("Event, under all schedules and every single cancellation", () => {
  for (const waiters of [1, 2]) {
    it(
      `wakes ${waiters} who wait, also when it is cleared before they go on`,
      everySchedule(async () => {
        const event = new Event();
        let woken = 0;
        await withTaskGroup((group) => {
          for (let task = 0; task < waiters; task++) {
            group.spawn("waiter", async () => {
              await event.wait();
              woken++;
            });
          }
          group.spawn("setter", async () => {
            try {
              await checkpoint();
            } finally {
              event.set();
              event.clear();
            }
          });
        });
        assert.ok(woken >= waiters - 1);
        assert.deepEqual(event.stats(), { isSet: false, waiters: 0 });
      }),
    );
  }

  it(
    "wakes one of two tasks, or lets it give up, when both happen at once",
    everySchedule(async () => {
      const event = new Event();
      await withTaskGroup((group) => {
        group.spawn(() => withTimeoutOr(1, () => event.wait(), undefined));
        group.spawn(async () => {
          await sleep(1);
          event.set();
        });
      });
      assert.equal(event.stats().waiters, 0);
    }),
  );
});

describe("Barrier, under all schedules and every single cancellation", () => {
  for (const [parties, tasks, rounds] of [
    [2, 2, 2],
    [2, 3, 1],
    [3, 3, 1],
  ] as const) {
    it(
      `lets ${tasks} tasks go ${parties} at a time in each of ${rounds} rounds, with distinct indices`,
      everySchedule(async (t) => {
        const barrier = new Barrier(parties);
        const indices: number[] = [];
        const pass = async (): Promise<void> => {
          const index = await barrier.wait();
          indices.push(index);
        };
        await withTaskGroup(async (group) => {
          for (let task = 0; task < tasks; task++) {
            group.spawn(async () => {
              if (task > 0) await checkpoint();
              for (let round = 0; round < rounds; round++) await pass();
            });
          }
          await t.settled();
          while (barrier.waiting > 0) {
            group.spawn("stand-in", pass);
            await t.settled();
          }
        });
        const expected = Array.from({ length: parties }, (_, index) => index);
        for (let at = 0; at < indices.length; at += parties)
          assert.deepEqual(ascending(indices.slice(at, at + parties)), expected);
        assert.deepEqual(barrier.stats(), { parties, waiting: 0, broken: false });
      }),
    );
  }

  it(
    "lets two of three tasks go, or tells them, when the third one aborts it",
    everySchedule(async () => {
      const barrier = new Barrier(2);
      const outcomes: unknown[] = [];
      await withTaskGroup((group) => {
        for (let task = 0; task < 2; task++) {
          group.spawn(async () => {
            await checkpoint();
            const outcome = await barrier.wait().catch((error: unknown) => {
              if (error instanceof BrokenBarrier) return "broken";
              throw error;
            });
            outcomes.push(outcome);
          });
        }
        group.spawn(async () => {
          try {
            await checkpoint();
          } finally {
            barrier.abort();
          }
        });
      });
      const allowed = ["0,1", "1,0", "broken", "broken,broken"];
      assert.ok(allowed.includes(outcomes.join()), outcomes.join());
      assert.deepEqual(barrier.stats(), { parties: 2, waiting: 0, broken: true });
    }),
  );
});

describe("Future, under all schedules and every single cancellation", () => {
  for (const waiters of [1, 2]) {
    it(
      `gives its value to ${waiters} who wait, and to those who come later`,
      everySchedule(async () => {
        const future = new Future<number>();
        const seen: number[] = [];
        await withTaskGroup((group) => {
          for (let task = 0; task < waiters; task++) {
            group.spawn("waiter", async () => {
              if (task > 0) await checkpoint();
              seen.push(await future.wait());
              seen.push(await future.wait());
            });
          }
          group.spawn("supplier", async () => {
            try {
              await checkpoint();
            } finally {
              future.resolve(7);
            }
          });
        });
        assert.ok(seen.length >= 2 * (waiters - 1));
        assert.ok(seen.every((value) => value === 7));
        assert.deepEqual(future.stats(), { state: "resolved", waiters: 0 });
      }),
    );
  }

  it(
    "is settled once when two of three tasks try, and the third one sees the outcome",
    everySchedule(async () => {
      const future = new Future<string>();
      const lost = new Error("lost");
      const settled: string[] = [];
      const seen: string[] = [];
      await withTaskGroup((group) => {
        group.spawn(async () => {
          const outcome = await future.wait().catch((error: unknown) => {
            if (error === lost) return "rejected";
            throw error;
          });
          seen.push(outcome);
        });
        const ways = { resolved: () => future.resolve("resolved"), rejected: () => future.reject(lost) };
        for (const [state, settle] of Object.entries(ways)) {
          group.spawn(async () => {
            try {
              await checkpoint();
            } finally {
              if (settled.length > 0) assert.throws(settle, FutureSettled);
              else settle();
              settled.push(state);
            }
          });
        }
      });
      assert.equal(settled.length, 2);
      assert.ok(seen.length === 0 || seen[0] === settled[0]);
      assert.deepEqual(future.stats(), { state: settled[0], waiters: 0 });
    }),
  );
});
