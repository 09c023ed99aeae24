import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  checkpoint,
  currentRuntime,
  Lock,
  retry,
  Semaphore,
  sleep,
  TimeoutError,
  withDeadline,
  withShield,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
} from "../../src/index.ts";
import { everySchedule } from "../explored.ts";

/** What works for 1 ms, and knows whether it was done. */
class Work {
  done = 0;

  async run(): Promise<"done"> {
    await sleep(1);
    this.done++;
    return "done";
  }
}

const limits: Record<string, <T>(ms: number, fn: () => Promise<T>) => Promise<T | "late">> = {
  withTimeout: (ms, fn) => withTimeout(ms, fn).catch(late),
  withTimeoutOr: (ms, fn) => withTimeoutOr(ms, fn, "late"),
  withDeadline: (ms, fn) => withDeadline(currentRuntime().now() + ms, fn).catch(late),
};

function late(error: unknown): "late" {
  if (error instanceof TimeoutError) return "late";
  throw error;
}

for (const [name, limit] of Object.entries(limits)) {
  describe(`${name}, under all schedules and every single cancellation`, () => {
    for (const tasks of [2, 3]) {
      it(
        `gives the value in each of ${tasks} tasks where there is one, and "late" where there is none, at its instant`,
        everySchedule(async (t) => {
          await withTaskGroup((group) => {
            for (let task = 0; task < tasks; task++) {
              group.spawn(async () => {
                const work = new Work();
                const outcome = await limit(task === 2 ? 2 : 1, () => work.run());
                assert.equal(outcome, work.done === 1 ? "done" : "late");
                assert.equal(t.now(), 1);
              });
            }
          });
        }),
      );
    }

    it(
      "ends what went past it in two tasks below before it says so",
      everySchedule(async (t) => {
        let ended = 0;
        const slow = async (): Promise<void> => {
          try {
            await sleep(5);
          } finally {
            ended++;
          }
        };
        const outcome = await limit(1, () =>
          withTaskGroup((group) => {
            for (const name of ["one", "two"]) group.spawn(name, slow);
          }),
        );
        assert.equal(ended, 2);
        assert.equal(outcome, "late");
        assert.equal(t.now(), 1);
      }),
    );
  });
}

describe("withShield, under all schedules and every single cancellation", () => {
  for (const tasks of [2, 3]) {
    it(
      `lets the clean-up of each of ${tasks} tasks run to its end, or to the shield's`,
      everySchedule(async (t) => {
        const tidied: number[] = [];
        await withTimeoutOr(
          1,
          () =>
            withTaskGroup((group) => {
              for (let task = 0; task < tasks; task++) {
                group.spawn(async () => {
                  try {
                    await sleep(9);
                  } finally {
                    const since = t.now();
                    await withShield(2, () => sleep(1 + task)).finally(() => {
                      tidied.push(task);
                      assert.ok(t.now() - since <= 2);
                      assert.ok(t.now() - since >= Math.min(2, 1 + task));
                    });
                  }
                });
              }
            }),
          undefined,
        );
        assert.equal(tidied.length, tasks);
      }),
    );
  }

  for (const tasks of [2, 3]) {
    it(
      `lets each of ${tasks} tasks have a lock once more in its clean-up, cancelled or not`,
      everySchedule(async () => {
        const lock = new Lock();
        let tidied = 0;
        await withTaskGroup((group) => {
          for (let task = 0; task < tasks; task++) {
            group.spawn(async () => {
              try {
                using _ = await lock.acquire();
                await checkpoint();
              } finally {
                await withShield(9, () =>
                  lock.with(async () => {
                    await checkpoint();
                    tidied++;
                  }),
                );
              }
            });
          }
        });
        assert.equal(tidied, tasks);
        assert.equal(lock.isHeld, false);
      }),
    );
  }
});

describe("retry, under all schedules and every single cancellation", () => {
  for (const tasks of [2, 3]) {
    it(
      `tries again in each of ${tasks} tasks, and has left nothing of an attempt behind when the next one begins`,
      everySchedule(async () => {
        const semaphore = new Semaphore(1);
        const notYet = new Error("not yet");
        let done = 0;
        await withTaskGroup((group) => {
          for (let task = 0; task < tasks; task++) {
            group.spawn(async () => {
              let tries = 0;
              let isTrying = false;
              const attempt = async (ordinal: number): Promise<void> => {
                assert.equal(ordinal, ++tries);
                assert.equal(isTrying, false);
                isTrying = true;
                try {
                  using _ = await semaphore.acquire();
                  if (ordinal === 1) throw notYet;
                  done++;
                } finally {
                  isTrying = false;
                }
              };
              // An error that a task throws when it has been cancelled is thrown on: another attempt would be in vain.
              await retry(attempt, { initialMs: 1, jitter: 0 }).catch((error: unknown) => {
                if (error !== notYet) throw error;
              });
            });
          }
        });
        assert.ok(done >= tasks - 1);
        assert.deepEqual(semaphore.stats(), { permits: 1, free: 1, waiters: 0 });
      }),
    );
  }
});
