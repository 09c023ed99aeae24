import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  ClosedGroup,
  InvalidArgument,
  sleep,
  suppressedErrors,
  TimeoutError,
  withCancelScope,
  withShield,
  withTaskGroup,
  withTimeout,
} from "../../src/index.ts";
import type { TaskGroup } from "../../src/kernel/task-group.ts";
import { virtual } from "../../src/testing.ts";

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing",
    (error: unknown) => error,
  );

async function failAfter(ms: number, error: unknown): Promise<never> {
  await sleep(ms);
  throw error;
}

describe("A task group", () => {
  it(
    "gives what its body returns, when all tasks have ended",
    virtual(async (time) => {
      const value = await withTaskGroup((group) => {
        group.spawn(() => sleep(20));
        group.spawn(() => sleep(30));
        return "value";
      });
      assert.deepEqual([value, time.now()], ["value", 30]);
    }),
  );

  it(
    "waits for tasks that its tasks spawn after the body has returned",
    virtual(async (time) => {
      await withTaskGroup((group) => {
        group.spawn(async () => {
          await sleep(10);
          group.spawn(async () => {
            await sleep(10);
            group.spawn(() => sleep(10));
          });
        });
      });
      assert.equal(time.now(), 30);
    }),
  );

  it(
    "throws ClosedGroup, which names task, group and cure, to who spawns after its end",
    virtual(async () => {
      let kept!: TaskGroup;
      await withTaskGroup((group) => {
        kept = group;
      });
      for (const call of [
        () => kept.spawn("late", () => {}),
        () => kept.spawnService("late", () => {}),
      ]) {
        assert.throws(call, ClosedGroup);
        assert.throws(
          call,
          /cannot spawn "late": its task group \(test > withTaskGroup\) has already ended/,
        );
      }
      assert.deepEqual(kept.stats(), { tasks: 0, closed: true });
    }),
  );

  it(
    "throws InvalidArgument for a body that is no function",
    virtual(async () => {
      await assert.rejects(withTaskGroup(5 as never), InvalidArgument);
    }),
  );

  it(
    "cancels the rest for the first failure, waits for clean-up, and throws that very error",
    virtual(async (time) => {
      const error = new Error("first");
      const log: string[] = [];
      const group = withTaskGroup(async (tasks) => {
        tasks.spawn(async () => {
          try {
            await sleep(1_000);
          } finally {
            await withShield(100, () => sleep(7));
            log.push("cleaned up");
          }
        });
        tasks.spawn(() => failAfter(5, error));
        await sleep(1_000).finally(() => log.push("body cancelled"));
      });
      assert.equal(await caught(group), error);
      assert.deepEqual(log, ["body cancelled", "cleaned up"]);
      assert.equal(time.now(), 12);
    }),
  );

  it(
    "fails when its body throws, after its tasks were cancelled",
    virtual(async (time) => {
      let ended = 0;
      await assert.rejects(
        withTaskGroup((group) => {
          for (let i = 0; i < 3; i++) group.spawn(() => sleep(1_000).finally(() => ended++));
          throw new Error("body");
        }),
        /body/,
      );
      assert.deepEqual([ended, time.now()], [3, 0]);
    }),
  );

  it(
    "fails even where somebody joined the failed task and caught the error",
    virtual(async () => {
      await assert.rejects(
        withTaskGroup(async (group) => {
          const task = group.spawn(() => failAfter(1, new Error("still counts")));
          await task.join().catch(() => {});
          return "ignored";
        }),
        /still counts/,
      );
    }),
  );

  it(
    "throws anything that can be thrown, undefined too",
    virtual(async () => {
      for (const value of [undefined, null, 0, "text", Symbol("s")]) {
        assert.equal(
          await caught(withTaskGroup((group) => void group.spawn(() => failAfter(1, value)))),
          value,
        );
      }
    }),
  );

  it(
    "prefers an error in clean-up to the cancellation that came from outside",
    virtual(async () => {
      const outer = withTimeout(5, () =>
        withTaskGroup((group) => {
          group.spawn(() =>
            sleep(1_000).catch(() => {
              throw new Error("clean-up");
            }),
          );
        }),
      );
      await assert.rejects(outer, /clean-up/);
    }),
  );

  it(
    "passes a cancellation from outside on when a task was cut short, though the body has returned",
    virtual(async () => {
      await assert.rejects(
        withTimeout(5, () =>
          withTaskGroup((group) => {
            group.spawn(() => sleep(1_000));
            return "not complete";
          }),
        ),
        TimeoutError,
      );
    }),
  );

  it(
    "gives its value under a cancellation when body and tasks all ended with values",
    virtual(async () => {
      const value = await withTimeout(5, () =>
        withTaskGroup((group) => {
          group.spawn(() => sleep(1_000).catch(() => "swallowed"));
          return "complete";
        }),
      );
      assert.equal(value, "complete");
    }),
  );

  it(
    "takes a Cancelled from elsewhere for an error",
    virtual(async () => {
      let foreign: unknown;
      await withCancelScope(async (scope) => {
        scope.cancel();
        await sleep(1).catch((error: unknown) => {
          foreign = error;
        });
      });
      assert.ok(foreign instanceof Cancelled);
      const group = withTaskGroup((tasks) => void tasks.spawn(() => failAfter(1, foreign)));
      assert.equal(await caught(group), foreign);
    }),
  );

  it(
    "starts a task that is spawned into it after its cancellation, and refuses its first wait",
    virtual(async () => {
      const log: string[] = [];
      await assert.rejects(
        withTaskGroup(async (group) => {
          group.spawn(() => failAfter(1, new Error("failed")));
          await sleep(1_000).catch(() => {});
          group.spawn(async () => {
            log.push("started");
            await sleep(1).finally(() => log.push("released"));
          });
        }),
        /failed/,
      );
      assert.deepEqual(log, ["started", "released"]);
    }),
  );
});

describe("Later failures", () => {
  it(
    "are kept with the first, in their order, by identity, never the first itself",
    virtual(async () => {
      const [first, second, third] = [new Error("1"), new Error("2"), new Error("3")];
      const error = await caught(
        withTaskGroup((group) => {
          group.spawn(() => failAfter(1, first));
          for (const late of [second, first, third, second]) {
            group.spawn(() =>
              sleep(1_000).catch(() => {
                throw late;
              }),
            );
          }
        }),
      );
      assert.equal(error, first);
      assert.deepEqual(suppressedErrors(first).errors, [second, third]);
      assert.equal(suppressedErrors(first).count, 2);
    }),
  );

  it(
    "are kept for a frozen error too",
    virtual(async () => {
      const frozen = Object.freeze(new Error("frozen"));
      const second = new Error("second");
      await caught(
        withTaskGroup((group) => {
          group.spawn(() => {
            throw frozen;
          });
          group.spawn(() => {
            throw second;
          });
        }),
      );
      assert.deepEqual(suppressedErrors(frozen).errors, [second]);
    }),
  );

  it(
    "are at most 100, and all counted",
    virtual(async () => {
      const first = new Error("first");
      await caught(
        withTaskGroup((group) => {
          group.spawn(() => {
            throw first;
          });
          for (let i = 0; i < 250; i++) {
            group.spawn(() => {
              throw new Error(`later ${i}`);
            });
          }
        }),
      );
      assert.equal(suppressedErrors(first).errors.length, 100);
      assert.equal(suppressedErrors(first).count, 250);
    }),
  );

  it(
    "go to onUnhandled when the first is a primitive, which can keep nothing",
    virtual(async (time) => {
      const second = new Error("second");
      const error = await caught(
        withTaskGroup((group) => {
          group.spawn(() => {
            throw "text";
          });
          group.spawn(() => {
            throw second;
          });
        }),
      );
      assert.equal(error, "text");
      assert.deepEqual(time.takeUnhandled(), [second]);
    }),
  );

  it(
    "belong to the last group that threw the error: a constant error does not collect those of strangers",
    virtual(async () => {
      const constant = new Error("constant");
      for (let round = 0; round < 3; round++) {
        await caught(
          withTaskGroup((group) => {
            group.spawn(() => {
              throw constant;
            });
            group.spawn(() => {
              throw new Error(`of round ${round}`);
            });
          }),
        );
      }
      assert.deepEqual(
        suppressedErrors(constant).errors.map((error) => (error as Error).message),
        ["of round 2"],
      );
    }),
  );

  it(
    "of an inner group stay with the error when it fails the outer group as well",
    virtual(async () => {
      const error = new Error("first");
      await caught(
        withTaskGroup((outer) => {
          outer.spawn(() =>
            withTaskGroup((inner) => {
              inner.spawn(() => {
                throw error;
              });
              inner.spawn(() => {
                throw new Error("inner");
              });
            }),
          );
          outer.spawn(() =>
            sleep(1_000).catch(() => {
              throw new Error("outer");
            }),
          );
        }),
      );
      assert.deepEqual(
        suppressedErrors(error).errors.map((later) => (later as Error).message),
        ["inner", "outer"],
      );
    }),
  );
});

describe("cancelTasks", () => {
  it(
    "cancels the tasks alive now: not the body, not the services, not later spawns",
    virtual(async () => {
      const log: string[] = [];
      const note = (name: string) => () =>
        sleep(20).then(
          () => log.push(`${name} done`),
          () => log.push(`${name} cancelled`),
        );
      await withTaskGroup(async (group) => {
        group.spawn(note("task"));
        group.spawnService(note("service"));
        group.cancelTasks("enough");
        group.spawn(note("later"));
        await sleep(20);
        log.push("body done");
        await sleep(20);
      });
      assert.deepEqual(log, ["task cancelled", "service done", "later done", "body done"]);
    }),
  );

  it(
    "gives its reason to those who join",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => sleep(1_000));
        group.cancelTasks("enough");
        await assert.rejects(task.join(), { code: "TSY_TASK_CANCELLED", reason: "enough" });
      });
    }),
  );
});
