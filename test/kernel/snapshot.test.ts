import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  currentRuntime,
  sleep,
  withCancelScope,
  withShield,
  withTaskGroup,
  withTimeout,
} from "../../src/index.ts";
import { formatTree, snapshot, type TreeNode } from "../../src/inspect.ts";
import { WaitQueue } from "../../src/lowlevel.ts";
import { virtual } from "../../src/testing.ts";

function find(tree: TreeNode, name: string): TreeNode {
  const stack = [tree];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (node.name === name) return node;
    stack.push(...node.children);
  }
  throw new Error(`no ${name} in\n${formatTree(tree)}`);
}

const lineOf = (name: string): string =>
  formatTree()
    .split("\n")
    .find((line) => line.trimStart().startsWith(name)) ?? `no ${name} in\n${formatTree()}`;

describe("snapshot", () => {
  it(
    "shows each task with its waits, their ages, and what it is",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const orders = new WaitQueue("queue.get of orders");
        const worker = group.spawn("worker", () => orders.park(undefined));
        const service = group.spawnService("metrics", () => sleep(Infinity));
        await sleep(3_000);
        const node = find(snapshot(), "worker");
        assert.equal(node.kind, "task");
        assert.equal(node.state, "waiting");
        assert.deepEqual(node.waits, [{ label: "queue.get of orders", ageMs: 3_000 }]);
        assert.equal(find(snapshot(), "metrics").kind, "service");
        assert.equal(find(snapshot(), "withTaskGroup").kind, "group");
        worker.cancel();
        service.cancel();
      });
    }),
  );

  it(
    "shows all waits of a task that is in several at once, in their order",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const [one, two] = [new WaitQueue("one"), new WaitQueue("two")];
        const task = group.spawn("busy", () => Promise.all([one.park(undefined), two.park(undefined)]));
        await sleep(1);
        assert.deepEqual(
          find(snapshot(), "busy").waits.map((wait) => wait.label),
          ["one", "two"],
        );
        task.cancel();
      });
    }),
  );

  it(
    "shows deadlines, and cancellations with their reason",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn("job", () =>
          withTimeout(500, () => sleep(1_000).catch(() => withShield(100, () => sleep(20)))),
        );
        await sleep(100);
        assert.equal(find(snapshot(), "withTimeout").deadlineInMs, 400);
        assert.equal(find(snapshot(), "job").cancelReason, undefined);
        task.cancel("enough");
        await sleep(1);
        const node = find(snapshot(), "job");
        assert.deepEqual([node.state, node.cancelReason], ["cancelling", '"enough"']);
        assert.equal(find(snapshot(), "withShield").deadlineInMs, 99);
      });
    }),
  );

  it(
    "keeps children in the order of their spawns",
    virtual(async () => {
      await withTaskGroup((group) => {
        const names = ["a", "b", "c", "d"];
        for (const name of names) group.spawn(name, () => sleep(1));
        assert.deepEqual(
          find(snapshot(), "withTaskGroup").children.map((node) => node.name),
          names,
        );
      });
    }),
  );

  it(
    "shows where tasks were spawned, under debug only",
    virtual(async () => {
      await withTaskGroup((group) => {
        group.spawn("plain", () => sleep(1));
        currentRuntime().debug = true;
        group.spawn("debugged", () => sleep(1));
        assert.equal(find(snapshot(), "plain").createdAt, undefined);
        assert.match(find(snapshot(), "debugged").createdAt ?? "", /snapshot\.test\.ts/);
      });
    }),
  );

  it(
    "shows nothing of what has ended",
    virtual(async () => {
      await withTaskGroup((group) => void group.spawn("gone", () => sleep(1)));
      await withCancelScope((scope) => scope.cancel());
      assert.throws(() => find(snapshot(), "gone"));
      assert.throws(() => find(snapshot(), "withCancelScope"));
    }),
  );
});

describe("formatTree", () => {
  it(
    "has a line for each task and scope, indented by its depth",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        group.spawn("outer", () => withTaskGroup((inner) => void inner.spawn("inner", () => sleep(10))));
        await sleep(1);
        assert.match(
          formatTree(),
          /^root\n(  background.*\n)?  test.*\n    withTaskGroup.*\n      outer.*\n        withTaskGroup.*\n          inner waiting: sleep since 1 ms$/,
        );
      });
    }),
  );

  it(
    "groups equal siblings, counts them and shows the oldest",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const queue = new WaitQueue("queue.get");
        const tasks = [group.spawn("fetch", () => queue.park(undefined))];
        await sleep(3_100);
        for (let i = 1; i < 812; i++) tasks.push(group.spawn("fetch", () => queue.park(undefined)));
        group.spawn("other", () => sleep(1));
        assert.equal(lineOf("fetch").trim(), "fetch x 812 waiting: queue.get (oldest 3.1 s)");
        assert.match(lineOf("other"), /^ +other waiting: sleep since 0 ms$/);
        group.cancelTasks();
      });
    }),
  );

  it(
    "names user code and foreign promises: running user code since ..., also when cancelled, in a task or in a scope",
    virtual(async () => {
      let release = (): void => {};
      const foreign = new Promise<void>((resolve) => {
        release = resolve;
      });
      await withTaskGroup(async (group) => {
        group.spawn("driver", () => foreign);
        group.spawn("limited", () => withTimeout(60_000, () => foreign));
        const stuck = group.spawn("stuck", () => foreign);
        stuck.cancel();
        await sleep(2_000);
        assert.match(lineOf("driver"), /driver running user code since 2\.0 s/);
        assert.match(
          lineOf("stuck"),
          /stuck cancelling \(no reason given\) running user code since 2\.0 s/,
        );
        assert.match(
          lineOf("withTimeout"),
          /withTimeout running user code since 2\.0 s deadline in 58\.0 s/,
        );
        release();
      });
    }),
  );

  it(
    "of a task in very many waits is short",
    virtual(async () => {
      const queue = new WaitQueue("orders");
      const waits = Promise.all(Array.from({ length: 150_000 }, () => queue.park(undefined)));
      const text = formatTree();
      queue.wakeAll();
      await waits;
      assert.ok(text.length < 1_000, `${text.length} characters`);
      assert.match(text, /orders x 150000/);
    }),
  );

  it(
    "is linear: 100,000 equal tasks are one line, 20,000 that differ are 20,000",
    virtual(async () => {
      const enough = new Error("seen enough");
      const group = withTaskGroup((tasks) => {
        for (let i = 0; i < 100_000; i++) tasks.spawn("nap", () => sleep(1));
        const lines = formatTree().split("\n");
        assert.ok(lines.length < 10);
        assert.match(lines.at(-1) ?? "", /nap x 100000 waiting: sleep/);
        for (let i = 0; i < 20_000; i++) tasks.spawn(`nap ${i}`, () => sleep(1));
        assert.ok(formatTree().split("\n").length > 20_000);
        throw enough;
      });
      await assert.rejects(group, (error) => error === enough);
    }),
  );

  it(
    "prints a tree of 2,000 scopes inside each other",
    virtual(async () => {
      let depth = 0;
      const nest = async (rest: number): Promise<void> => {
        await sleep(0);
        if (rest > 0) await withCancelScope(() => nest(rest - 1));
        else depth = formatTree().split("\n").length;
      };
      await nest(2_000);
      assert.ok(depth > 2_000);
    }),
  );
});
