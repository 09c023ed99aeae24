/** What asyncio's own tests demand of task groups: spawning, and the life of tasks in a group. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  ClosedGroup,
  ContextVar,
  currentTask,
  sleep,
  TaskCancelled,
  withTaskGroup,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

async function after<T>(ms: number, value: T): Promise<T> {
  await sleep(ms);
  return value;
}

describe("A task group, while its tasks succeed", () => {
  it(
    "waits for all its tasks, whose values can be read when it has ended",
    virtual(async (time) => {
      const [one, two] = await withTaskGroup((group) => [
        group.spawn(after, 1, 42),
        group.spawn(after, 2, 11),
      ]);
      assert.equal(time.now(), 2);
      assert.deepEqual([one?.state, two?.state], ["done", "done"]);
      assert.deepEqual([await one?.join(), await two?.join()], [42, 11]);
    }),
  );

  it(
    "takes a task that is spawned while the body waits and others run",
    virtual(async (time) => {
      const [one, two] = await withTaskGroup(async (group) => {
        const first = group.spawn(after, 10, 42);
        await sleep(15);
        return [first, group.spawn(after, 20, 11)];
      });
      assert.equal(time.now(), 35);
      assert.deepEqual([await one?.join(), await two?.join()], [42, 11]);
    }),
  );

  it(
    "goes on when one of its tasks is cancelled alone",
    virtual(async () => {
      const [one, two] = await withTaskGroup(async (group) => {
        const first = group.spawn(after, 100, 42);
        await sleep(15);
        first.cancel("not needed");
        return [first, group.spawn(after, 20, 11)];
      });
      assert.equal(one?.state, "cancelled");
      await assert.rejects(async () => one?.join(), TaskCancelled);
      assert.equal(await two?.join(), 11);
    }),
  );

  it(
    "counts only the tasks that have not ended",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        for (let count = 0; count < 10; count++) {
          await sleep(10);
          group.spawn(after, 35, count);
          if (count === 5) assert.equal(group.stats().tasks, 4);
        }
        await sleep(100);
        assert.equal(group.stats().tasks, 0);
      });
    }),
  );

  it(
    "waits for tasks that a task spawns after the body has returned",
    virtual(async (time) => {
      const ended: number[] = [];
      await withTaskGroup((group) => {
        group.spawn(async () => {
          await sleep(10);
          for (const ms of [10, 20]) group.spawn(async () => ended.push(await after(ms, ms)));
        });
      });
      assert.deepEqual(ended, [10, 20]);
      assert.equal(time.now(), 30);
    }),
  );

  it(
    "gives a task the name it is spawned with",
    virtual(async () => {
      await withTaskGroup((group) => {
        assert.equal(group.spawn("yolo", () => sleep(0)).name, "yolo");
      });
    }),
  );

  it(
    "lets a task see its own name",
    virtual(async () => {
      let name: string | undefined;
      await withTaskGroup((group) => {
        group.spawn("example name", async () => {
          name = currentTask()?.name;
        });
      });
      assert.equal(name, "example name");
    }),
  );

  // Unlike asyncio, no context object is handed to several tasks for them to write into: a value is set for a stretch of code.
  it(
    "gives tasks the context values of their spawner, which they cannot change for each other",
    virtual(async () => {
      const variable = new ContextVar<number>("variable", 0);
      const seen: number[] = [];
      const look = async (): Promise<void> => {
        await sleep(0);
        seen.push(variable.get());
        await variable.run(99, () => sleep(1));
      };
      await withTaskGroup(async (group) => {
        await variable.run(1, () => group.spawn(look)).join();
        await variable.run(2, () => group.spawn(look)).join();
        await group.spawn(look).join();
        assert.equal(variable.get(), 0);
      });
      assert.deepEqual(seen, [1, 2, 0]);
    }),
  );

  it(
    "can be opened where no task is",
    virtual(async () => {
      assert.equal(currentTask(), undefined);
      const value = await withTaskGroup((group) => group.spawn(after, 1, "value").join());
      assert.equal(value, "value");
      assert.equal(currentTask(), undefined);
    }),
  );
});

describe("A task group that has failed or ended", () => {
  it(
    "stops tasks that spawn tasks without end when one of them fails",
    virtual(async () => {
      let hydras = 0;
      const boom = new Error("boom");
      const failing = withTaskGroup((group) => {
        const hydra = async (): Promise<void> => {
          hydras++;
          await sleep(10);
          group.spawn(hydra);
          group.spawn(hydra);
        };
        group.spawn(hydra);
        group.spawn("hercules", async () => {
          while (hydras < 10) await sleep(15);
          throw boom;
        });
      });
      await assert.rejects(failing, boom);
      assert.ok(hydras >= 10);
      const counted = hydras;
      await sleep(100);
      assert.equal(hydras, counted);
    }),
  );

  // Unlike asyncio, which refuses to spawn then: a task always starts, so that it can release what it was handed.
  it(
    "starts a task that is spawned after the failure, and cancels it at its first wait",
    virtual(async () => {
      const steps: string[] = [];
      const boom = new Error("boom");
      const failing = withTaskGroup((group) => {
        group.spawn(async () => {
          await sleep(1);
          throw boom;
        });
        group.spawn(async () => {
          await assert.rejects(sleep(1_000), Cancelled);
          const late = group.spawn("late", async () => {
            steps.push("started");
            await sleep(0).finally(() => steps.push("refused"));
            steps.push("went on");
          });
          await assert.rejects(late.join(), Cancelled);
        });
      });
      await assert.rejects(failing, boom);
      assert.deepEqual(steps, ["started", "refused"]);
    }),
  );

  it(
    "cancels a task that has spawned one that fails at once at its next wait, not while it spawns",
    virtual(async () => {
      const boom = new Error("boom");
      const steps: string[] = [];
      const failing = withTaskGroup((group) => {
        group.spawn(async () => {
          group.spawn(async () => {
            throw boom;
          });
          steps.push("spawned");
          await assert.rejects(sleep(0), Cancelled);
          steps.push("cancelled");
        });
      });
      await assert.rejects(failing, boom);
      assert.deepEqual(steps, ["spawned", "cancelled"]);
    }),
  );

  it(
    "throws ClosedGroup at the call when something is spawned after the end",
    virtual(async () => {
      const group = await withTaskGroup((open) => open);
      assert.throws(() => group.spawn("late", () => sleep(0)), ClosedGroup);
      assert.throws(() => group.spawnService("late", () => sleep(0)), ClosedGroup);
    }),
  );

  it(
    "does not call a function that it refuses to spawn",
    virtual(async () => {
      const group = await withTaskGroup((open) => open);
      let called = false;
      assert.throws(() => {
        group.spawn(() => {
          called = true;
        });
      }, ClosedGroup);
      await sleep(1);
      assert.equal(called, false);
    }),
  );

  // Unlike asyncio, nobody can enter a group a second time: the call makes it.
  it(
    "is another one for each call of withTaskGroup, also inside itself",
    virtual(async () => {
      await withTaskGroup(async (outer) => {
        await withTaskGroup((inner) => {
          assert.notEqual(inner, outer);
          inner.spawn(after, 1, "inner");
          assert.deepEqual([inner.stats().tasks, outer.stats().tasks], [1, 0]);
        });
      });
    }),
  );

  it(
    "leaves the next group of the same body untouched",
    virtual(async () => {
      const body = (): Promise<unknown> =>
        withTaskGroup((group) => {
          assert.deepEqual(group.stats(), { tasks: 0, closed: false });
          return group.spawn(after, 1, "done").join();
        });
      assert.equal(await body(), "done");
      assert.equal(await body(), "done");
    }),
  );
});
