import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RateLimiter, withTaskGroup, withTimeoutOr } from "../../src/index.ts";
import { ascending, everySchedule } from "../explored.ts";

describe("RateLimiter, under all schedules and every single cancellation", () => {
  for (const tasks of [2, 3]) {
    it(
      `gives each of ${tasks} tasks its token as early as it may, in the order in which they came`,
      everySchedule(async (t) => {
        const limiter = new RateLimiter({ limit: 1, intervalMs: 10 });
        const taken: number[] = [];
        await withTaskGroup((group) => {
          for (let task = 0; task < tasks; task++) {
            group.spawn(async () => {
              await limiter.take();
              assert.equal(t.now(), 10 * taken.length);
              taken.push(task);
            });
          }
        });
        assert.ok(taken.length >= tasks - 1);
        assert.deepEqual(taken, ascending(taken));
        assert.deepEqual(limiter.stats(), { tokens: 0, waiters: 0 });
      }),
    );
  }

  it(
    "charges one of three tasks for nothing when it gives up in the moment in which its token comes",
    everySchedule(async (t) => {
      const limiter = new RateLimiter({ limit: 1, intervalMs: 10 });
      const taken: number[] = [];
      const take = async (): Promise<void> => {
        await limiter.take();
        taken.push(t.now());
      };
      await withTaskGroup((group) => {
        group.spawn("first", take);
        group.spawn("impatient", () => withTimeoutOr(10, take, undefined));
        group.spawn("patient", take);
      });
      assert.ok(taken.length >= 1);
      assert.deepEqual(taken, [0, 10, 20].slice(0, taken.length));
    }),
  );

  it(
    "lets small requests of two of three tasks not pass a big one, and those behind go on when it is given up",
    everySchedule(async (t) => {
      const limiter = new RateLimiter({ limit: 1, intervalMs: 10, burst: 3 });
      const taken: Array<readonly [number, number]> = [];
      await limiter.take(2);
      await withTaskGroup((group) => {
        for (const n of [3, 1, 2]) {
          group.spawn(async () => {
            await limiter.take(n);
            taken.push([n, t.now()]);
          });
        }
      });
      const order = taken.map(([n]) => n).join();
      const expected: Record<string, number[]> = {
        "3,1,2": [20, 30, 50],
        "1,2": [0, 20],
        "3,2": [20, 40],
        "3,1": [20, 30],
      };
      assert.deepEqual(
        taken.map(([, at]) => at),
        expected[order],
      );
      assert.equal(limiter.stats().waiters, 0);
    }),
  );

  for (const tasks of [2, 3]) {
    it(
      `gives none of ${tasks} tasks a token early when the clock is late`,
      everySchedule(
        async (t) => {
          const limiter = new RateLimiter({ limit: 1, intervalMs: 10 });
          const taken: number[] = [];
          await withTaskGroup((group) => {
            for (let task = 0; task < tasks; task++) {
              group.spawn(async () => {
                await limiter.take();
                taken.push(t.now());
              });
            }
          });
          assert.ok(taken.length >= tasks - 1);
          for (const [place, at] of taken.entries()) {
            assert.ok(at >= 10 * place);
            assert.ok(at <= 10 * place + 5, "lateness does not add up");
          }
        },
        { cancel: true, slowClockMs: 5 },
      ),
    );
  }
});
