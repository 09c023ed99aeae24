import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  AlreadyReady,
  Cancelled,
  checkpoint,
  ClosedGroup,
  currentTask,
  InvalidArgument,
  NotReady,
  sleep,
  TaskCancelled,
  TimeoutError,
  withCancelScope,
  withShield,
  withTaskGroup,
  withTimeout,
} from "../../src/index.ts";
import type { Ready } from "../../src/kernel/task-group.ts";
import { virtual } from "../../src/testing.ts";

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing",
    (error: unknown) => error,
  );

describe("group.start", () => {
  it(
    "gives what the task passes to ready, and the task lives on in the group",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const port = await group.start<number>(async (ready) => {
          await sleep(10);
          ready(8080);
          await sleep(20);
        });
        assert.deepEqual([port, time.now(), group.stats().tasks], [8080, 10, 1]);
      });
      assert.equal(time.now(), 30);
    }),
  );

  it(
    "gives a task that is ready at once its value",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        assert.equal(await group.start<string>("named", (ready) => ready("now")), "now");
        assert.equal(group.stats().tasks, 0);
      });
    }),
  );

  it(
    "does not adopt a task that is passed through ready",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const worker = await group.start<{ state: string; cancel(): void }>((ready) => {
          ready(group.spawn(() => sleep(1_000)));
        });
        assert.equal(worker.state, "running");
        worker.cancel();
      });
    }),
  );

  it(
    "throws TaskCancelled when only the task was cancelled before it was ready, a service too",
    virtual(async () => {
      for (const start of ["start", "startService"] as const) {
        await withTaskGroup(async (group) => {
          const cancelsItself = async (): Promise<void> => {
            currentTask()?.cancel("no room");
            await checkpoint();
          };
          await assert.rejects(group[start](cancelsItself), (error: unknown) => {
            assert.ok(error instanceof TaskCancelled);
            assert.equal(error.reason, "no room");
            return true;
          });
        });
      }
    }),
  );

  it(
    "throws NotReady when the task returns without ready",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        await assert.rejects(
          group.start("server", async () => sleep(1)),
          (error) =>
            error instanceof NotReady && /server returned without calling ready/.test(error.message),
        );
      });
    }),
  );

  it(
    "gives an error before ready to its caller alone",
    virtual(async () => {
      const error = new Error("address in use");
      await withTaskGroup(async (group) => {
        const other = group.spawn(() => sleep(5));
        const start = group.start(async () => {
          await sleep(1);
          throw error;
        });
        assert.equal(await caught(start), error);
        await other.join();
      });
    }),
  );

  it(
    "gives an error after ready to the group",
    virtual(async () => {
      const error = new Error("crashed");
      const group = withTaskGroup(async (tasks) => {
        await tasks.start<void>(async (ready) => {
          ready();
          await sleep(5);
          throw error;
        });
        await sleep(1_000);
      });
      assert.equal(await caught(group), error);
    }),
  );

  it(
    "throws AlreadyReady in a task that calls ready twice",
    virtual(async () => {
      await assert.rejects(
        withTaskGroup((group) =>
          group.start<number>((ready) => {
            ready(1);
            ready(2);
          }),
        ),
        AlreadyReady,
      );
    }),
  );

  it(
    "cancels and awaits the task when a time limit around it passes first",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        let cleaned = false;
        const start = withTimeout(5, () =>
          group.start(async () => {
            try {
              await sleep(1_000);
            } finally {
              await withShield(100, () => sleep(3));
              cleaned = true;
            }
          }),
        );
        await assert.rejects(start, TimeoutError);
        assert.deepEqual([cleaned, time.now()], [true, 8]);
      });
    }),
  );

  it(
    "frees the task from the caller's time limit once it is ready",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        await withTimeout(5, () =>
          group.start<void>(async (ready) => {
            ready();
            await sleep(50);
          }),
        );
      });
      assert.equal(time.now(), 50);
    }),
  );

  it(
    "cancels the task when its group has ended before it was ready, and throws ClosedGroup",
    virtual(async (time) => {
      await withTaskGroup(async (outer) => {
        let ended = Number.NaN;
        const starter = await withTaskGroup(async (inner) => {
          const task = outer.spawn(() =>
            caught(
              inner.start<number>(async (ready) => {
                try {
                  await sleep(100);
                  ready(1);
                  await sleep(1_000);
                } finally {
                  ended = time.now();
                }
              }),
            ),
          );
          await sleep(50);
          return task;
        });
        assert.ok((await starter.join()) instanceof ClosedGroup);
        assert.equal(ended, 100);
      });
    }),
  );

  it(
    "throws the cancellation to a caller that was cancelled before the task said ready in its clean-up",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        let alive = 0;
        await withCancelScope(async (scope) => {
          const start = group.start<number>(async (ready) => {
            alive++;
            try {
              await sleep(1_000);
            } finally {
              ready(1);
              alive--;
            }
          });
          scope.cancel();
          await assert.rejects(start, Cancelled);
          throw new Error("seen");
        }).catch((error: unknown) => assert.match(String(error), /seen/));
        assert.deepEqual([alive, group.stats().tasks], [0, 0]);
      });
    }),
  );

  it(
    "is a cancellation point: in a cancelled scope it throws although the task is ready at once",
    virtual(async () => {
      await withCancelScope((scope) =>
        withTaskGroup(async (group) => {
          scope.cancel();
          await assert.rejects(
            group.start<number>((ready) => ready(1)),
            Cancelled,
          );
        }),
      );
    }),
  );

  it(
    "cancels a task at ready when its group was cancelled meanwhile",
    virtual(async (time) => {
      const outcomes: unknown[] = [];
      await withTaskGroup(async (outer) => {
        const inner = withTaskGroup(async (group) => {
          outer.spawn(async () => {
            outcomes.push(
              await caught(
                group.start<number>(async (ready) => {
                  await sleep(10);
                  ready(1);
                  await sleep(1_000).finally(() => outcomes.push(`ended at ${time.now()}`));
                }),
              ),
            );
          });
          group.spawn(() => withShield(100, () => sleep(100)));
          await sleep(5);
          throw new Error("inner failed");
        });
        await assert.rejects(inner, /inner failed/);
      });
      assert.ok(outcomes.includes("ended at 10"), String(outcomes));
    }),
  );

  it(
    "throws at the call for what is no function",
    virtual(async () => {
      await withTaskGroup((group) => {
        assert.throws(() => group.start(5 as never), InvalidArgument);
        assert.throws(() => group.start("named", undefined as never), InvalidArgument);
      });
    }),
  );
});

describe("group.startService", () => {
  it(
    "starts a service: it does not keep the group open and is cancelled last",
    virtual(async (time) => {
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        const name = await group.startService<string>(async (ready: Ready<string>) => {
          await sleep(5);
          ready("listening");
          await sleep(Infinity).finally(() => log.push("service"));
        });
        assert.equal(name, "listening");
        group.spawn(() => sleep(10).then(() => log.push("task")));
      });
      assert.deepEqual(log, ["task", "service"]);
      assert.equal(time.now(), 15);
    }),
  );

  it(
    "gives an error before ready to its caller alone, and one after it to the group",
    virtual(async () => {
      const group = withTaskGroup(async (tasks) => {
        await assert.rejects(
          tasks.startService(() => {
            throw new Error("before");
          }),
          /before/,
        );
        await tasks.startService<void>(async (ready) => {
          ready();
          await sleep(1);
          throw new Error("after");
        });
        await sleep(1_000);
      });
      await assert.rejects(group, /after/);
    }),
  );
});
