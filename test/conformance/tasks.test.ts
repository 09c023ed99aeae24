/** What asyncio's own tests demand of tasks: starting them, and their results. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  currentRuntime,
  currentTask,
  Future,
  InvalidArgument,
  run,
  sleep,
  withTaskGroup,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("A task that is spawned", () => {
  it(
    "ends with the value of its function",
    virtual(async () => {
      const task = await withTaskGroup((group) => group.spawn(async () => "ok"));
      assert.equal(task.state, "done");
      assert.equal(await task.join(), "ok");
    }),
  );

  it(
    "has run its first step when spawn returns, under its own name",
    virtual(async () => {
      await withTaskGroup((group) => {
        let name: string | undefined;
        const task = group.spawn("example", () => {
          name = currentTask()?.name;
        });
        assert.deepEqual([task.state, name], ["done", "example"]);
      });
    }),
  );

  it(
    "can be joined where it was spawned",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => sleep(1).then(() => 1));
        assert.equal(await task.join(), 1);
      });
    }),
  );

  it(
    "keeps a name that is given to it",
    virtual(async () => {
      await withTaskGroup((group) => {
        assert.equal(group.spawn("No-op", async () => {}).name, "No-op");
      });
    }),
  );

  // Unlike asyncio, tasks are not numbered: equal names share a line of the task tree.
  it(
    "takes its name from its function where it has one",
    virtual(async () => {
      async function refresh(): Promise<void> {}
      await withTaskGroup((group) => {
        assert.equal(group.spawn(refresh).name, "refresh");
        assert.equal(group.spawn(async () => {}).name, "task");
      });
    }),
  );

  it(
    "adds up what it awaits",
    virtual(async () => {
      const [one, two] = [async () => 42, async () => 1_000];
      const task = await withTaskGroup((group) => group.spawn(async () => (await one()) + (await two())));
      assert.equal(await task.join(), 1_042);
    }),
  );

  it(
    "may run the same function again, and twice at a time",
    virtual(async () => {
      let calls = 0;
      const count = async (): Promise<number> => ++calls;
      const tasks = await withTaskGroup((group) => [group.spawn(count), group.spawn(count)]);
      assert.deepEqual(await Promise.all(tasks.map((task) => task.join())), [1, 2]);
    }),
  );

  it(
    "is refused when it is no function, with what was given, each time",
    virtual(async () => {
      await withTaskGroup((group) => {
        const wrong = { name: "InvalidArgument", message: /is 123\. Give a function/ };
        assert.throws(() => group.spawn(123 as never), wrong);
        assert.throws(() => group.spawn(123 as never), wrong);
        assert.equal(group.stats().tasks, 0);
      });
    }),
  );

  it(
    "is refused when only a name is given",
    virtual(async () => {
      await withTaskGroup((group) => {
        assert.throws(() => group.spawn("ok" as never), InvalidArgument);
      });
    }),
  );

  it(
    "waits for a foreign thenable that its function returns",
    virtual(async () => {
      const thenable: PromiseLike<string> = {
        // oxlint-disable-next-line no-thenable -- a thenable of somebody else is the case under test
        then: (resolve, reject) =>
          sleep(1)
            .then(() => "ok")
            .then(resolve, reject),
      };
      const task = await withTaskGroup((group) => group.spawn(() => thenable));
      assert.equal(await task.join(), "ok");
    }),
  );

  it(
    "calls then of a foreign thenable once",
    virtual(async () => {
      let calls = 0;
      const thenable = {
        // oxlint-disable-next-line no-thenable -- a thenable of somebody else is the case under test
        then(resolve: (value: number) => void) {
          calls++;
          resolve(42);
        },
      } as PromiseLike<number>;
      const task = await withTaskGroup((group) => group.spawn(() => thenable));
      assert.deepEqual([await task.join(), calls], [42, 1]);
    }),
  );

  it(
    "hands on a Future that its function returns without waiting for it",
    virtual(async () => {
      const future = new Future<string>();
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => future);
        group.spawn(async () => future.resolve("test"));
        assert.equal(await task.join(), future);
      });
    }),
  );

  it(
    "goes on with the very value of the future for which it waits",
    virtual(async () => {
      const future = new Future<object>();
      const value = {};
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => future.wait());
        await sleep(0);
        assert.equal(future.stats().waiters, 1);
        future.resolve(value);
        assert.equal(await task.join(), value);
      });
    }),
  );

  // Unlike asyncio, a future belongs to no event loop.
  it("can wait for a future that another runtime resolves", async () => {
    const future = new Future<string>();
    const waiting = run(() => future.wait());
    const resolving = run(async () => {
      await sleep(0);
      future.resolve("from elsewhere");
    });
    assert.equal(await waiting, "from elsewhere");
    await resolving;
  });

  // Unlike asyncio, where the event loop holds tasks weakly.
  it(
    "runs to its end although nobody keeps it or what it waits for",
    virtual(async () => {
      let ended = false;
      await withTaskGroup((group) => {
        group.spawn(async () => {
          const future = new Future<void>();
          currentRuntime().callLater(10, () => future.resolve());
          await future.wait();
          ended = true;
        });
      });
      assert.equal(ended, true);
    }),
  );
});
