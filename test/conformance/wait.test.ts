/** What asyncio's own tests demand of `wait`; ours are `all`, `allSettled` and `race` over the joins of tasks. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  allSettled,
  Future,
  InvalidArgument,
  race,
  sleep,
  TimeoutError,
  withTaskGroup,
  withTimeout,
  type Task,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

const joins = <T>(tasks: readonly Task<T>[]): Array<() => Promise<T>> =>
  tasks.map((task) => () => task.join());

describe("Waiting for tasks that run already", () => {
  it(
    "ends with the last of them, and takes no time when done again",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const tasks = [group.spawn(() => sleep(150)), group.spawn(() => sleep(100))];
        await all(joins(tasks));
        assert.deepEqual([tasks.map(({ state }) => state), time.now()], [["done", "done"], 150]);
        await all(joins(tasks));
        assert.equal(time.now(), 150);
      });
    }),
  );

  it(
    "gives the value of a task as often as it is asked for",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const [test, spam] = [
          group.spawn(async () => "test"),
          group.spawn(() => sleep(1).then(() => "spam")),
        ];
        assert.deepEqual(await all(joins([test, test, spam])), ["test", "test", "spam"]);
      });
    }),
  );

  it(
    "ends with the first of them in a race, and leaves the others running",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const [slow, quick] = [group.spawn(() => sleep(10_000)), group.spawn(() => sleep(100))];
        await race(joins([quick, slow]));
        assert.deepEqual([quick.state, slow.state, time.now()], ["done", "running", 100]);
      });
    }),
  );

  it(
    "leaves them running when its time limit has passed",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const [a, b] = [group.spawn(() => sleep(100)), group.spawn(() => sleep(150))];
        await assert.rejects(
          withTimeout(110, () => all(joins([b, a]))),
          TimeoutError,
        );
        assert.deepEqual([a.state, b.state, time.now()], ["done", "running", 110]);
      });
    }),
  );

  it(
    "sees a task as done that ends at the instant of its time limit",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const [a, b] = [group.spawn(() => sleep(100)), group.spawn(() => sleep(150))];
        await assert.rejects(
          withTimeout(100, () => all(joins([b, a]))),
          TimeoutError,
        );
        assert.deepEqual([a.state, b.state, time.now()], ["done", "running", 100]);
      });
    }),
  );

  it(
    "takes them from an iterator",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const tasks = [group.spawn(() => sleep(150)), group.spawn(() => sleep(100))];
        await all(joins(tasks).values());
      });
      assert.equal(time.now(), 150);
    }),
  );
});

describe("Waiting for functions", () => {
  it(
    "takes them from a generator",
    virtual(async () => {
      function* functions(): Generator<() => Promise<number>> {
        for (let number = 0; number < 10; number++) yield async () => number;
      }
      assert.deepEqual(await all(functions()), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }),
  );

  // Unlike asyncio, the ones that have not ended are cancelled: nothing outlives the call.
  it(
    "ends at once when one has failed already",
    virtual(async (time) => {
      const boom = new RangeError("err");
      const waiting = all([() => Promise.reject(boom), () => sleep(10_000)]);
      await assert.rejects(waiting, (error) => error === boom);
      assert.equal(time.now(), 0);
    }),
  );

  it(
    "ends when the first of them fails later",
    virtual(async (time) => {
      const boom = new RangeError("err");
      const waiting = all([() => sleep(10_000), () => sleep(10).then(() => Promise.reject(boom))]);
      await assert.rejects(waiting, (error) => error === boom);
      assert.equal(time.now(), 10);
    }),
  );

  it(
    "waits for all in spite of a failure when every outcome is asked for",
    virtual(async (time) => {
      const boom = new RangeError("really");
      const outcomes = await allSettled([
        () => sleep(150).then(() => Promise.reject(boom)),
        () => sleep(100),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ["rejected", "fulfilled"],
      );
      assert.equal(time.now(), 150);
    }),
  );

  it(
    "refuses a race of none, and a concurrency below 1",
    virtual(() => {
      assert.throws(() => race([]), InvalidArgument);
      assert.throws(() => all([() => sleep(10)], { concurrency: -1 }), InvalidArgument);
    }),
  );

  it(
    "refuses what is no collection of functions",
    virtual(() => {
      const future = new Future<void>();
      for (const wrong of [() => sleep(0), 5, null, [future], [Promise.resolve()]]) {
        assert.throws(() => all(wrong as never), InvalidArgument);
        assert.throws(() => race(wrong as never), InvalidArgument);
      }
    }),
  );
});
