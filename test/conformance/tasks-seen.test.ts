/** What asyncio's own tests demand of looking at tasks: which one is current, and what they do. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { currentRuntime, currentTask, Future, sleep, withTaskGroup, type Task } from "../../src/index.ts";
import { formatTree, snapshot, type TreeNode } from "../../src/inspect.ts";
import { virtual } from "../../src/testing.ts";

function find(name: string, node: TreeNode = snapshot()): TreeNode | undefined {
  if (node.name === name) return node;
  for (const child of node.children) {
    const found = find(name, child);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe("currentTask", () => {
  it(
    "is the task that calls, before and after its waits",
    virtual(async () => {
      assert.equal(currentTask(), undefined);
      const task: Task<boolean> = await withTaskGroup((group) =>
        group.spawn(async () => {
          const before = currentTask();
          await sleep(1);
          return before !== undefined && before === currentTask();
        }),
      );
      assert.equal(await task.join(), true);
      assert.equal(currentTask(), undefined);
    }),
  );

  it(
    "is the right one in tasks that wake each other in turns",
    virtual(async () => {
      const [one, two] = [new Future<void>(), new Future<void>()];
      const names: Array<string | undefined> = [];
      const note = (): unknown => names.push(currentTask()?.name);
      await withTaskGroup((group) => {
        group.spawn("first", async () => {
          note();
          await one.wait();
          note();
          two.resolve();
        });
        group.spawn("second", async () => {
          note();
          one.resolve();
          await two.wait();
          note();
        });
      });
      assert.deepEqual(names, ["first", "second", "first", "second"]);
    }),
  );

  // Unlike asyncio, asking outside is no error: code without a task belongs to a default runtime.
  it("is undefined outside of all tasks", () => {
    assert.equal(currentTask(), undefined);
  });
});

describe("The task tree", () => {
  it(
    "shows whether a task waits or is being cancelled; the task says how it ended",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const napping = group.spawn("napping", () =>
          sleep(10).finally(() => new Promise<void>((resolve) => setImmediate(resolve))),
        );
        assert.deepEqual([find("napping")?.state, napping.state], ["waiting", "running"]);
        napping.cancel("enough");
        const cancelling = find("napping");
        assert.deepEqual([cancelling?.state, napping.state], ["cancelling", "running"]);
        assert.match(cancelling?.cancelReason ?? "", /enough/);
        await assert.rejects(napping.join());
        assert.deepEqual([find("napping"), napping.state], [undefined, "cancelled"]);
      });
    }),
  );

  it(
    "names what a task waits for",
    virtual(async () => {
      const answer = new Future<number>({ name: "the answer" });
      await withTaskGroup((group) => {
        group.spawn("asking", () => answer.wait());
        assert.match(formatTree(), /asking waiting: .*the answer/);
        answer.resolve(42);
      });
    }),
  );

  it(
    "knows under debug where a task was spawned",
    virtual(async () => {
      currentRuntime().debug = true;
      await withTaskGroup((group) => {
        group.spawn("traced", () => sleep(1));
        assert.match(find("traced")?.createdAt ?? "", /tasks-seen\.test\.ts/);
      });
    }),
  );
});
