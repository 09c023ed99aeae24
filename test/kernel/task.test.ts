import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  checkpoint,
  currentRuntime,
  currentTask,
  InvalidArgument,
  SelfJoin,
  sleep,
  TaskCancelled,
  withCancelScope,
  withShield,
  withTaskGroup,
} from "../../src/index.ts";
import type { Task } from "../../src/kernel/task.ts";
import { virtual } from "../../src/testing.ts";

const wrong = (value: unknown) => value as never;

describe("A task", () => {
  it(
    "has run up to its first wait when spawn returns",
    virtual(async () => {
      const log: string[] = [];
      await withTaskGroup((group) => {
        group.spawn(async () => {
          log.push("first step");
          await checkpoint();
          log.push("second step");
        });
        log.push("spawn returned");
      });
      assert.deepEqual(log, ["first step", "spawn returned", "second step"]);
    }),
  );

  it(
    "is handed its arguments",
    virtual(async () => {
      const sum = await withTaskGroup((group) => {
        const add = (a: number, b: number): number => a + b;
        return group.spawn(add, 1, 2).join();
      });
      assert.equal(sum, 3);
    }),
  );

  it(
    "has the name it was given, or that of its function, or is a task",
    virtual(async () => {
      await withTaskGroup((group) => {
        function refresh(): void {}
        const tasks = [group.spawn("named", refresh), group.spawn(refresh), group.spawn(() => {})];
        assert.deepEqual(
          tasks.map((task) => task.name),
          ["named", "refresh", "task"],
        );
      });
    }),
  );

  it(
    "is running, and then done, failed or cancelled",
    virtual(async () => {
      let tasks: Task[] = [];
      const group = withTaskGroup(async (group) => {
        const cancelled = group.spawn(() => sleep(1_000));
        tasks = [group.spawn(() => sleep(1)), cancelled];
        assert.deepEqual(
          tasks.map((task) => task.state),
          ["running", "running"],
        );
        cancelled.cancel();
        await sleep(5);
        tasks.push(
          group.spawn(() => {
            throw new Error("at once");
          }),
        );
      });
      await assert.rejects(group, /at once/);
      assert.deepEqual(
        tasks.map((task) => task.state),
        ["done", "cancelled", "failed"],
      );
    }),
  );

  it(
    "that returns a value at once has ended when spawn returns",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => 5);
        assert.equal(task.state, "done");
        assert.equal(await task.join(), 5);
      });
    }),
  );

  it(
    "is not thenable: an async function can return it",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const start = async (): Promise<Task> => group.spawn(() => sleep(1_000));
        const task = await start();
        assert.equal(task.state, "running");
        assert.ok(!("then" in task));
        task.cancel();
      });
    }),
  );

  it(
    "knows itself as the current task, in every scope it opens",
    virtual(async () => {
      assert.equal(currentTask(), undefined);
      await withTaskGroup(async (group) => {
        assert.equal(currentTask(), undefined);
        const seen: unknown[] = [];
        const task = group.spawn(async () => {
          seen.push(currentTask());
          await withCancelScope(async () => seen.push(currentTask()));
          await sleep(1);
          seen.push(currentTask());
        });
        await task.join();
        assert.deepEqual(seen, [task, task, task]);
      });
    }),
  );

  it(
    "adopts a foreign thenable once",
    virtual(async () => {
      let runs = 0;
      const query = {
        // oxlint-disable-next-line unicorn/no-thenable -- a query builder, which does its work when `then` is called
        then(resolve: (value: string) => void): void {
          runs++;
          resolve("rows");
        },
      };
      const rows = await withTaskGroup((group) => group.spawn(() => query as PromiseLike<string>).join());
      assert.deepEqual([rows, runs], ["rows", 1]);
    }),
  );

  it(
    "fails with what the `then` of its result throws, subclasses of Promise included",
    virtual(async () => {
      class Lazy extends Promise<number> {
        // oxlint-disable-next-line unicorn/no-thenable -- a promise that does its work when `then` is called
        override then(): never {
          throw new Error("bad query");
        }
      }
      await assert.rejects(
        withTaskGroup((group) => {
          group.spawn(() => new Lazy(() => {}));
        }),
        /bad query/,
      );
    }),
  );

  it(
    "ends once, even if a broken thenable calls both of its handlers",
    virtual(async () => {
      class Broken extends Promise<number> {
        // oxlint-disable-next-line unicorn/no-thenable -- as above
        override then(
          resolve?: ((value: number) => unknown) | null,
          reject?: ((error: unknown) => unknown) | null,
        ): never {
          resolve?.(1);
          reject?.(new Error("too late"));
          return undefined as never;
        }
      }
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => new Broken(() => {}));
        assert.equal(await task.join(), 1);
        assert.equal(group.stats().tasks, 0);
      });
    }),
  );

  it(
    "throws InvalidArgument for what is no function, and spawns nothing",
    virtual(async () => {
      await withTaskGroup((group) => {
        for (const value of [undefined, null, 5, {}, Promise.resolve()]) {
          assert.throws(() => group.spawn(wrong(value)), InvalidArgument);
        }
        assert.throws(() => group.spawn("named", wrong(undefined)), InvalidArgument);
        assert.throws(() => group.spawn(wrong(Promise.resolve())), /pass the function that makes it/);
        assert.equal(group.stats().tasks, 0);
      });
    }),
  );
});

describe("Joining", () => {
  it(
    "gives the value to all who join, before and after the end",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          await sleep(5);
          return "value";
        });
        const early = [group.spawn(() => task.join()), group.spawn(() => task.join())];
        assert.equal(await task.join(), "value");
        assert.equal(await early[0]!.join(), "value");
        assert.equal(await early[1]!.join(), "value");
        assert.equal(await task.join(), "value");
      });
    }),
  );

  it(
    "throws the very error of a failed task, before and after the end",
    virtual(async () => {
      const error = new Error("failed");
      const seen: unknown[] = [];
      await assert.rejects(
        withTaskGroup(async (group) => {
          const task = group.spawn(async () => {
            await sleep(1);
            throw error;
          });
          // Joined from outside the group, so that its cancellation does not come first.
          await withShield(1_000, async () => {
            seen.push(await task.join().catch((caught: unknown) => caught));
            seen.push(await task.join().catch((caught: unknown) => caught));
          });
        }),
        (caught) => caught === error,
      );
      assert.deepEqual(seen, [error, error]);
    }),
  );

  it(
    "throws TaskCancelled with the reason for a cancelled task",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn("slow", () => sleep(1_000));
        task.cancel("not wanted");
        for (let round = 0; round < 2; round++) {
          const error = await task.join().catch((caught: unknown) => caught);
          assert.ok(error instanceof TaskCancelled);
          assert.equal(error.reason, "not wanted");
          assert.match(error.message, /slow has no result: it was cancelled/);
        }
      });
    }),
  );

  it(
    "leaves the task alone when the join is cancelled",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => sleep(50));
        const joiner = group.spawn(() => task.join());
        await sleep(1);
        joiner.cancel();
        await assert.rejects(joiner.join(), TaskCancelled);
        assert.equal(task.state, "running");
        await task.join();
        assert.equal(time.now(), 50);
      });
    }),
  );

  it(
    "itself throws SelfJoin, and so does joining a task from below it",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const self: Task<void> = group.spawn(async () => {
          await sleep(1);
          await assert.rejects(self.join(), SelfJoin);
          await withTaskGroup((inner) => {
            inner.spawn(() => assert.rejects(self.join(), SelfJoin));
          });
        });
      });
    }),
  );

  it(
    "that nobody awaits is no unhandled rejection",
    virtual(async () => {
      await assert.rejects(
        withTaskGroup(async (group) => {
          const task = group.spawn(async () => {
            await sleep(1);
            throw new Error("once");
          });
          void task.join();
          await sleep(10);
        }),
        /once/,
      );
    }),
  );

  it(
    "an ended task again and again takes turns of the event loop and leaves no rejection unhandled",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const done = group.spawn(() => "value");
        const cancelled = group.spawn(() => sleep(1_000));
        cancelled.cancel();
        await sleep(1);
        for (const task of [done, cancelled]) {
          await sleep(0);
          let turned = false;
          currentRuntime().callSoon(() => {
            turned = true;
          });
          let joins = 0;
          while (joins < 2_000) {
            joins++;
            await (task as Task).join().catch(() => {});
          }
          assert.ok(turned);
        }
      });
    }),
  );
});

describe("Cancelling a task", () => {
  it(
    "ends it and all it began, and is no failure of its group",
    virtual(async (time) => {
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        const task = group.spawn(() =>
          withTaskGroup((inner) => {
            for (const name of ["a", "b"]) {
              inner.spawn(async () => {
                try {
                  await sleep(1_000);
                } finally {
                  log.push(name);
                }
              });
            }
          }),
        );
        await sleep(1);
        task.cancel();
      });
      assert.deepEqual(log, ["a", "b"]);
      assert.equal(time.now(), 1);
    }),
  );

  it(
    "before it has begun to wait lets it run to its first wait",
    virtual(async () => {
      const log: string[] = [];
      await withTaskGroup((group) => {
        const task: Task = group.spawn(async () => {
          currentTask()!.cancel();
          log.push("still here");
          await sleep(1).finally(() => log.push("refused"));
        });
        assert.equal(task.state, "running");
      });
      assert.deepEqual(log, ["still here", "refused"]);
    }),
  );

  it(
    "twice, or after its end, does nothing",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => sleep(1_000));
        task.cancel("first");
        task.cancel("second");
        await assert.rejects(task.join(), { reason: "first" });
        const ended = group.spawn(() => 1);
        ended.cancel();
        assert.equal(ended.state, "done");
        assert.equal(await ended.join(), 1);
      });
    }),
  );

  it(
    "that returns a value all the same is done",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          await sleep(1_000).catch(() => {});
          return "value after all";
        });
        task.cancel();
        assert.equal(await task.join(), "value after all");
        assert.equal(task.state, "done");
      });
    }),
  );

  it(
    "that throws an error of its own has failed",
    virtual(async () => {
      await assert.rejects(
        withTaskGroup((group) => {
          const task = group.spawn(async () => {
            await sleep(1_000).catch(() => {
              throw new Error("clean-up broke");
            });
          });
          task.cancel();
        }),
        /clean-up broke/,
      );
    }),
  );
});
