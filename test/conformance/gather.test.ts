/** What asyncio's own tests demand of `gather`; ours are `all` and `allSettled`. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  allSettled,
  Cancelled,
  currentTask,
  Future,
  InvalidArgument,
  sleep,
  suppressedErrors,
  TaskCancelled,
  withCancelScope,
  withTaskGroup,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

/** As many futures as are asked for. */
const futures = (count: number): Array<Future<number>> =>
  Array.from({ length: count }, () => new Future<number>());

const waitFor = (all: readonly Future<number>[]): Array<() => Promise<number>> =>
  all.map((future) => () => future.wait());

/** A task that cancels itself. */
async function cancelled(): Promise<void> {
  currentTask()?.cancel("itself");
  await sleep(0);
}

describe("all", () => {
  it(
    "gives the values in the order of the functions, when the last one has ended",
    virtual(async () => {
      const [a, b, c] = futures(3) as [Future<number>, Future<number>, Future<number>];
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => all(waitFor([a, b, c])));
        b.resolve(1);
        a.resolve(2);
        await sleep(1);
        assert.equal(task.state, "running");
        c.resolve(3);
        assert.deepEqual(await task.join(), [2, 1, 3]);
      });
    }),
  );

  it(
    "gives nothing for no functions, at once",
    virtual(async (time) => {
      assert.deepEqual(await all([]), []);
      assert.equal(time.now(), 0);
    }),
  );

  // Unlike asyncio, where the others run on unseen.
  it(
    "throws the first error itself when it has cancelled the others and they have ended",
    virtual(async () => {
      const boom = new RangeError("boom");
      const steps: string[] = [];
      const gathering = all([
        async () => 1,
        () => sleep(1).then(() => Promise.reject(boom)),
        () => sleep(1_000).finally(() => steps.push("third ended")),
      ]);
      await assert.rejects(gathering, (error) => error === boom);
      assert.deepEqual(steps, ["third ended"]);
    }),
  );

  it(
    "counts a function that cancels its own task as failed",
    virtual(async () => {
      const gathering = all([async () => 1, cancelled, () => sleep(1_000)]);
      await assert.rejects(
        gathering,
        (error) => error instanceof TaskCancelled && error.reason === "itself",
      );
    }),
  );

  // Unlike asyncio, where a coroutine that is given twice runs once: functions can be called again.
  it(
    "runs a function as often as it is given",
    virtual(async () => {
      let calls = 0;
      const abc = async (): Promise<string> => `abc${++calls}`;
      assert.deepEqual(await all([abc, abc, async () => "def", abc]), ["abc1", "abc2", "def", "abc3"]);
    }),
  );

  it(
    "hands a cancellation on to all its functions",
    virtual(async () => {
      const [waiter] = futures(1) as [Future<number>];
      let proof = 0;
      const inner = (): Promise<unknown> => waiter.wait().then(() => proof++);
      await withTaskGroup(async (group) => {
        const outer = group.spawn(() => all([inner, inner]).then(() => (proof += 100)));
        assert.equal(waiter.stats().waiters, 2);
        outer.cancel();
        await assert.rejects(outer.join(), TaskCancelled);
        assert.equal(waiter.stats().waiters, 0);
        waiter.resolve(0);
        await sleep(1);
      });
      assert.equal(proof, 0);
    }),
  );

  it(
    "keeps the error of a function that fails after the first",
    virtual(async (time) => {
      const [first, second] = [new RangeError("first"), new RangeError("should not be ignored")];
      const [a, b] = futures(2) as [Future<number>, Future<number>];
      const gathering = withTaskGroup((group) => {
        group.spawn(() =>
          all([
            () => a.wait().then(() => Promise.reject(first)),
            () => b.wait().then(() => Promise.reject(second)),
          ]),
        );
        a.resolve(1);
        b.resolve(2);
      });
      await assert.rejects(gathering, (error) => error === first);
      assert.deepEqual(suppressedErrors(first).errors, [second]);
      assert.deepEqual(time.takeUnhandled(), []);
    }),
  );

  it(
    "starts nothing when one of its functions is none",
    virtual(async () => {
      let called = false;
      const start = (): void => {
        called = true;
      };
      assert.throws(() => all([start, {} as never]), InvalidArgument);
      await sleep(1);
      assert.equal(called, false);
    }),
  );

  it(
    "gives the values when it is cancelled after the last function has its own",
    virtual(async () => {
      const [future] = futures(1) as [Future<number>];
      const values = await withCancelScope((scope) =>
        withTaskGroup(async (group) => {
          const task = group.spawn(() => all(waitFor([future])));
          future.resolve(42);
          scope.cancel();
          await sleep(0).catch(() => {});
          return task;
        }),
      );
      assert.equal(values?.state, "done");
      assert.deepEqual(await values?.join(), [42]);
    }),
  );
});

describe("allSettled", () => {
  it(
    "gives the outcomes of functions that all succeed in their order",
    virtual(async () => {
      const outcomes = await allSettled([
        () => sleep(3).then(() => 2),
        async () => 1,
        () => sleep(1).then(() => 3),
      ]);
      assert.deepEqual(
        outcomes,
        [2, 1, 3].map((value) => ({ status: "fulfilled", value })),
      );
    }),
  );

  it(
    "waits for all and gives errors as outcomes",
    virtual(async () => {
      const [one, two] = [new TypeError("one"), new RangeError("two")];
      const outcomes = await allSettled([
        () => sleep(2).then(() => 3),
        async () => 1,
        () => Promise.reject(one),
        () => sleep(9).then(() => Promise.reject(two)),
      ]);
      assert.deepEqual(outcomes, [
        { status: "fulfilled", value: 3 },
        { status: "fulfilled", value: 1 },
        { status: "rejected", reason: one },
        { status: "rejected", reason: two },
      ]);
    }),
  );

  it(
    "gives functions that cancel their own tasks as outcomes among the others",
    virtual(async () => {
      const boom = new TypeError("boom");
      const outcomes = await allSettled([
        async () => 1,
        () => Promise.reject(boom),
        cancelled,
        async () => 3,
        cancelled,
      ]);
      const short = outcomes.map((outcome) =>
        outcome.status === "fulfilled" ? outcome.value : outcome.reason,
      );
      assert.deepEqual([short[0], short[1], short[3]], [1, boom, 3]);
      assert.ok(short[2] instanceof TaskCancelled && short[4] instanceof TaskCancelled);
    }),
  );

  it(
    "takes no cancellation from outside for an outcome",
    virtual(async (time) => {
      let seen: unknown;
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          for (;;) {
            await allSettled([() => sleep(50)]).catch((error: unknown) => {
              seen = error;
              throw error;
            });
          }
        });
        await sleep(220);
        task.cancel("my message");
        await assert.rejects(task.join(), TaskCancelled);
      });
      assert.ok(seen instanceof Cancelled && seen.reason === "my message");
      assert.equal(time.now(), 220);
    }),
  );
});
