/** The laws about tasks and groups, a test or more for each, named by the law. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  any,
  ClosedGroup,
  currentRuntime,
  detached,
  Future,
  map,
  NotReady,
  race,
  ScopeEnded,
  sleep,
  suppressedErrors,
  TaskCancelled,
  withShield,
  withTaskGroup,
  withTimeout,
  type Task,
  type TaskGroup,
} from "../../src/index.ts";
import { currentScope } from "../../src/lowlevel.ts";
import { storage } from "../../src/kernel/current.ts";
import { virtual } from "../../src/testing.ts";

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing",
    (error: unknown) => error,
  );

describe("Tasks and groups", () => {
  it(
    "law 1: nothing outlives its scope",
    virtual(async (time) => {
      let alive = 0;
      const slow = async (): Promise<void> => {
        alive++;
        try {
          await sleep(1_000);
        } finally {
          await withShield(100, () => sleep(3));
          alive--;
        }
      };
      const quick = (): Promise<string> => sleep(1).then(() => "quick");
      const fail = async (): Promise<never> => {
        await sleep(1);
        throw new Error("fails");
      };
      const scopes: Array<() => Promise<unknown>> = [
        () =>
          withTaskGroup((group) => {
            group.spawn(slow);
            throw new Error("body");
          }),
        () => all([slow, fail]),
        () => race([slow, quick]),
        () => any([slow, quick]),
        () => map([slow, slow, fail], (fn) => fn()),
        () => withTimeout(5, () => Promise.all([slow(), slow()])),
      ];
      for (const scope of scopes) {
        await caught(scope());
        assert.equal(alive, 0, String(scope));
      }
      assert.ok(time.now() < 100);
    }),
  );

  it(
    "law 1: what remains when a scope's function returns is cancelled and reported as stray work with its label",
    virtual(async (time) => {
      let ended = false;
      await withTaskGroup((group) => {
        group.spawn("careless", async () => {
          void sleep(1_000).then(
            () => {},
            () => {
              ended = true;
            },
          );
        });
      });
      assert.ok(ended);
      assert.deepEqual(
        time.log.map((record) => record.code),
        ["TSY_STRAY_WORK"],
      );
      assert.match(time.log[0]?.message ?? "", /careless.*sleep/);
    }),
  );

  it(
    "law 2: an ended scope is cancelled for ever, and detached is the cure",
    virtual(async () => {
      const scope = await withTaskGroup(() => currentScope());
      await storage.run(scope, async () => {
        const error = await caught(sleep(1));
        assert.ok(error instanceof ScopeEnded);
        assert.match(error.message, /withTaskGroup.*detached/);
        await assert.rejects(sleep(1), ScopeEnded);
        await detached(() => sleep(1));
      });
    }),
  );

  it(
    "law 3: the first failure wins, identity preserved, and later failures are kept with it",
    virtual(async (time) => {
      const [first, later] = [new Error("first"), new Error("later")];
      const group = withTaskGroup(async (tasks) => {
        tasks.spawn(() =>
          sleep(1_000).catch(() => {
            throw later;
          }),
        );
        const failing = tasks.spawn(async () => {
          await sleep(5);
          throw first;
        });
        await failing.join().catch(() => {});
      });
      assert.equal(await caught(group), first);
      assert.deepEqual(suppressedErrors(first).errors, [later]);
      assert.equal(time.now(), 5);
    }),
  );

  it(
    "law 3: an error beats a cancellation",
    virtual(async () => {
      const error = new Error("in clean-up");
      const limited = withTimeout(5, () =>
        withTaskGroup((group) => {
          group.spawn(() => sleep(1_000));
          group.spawn(() =>
            sleep(1_000).catch(() => {
              throw error;
            }),
          );
        }),
      );
      assert.equal(await caught(limited), error);
    }),
  );

  it(
    "law 4: no error is lost: what no one caught in the background reaches onUnhandled",
    virtual(async (time) => {
      const error = new Error("nobody waits for this");
      currentRuntime().background.spawn(async () => {
        await sleep(1);
        throw error;
      });
      await sleep(5);
      assert.deepEqual(time.takeUnhandled(), [error]);
    }),
  );

  it(
    "law 5: spawn starts: the first step has run when it returns, and its throw is the task's failure",
    virtual(async () => {
      const error = new Error("at once");
      const log: string[] = [];
      const group = withTaskGroup((tasks) => {
        const task = tasks.spawn(() => {
          log.push("ran");
          throw error;
        });
        log.push(task.state);
        tasks.spawn(() => void log.push("a task in a cancelled group still starts"));
      });
      assert.equal(await caught(group), error);
      assert.deepEqual(log, ["ran", "failed", "a task in a cancelled group still starts"]);
    }),
  );

  it(
    "law 5: spawning into a closed group throws",
    virtual(async () => {
      let kept: TaskGroup | undefined;
      await withTaskGroup((group) => {
        kept = group;
      });
      assert.throws(() => kept?.spawn(() => {}), ClosedGroup);
    }),
  );

  it(
    "law 6: start returns what the child passes to ready; without ready it throws",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const port = await group.start<number>(async (ready) => {
          await sleep(5);
          ready(8080);
          assert.throws(() => ready(8081), { code: "TSY_ALREADY_READY" });
          await sleep(5);
        });
        assert.deepEqual([port, time.now()], [8080, 5]);
        await assert.rejects(
          group.start(() => {}),
          NotReady,
        );
        await assert.rejects(
          withTimeout(5, () => group.start(() => sleep(1_000))),
          { code: "TSY_TIMEOUT" },
        );
      });
      assert.equal(time.now(), 10);
    }),
  );

  it(
    "law 7: services are cancelled only after the body and all ordinary tasks have ended, and their failure is the group's",
    virtual(async () => {
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        group.spawnService(() => sleep(Infinity).finally(() => log.push("service")));
        group.spawn(() => sleep(10).then(() => log.push("task")));
        await sleep(5);
        log.push("body");
      });
      assert.deepEqual(log, ["body", "task", "service"]);
      const failing = withTaskGroup(async (group) => {
        group.spawnService(() => Promise.reject(new Error("service failed")));
        await sleep(1_000);
      });
      await assert.rejects(failing, /service failed/);
    }),
  );

  it(
    "law 8: Task and Future are not thenable; joining a cancelled task throws TaskCancelled with the reason",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const make = async (): Promise<Task<void>> => group.spawn(() => sleep(1_000));
        const task = await make();
        assert.equal(task.state, "running");
        const future = new Future<number>();
        assert.ok(!("then" in task) && !("then" in future));
        task.cancel("enough");
        const error = await caught(task.join());
        assert.ok(error instanceof TaskCancelled);
        assert.equal(error.reason, "enough");
      });
    }),
  );
});
