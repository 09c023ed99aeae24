import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  currentRuntime,
  sleep,
  withCancelScope,
  withTaskGroup,
  withTimeoutOr,
} from "../../src/index.ts";
import { delivered, park, passed, refusal, WaitQueue } from "../../src/lowlevel.ts";
import { virtual } from "../../src/testing.ts";

describe("park", () => {
  it(
    "gives the first value it is woken with, and is never undone then",
    virtual(async () => {
      let undone = false;
      const value = await park<number>("x", (wake, fail) => {
        currentRuntime().callSoon(() => {
          wake(1);
          wake(2);
          fail(new Error("too late"));
        });
        return () => {
          undone = true;
        };
      });
      assert.deepEqual([value, undone], [1, false]);
    }),
  );

  it(
    "throws the error it is failed with, or that its register throws",
    virtual(async () => {
      const error = new Error("mine");
      await assert.rejects(
        park("x", (_wake, fail) => {
          fail(error);
          return () => {};
        }),
        (caught) => caught === error,
      );
      await assert.rejects(
        park("x", () => {
          throw error;
        }),
        (caught) => caught === error,
      );
    }),
  );

  it(
    "is undone once, before the task sees the cancellation; wakes that come later are nothing",
    virtual(async () => {
      const log: string[] = [];
      let late = (_value: number): void => {};
      await withTimeoutOr(
        5,
        () =>
          park<number>("x", (wake) => {
            late = wake;
            return () => void log.push("undone");
          }).finally(() => log.push("seen")),
        undefined,
      );
      late(5);
      assert.deepEqual(log, ["undone", "seen"]);
    }),
  );

  it(
    "is undone also when the cancellation comes while it registers",
    virtual(async () => {
      let undone = 0;
      await withCancelScope((scope) =>
        park("x", () => {
          scope.cancel();
          return () => void undone++;
        }),
      );
      assert.equal(undone, 1);
    }),
  );

  it(
    "registers nothing in a cancelled scope",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        await assert.rejects(
          park("x", () => assert.fail("registered")),
          Cancelled,
        );
      });
    }),
  );

  it(
    "whose undoing throws is cancelled all the same, and the error goes to onUnhandled",
    virtual(async (time) => {
      const error = new Error("undo");
      const undo = (): void => {
        throw error;
      };
      assert.equal(await withTimeoutOr(5, () => park("x", () => undo), "limit"), "limit");
      assert.deepEqual(time.takeUnhandled(), [error]);
    }),
  );
});

describe("refusal, delivered and passed", () => {
  it(
    "let an operation through in an open scope and refuse it in a cancelled one",
    virtual(async () => {
      assert.equal(refusal(), null);
      assert.equal(await delivered("value"), "value");
      await passed();
      await withCancelScope(async (scope) => {
        scope.cancel();
        const refused = refusal();
        assert.ok(refused !== null);
        await assert.rejects(refused, Cancelled);
        await assert.rejects(passed(), Cancelled);
      });
    }),
  );

  it(
    "take a turn of the event loop after at most 512 operations",
    virtual(async () => {
      for (const operation of [() => passed(), () => delivered(1)]) {
        await sleep(0);
        let turned = false;
        currentRuntime().callSoon(() => {
          turned = true;
        });
        let operations = 0;
        while (!turned && operations < 10_000) {
          await operation();
          operations++;
        }
        assert.ok(operations <= 600, `${operations} operations`);
      }
    }),
  );
});

describe("WaitQueue", () => {
  it(
    "wakes in the order of arrival, one or all",
    virtual(async () => {
      const queue = new WaitQueue<string>("q");
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        for (const name of ["a", "b", "c"]) {
          group.spawn(async () => log.push(name + (await queue.park(undefined))));
        }
        assert.equal(queue.size, 3);
        assert.ok(queue.wake("1"));
        assert.equal(queue.wakeAll("2"), 2);
        assert.equal(queue.wake("3"), false);
      });
      assert.deepEqual(log, ["a1", "b2", "c2"]);
    }),
  );

  it(
    "keeps the order of the others when any of them is cancelled",
    virtual(async () => {
      for (let gone = 0; gone < 4; gone++) {
        const queue = new WaitQueue<void>("q");
        const log: number[] = [];
        await withTaskGroup(async (group) => {
          const tasks = [0, 1, 2, 3].map((i) =>
            group.spawn(async () => {
              await queue.park(undefined);
              log.push(i);
            }),
          );
          tasks[gone]!.cancel();
          assert.equal(queue.size, 3);
          queue.wakeAll();
        });
        assert.deepEqual(
          log,
          [0, 1, 2, 3].filter((i) => i !== gone),
        );
      }
    }),
  );

  it(
    "shows what the head brought, and throws where nobody waits",
    virtual(async () => {
      const queue = new WaitQueue<void, number>("permits");
      assert.throws(() => queue.headItem, /nobody waits for "permits"/);
      await withTaskGroup((group) => {
        group.spawn(() => queue.park(3));
        group.spawn(() => queue.park(5));
        assert.equal(queue.headItem, 3);
        queue.wake();
        assert.equal(queue.headItem, 5);
        queue.wake();
      });
    }),
  );

  it(
    "gives each waiter an error of its own in failAll",
    virtual(async () => {
      const queue = new WaitQueue("q");
      const waits = Promise.allSettled([queue.park(undefined), queue.park(undefined)]);
      let made = 0;
      assert.equal(
        queue.failAll(() => new Error(`error ${++made}`)),
        2,
      );
      assert.deepEqual(
        (await waits).map((outcome) => ((outcome as PromiseRejectedResult).reason as Error).message),
        ["error 1", "error 2"],
      );
    }),
  );

  it(
    "calls onCancelled after the waiter has left, when all is marked",
    virtual(async () => {
      const sizes: number[] = [];
      const queue: WaitQueue = new WaitQueue("q", () => sizes.push(queue.size));
      await withTaskGroup((group) => {
        for (let i = 0; i < 3; i++) group.spawn(() => queue.park(undefined));
        group.cancelTasks();
      });
      assert.deepEqual(sizes.at(-1), 0);
      assert.equal(sizes.length, 3);
    }),
  );
});
