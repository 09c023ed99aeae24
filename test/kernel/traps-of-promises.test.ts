/** Programs of plain promises that break naive kernels: helpers, memoisation, disposal, thenables, lost values. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  any,
  Cancelled,
  Future,
  Lock,
  map,
  Queue,
  race,
  shared,
  sleep,
  TaskCancelled,
  TimeoutError,
  until,
  withCancelScope,
  withShield,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
  type Task,
} from "../../src/index.ts";
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

describe("Promise.all of plain helpers", () => {
  it(
    "leaves no helper alive when one fails: the rest is cancelled, awaited and reported",
    virtual(async (time) => {
      let helperEnded = Number.NaN;
      const helper = async (): Promise<void> => {
        try {
          await sleep(1_000);
        } finally {
          await withShield(100, () => sleep(5));
          helperEnded = time.now();
        }
      };
      const error = new Error("one helper");
      const group = withTaskGroup((tasks) => {
        tasks.spawn(() => Promise.all([failAfter(10, error), helper()]));
      });
      assert.equal(await caught(group), error);
      assert.deepEqual([helperEnded, time.now()], [15, 15]);
      assert.match(time.log[0]?.message ?? "", /sleep|withShield/);
    }),
  );

  it(
    "of time limits leaves no scope open when one passes",
    virtual(async (time) => {
      let alive = 1;
      const group = withTaskGroup((tasks) => {
        tasks.spawn(() =>
          Promise.all([
            withTimeout(10, () => sleep(1_000)),
            withTimeout(500, () => sleep(1_000).finally(() => alive--)),
          ]),
        );
      });
      await assert.rejects(group, TimeoutError);
      assert.deepEqual([alive, time.now()], [0, 10]);
    }),
  );

  it(
    "under a cancellation ends both helpers",
    virtual(async () => {
      let ended = 0;
      const helper = async (): Promise<void> => {
        await sleep(1_000).finally(() => ended++);
      };
      const both = withTimeoutOr(5, () => Promise.all([helper(), helper()]), "limit");
      assert.equal(await both, "limit");
      assert.equal(ended, 2);
    }),
  );
});

describe("A memoised promise under cancellation", () => {
  it(
    "fails those who were never cancelled with an error, not with a cancellation of their own",
    virtual(async () => {
      let cache: Promise<void> | undefined;
      const load = (): Promise<void> => (cache ??= sleep(100));
      await withTaskGroup(async (group) => {
        const first = group.spawn(load);
        const second = group.spawn(() => caught(withTimeout(1_000, () => load())));
        await sleep(1);
        first.cancel();
        const error = await second.join();
        assert.ok(error instanceof Cancelled);
        assert.equal(first.state, "cancelled");
        assert.equal(second.state, "done");
      });
      // A task that does not catch it has failed; it was not cancelled.
      const late = withTaskGroup((group) => void group.spawn(load));
      assert.ok((await caught(late)) instanceof Cancelled);
    }),
  );

  it(
    "has its cure in shared: each caller can be cancelled alone",
    virtual(async () => {
      let loads = 0;
      const load = shared(async () => {
        loads++;
        await sleep(100);
        return "value";
      });
      await withTaskGroup(async (group) => {
        const first = group.spawn(load);
        const second = group.spawn(load);
        await sleep(1);
        first.cancel();
        assert.equal(await second.join(), "value");
      });
      assert.equal(loads, 1);
    }),
  );

  it(
    "joining a cancelled task throws TaskCancelled, an ordinary error, never the bare Cancelled",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => sleep(1_000));
        task.cancel();
        const error = await caught(task.join());
        assert.ok(error instanceof TaskCancelled && !(error instanceof Cancelled));
      });
    }),
  );
});

describe("await using under cancellation", () => {
  class Connection implements AsyncDisposable {
    async [Symbol.asyncDispose](): Promise<void> {
      await sleep(1);
    }
  }

  it(
    "stays a cancellation when the disposer waits and is refused",
    virtual(async () => {
      const limited = withTimeout(5, async () => {
        await using _connection = new Connection();
        await sleep(1_000);
      });
      await assert.rejects(limited, TimeoutError);
      const cancelled = await withCancelScope(async (scope) => {
        await using stack = new AsyncDisposableStack();
        stack.use(new Connection());
        stack.use(new Connection());
        scope.cancel();
        await sleep(1);
      });
      assert.equal(cancelled, undefined);
    }),
  );

  it(
    "Promise.any of cancelled waits stays a cancellation",
    virtual(async () => {
      const limited = withTimeout(5, () => Promise.any([sleep(1_000), sleep(2_000)]));
      await assert.rejects(limited, TimeoutError);
    }),
  );

  it(
    "an error of the disposer is an error, with the cancellation suppressed",
    virtual(async () => {
      const limited = withTimeout(5, async () => {
        await using _broken = {
          [Symbol.asyncDispose]: () => Promise.reject(new Error("disposer")),
        };
        await sleep(1_000);
      });
      const error = await caught(limited);
      assert.ok(error instanceof SuppressedError);
      assert.match(String(error.error), /disposer/);
    }),
  );
});

describe("Tasks and Futures are not thenable", () => {
  it(
    "an async function, a queue and ready can hand on a Task or a Future without waiting for it",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const startWorker = async (): Promise<Task> => {
          await sleep(1);
          return group.spawn(() => sleep(1_000));
        };
        const worker = await startWorker();
        const queue = new Queue<Task>({ capacity: 1 });
        await queue.put(worker);
        assert.equal(await queue.get(), worker);
        assert.equal(await group.start<Task>((ready) => ready(worker)), worker);
        const future = new Future<number>();
        assert.equal(await (async () => future)(), future);
        assert.equal(time.now(), 1);
        worker.cancel();
      });
    }),
  );
});

describe("No value is lost", () => {
  it(
    "a permit that was handed over when until was cancelled in the same turn is given back",
    virtual(async () => {
      const lock = new Lock();
      const hold = await lock.acquire();
      await withTaskGroup(async (group) => {
        const deep = async (layers: number): Promise<Disposable> =>
          layers === 0 ? lock.acquire() : await deep(layers - 1);
        // Begun outside the task that waits: the acquisition itself is not cancelled.
        const acquiring = deep(10);
        const waiter = group.spawn(() => until(acquiring));
        await sleep(1);
        hold.release();
        waiter.cancel();
        await sleep(1);
        assert.equal(lock.stats().isHeld, false);
      });
    }),
  );

  it(
    "the hold of a winner is disposed of by all when another function fails",
    virtual(async () => {
      const lock = new Lock();
      const error = new Error("fails");
      assert.equal(await caught(all([() => lock.acquire(), () => failAfter(1, error)])), error);
      assert.equal(lock.stats().isHeld, false);
    }),
  );

  it(
    "the holds of losers are disposed of by race and any",
    virtual(async () => {
      for (const first of [race, any]) {
        const [one, two] = [new Lock(), new Lock()];
        // Both have their value at once; only one can be given.
        const hold = (await first([() => one.acquire(), () => two.acquire()])) as Disposable;
        assert.equal(Number(one.isHeld) + Number(two.isHeld), 1);
        hold[Symbol.dispose]();
      }
    }),
  );

  it(
    "the results of map are disposed of when an item fails",
    virtual(async () => {
      const locks = [new Lock(), new Lock()];
      const error = new Error("third");
      const mapped = map([0, 1, 2], (i) => locks[i]?.acquire() ?? failAfter(1, error));
      assert.equal(await caught(mapped), error);
      assert.deepEqual(
        locks.map((lock) => lock.isHeld),
        [false, false],
      );
    }),
  );

  it(
    "race leaves no getter behind that would eat the next item",
    virtual(async () => {
      const queue = new Queue<string>({ capacity: 1 });
      await race([() => queue.get(), () => sleep(10)]);
      await queue.put("item");
      assert.equal(queue.tryGet(), "item");
    }),
  );

  it(
    "a bare Promise.race over our waits is reported when its scope is left, and eats nothing afterwards",
    virtual(async (time) => {
      const queue = new Queue<string>({ capacity: 1, name: "orders" });
      await withTaskGroup((group) => void group.spawn(() => Promise.race([queue.get(), sleep(10)])));
      assert.match(time.log[0]?.message ?? "", /orders.*use all\(\) or race\(\)/);
      await queue.put("item");
      assert.equal(queue.tryGet(), "item");
    }),
  );
});
