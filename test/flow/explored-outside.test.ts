import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkpoint, sleep, until, withSignal, withSupervisor, withTaskGroup } from "../../src/index.ts";
import { everySchedule, Resources, type Resource } from "../explored.ts";

describe("until, under all schedules and every single cancellation", () => {
  for (const waiters of [1, 2]) {
    it(
      `gives what a promise brings to ${waiters} who wait for it, or disposes of it when they have all gone`,
      everySchedule(async (t) => {
        const resources = new Resources();
        const { promise, resolve } = Promise.withResolvers<Resource>();
        let received = 0;
        let resource: Resource | null = null;
        await withTaskGroup((group) => {
          for (let task = 0; task < waiters; task++) {
            group.spawn("waiter", async () => {
              const value = await until(promise);
              assert.equal(value, resource);
              received++;
            });
          }
          group.spawn("resolver", async () => {
            try {
              await checkpoint();
            } finally {
              resource = resources.makeNow(0);
              resolve(resource);
            }
          });
        });
        await t.settled();
        assert.ok(received >= waiters - 1);
        if (received > 0) resources.assertHandedOver([resource!]);
        else resources.assertAllDisposed();
      }),
    );

    it(
      `tells ${waiters} functions to stop by their signals, and waits until their promises have settled`,
      everySchedule(async () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        let answered = 0;
        const ask = async (signal: AbortSignal): Promise<void> => {
          const aborted = new Promise<void>((stop) => {
            signal.addEventListener("abort", () => stop(), { once: true });
          });
          await Promise.race([promise, aborted]);
          await Promise.resolve(); // A clean-up of its own.
          signal.throwIfAborted();
        };
        await withTaskGroup((group) => {
          for (let task = 0; task < waiters; task++) {
            group.spawn("waiter", async () => {
              let isGoingOn = false;
              try {
                await until(async (signal) => {
                  isGoingOn = true;
                  await ask(signal).finally(() => (isGoingOn = false));
                });
                answered++;
              } finally {
                assert.equal(isGoingOn, false);
              }
            });
          }
          group.spawn("answerer", async () => {
            try {
              await checkpoint();
            } finally {
              resolve();
            }
          });
        });
        assert.ok(answered >= waiters - 1);
      }),
    );
  }
});

describe("withSignal, under all schedules and every single cancellation", () => {
  for (const tasks of [2, 3]) {
    it(
      `ends the work of ${tasks - 1} tasks when another one aborts it, unless it is done, and throws the reason`,
      everySchedule(async () => {
        const controller = new AbortController();
        const reason = new Error("no longer wanted");
        await withTaskGroup((group) => {
          for (let task = 1; task < tasks; task++) {
            group.spawn("worker", async () => {
              let isDone = false;
              try {
                await withSignal(controller.signal, async () => {
                  await sleep(1);
                  await checkpoint();
                  isDone = true;
                });
                assert.ok(isDone);
              } catch (error) {
                assert.ok(!isDone);
                if (error !== reason) throw error;
              }
            });
          }
          group.spawn("aborter", async () => {
            try {
              await sleep(1);
            } finally {
              controller.abort(reason);
            }
          });
        });
      }),
    );
  }
});

describe("withSupervisor, under all schedules and every single cancellation", () => {
  for (const tasks of [2, 3]) {
    it(
      `starts each of ${tasks} children again when it fails, one life after the other, whatever becomes of the others`,
      everySchedule(async () => {
        const alive = Array.from({ length: tasks }, () => 0);
        const ends: string[] = [];
        const failures: string[] = [];
        await withSupervisor(
          (supervisor) => {
            for (let task = 0; task < tasks; task++) {
              let life = 0;
              supervisor.spawn(`child ${task}`, async () => {
                assert.equal(++alive[task]!, 1);
                try {
                  if (++life === 1 && task > 0) throw new Error("first life");
                  await checkpoint();
                  ends.push(`child ${task}`);
                } finally {
                  alive[task]!--;
                }
              });
            }
          },
          { pauseMs: 1, onFailure: (_error, child) => failures.push(child) },
        );
        assert.equal(failures.length, tasks - 1);
        assert.ok(ends.length >= tasks - 1);
      }),
    );
  }
});
