import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  allSettled,
  currentRuntime,
  Disposed,
  InvalidArgument,
  run,
  sleep,
  TimeoutError,
  until,
  withCancelScope,
  withTimeout,
  type LogRecord,
} from "../../src/index.ts";
import {
  importThread,
  ModuleNotLoaded,
  ThreadCrashed,
  ThreadOutOfMemory,
  ThreadPool,
  type ThreadPoolOptions,
} from "../../src/threads.ts";
import { virtual, type VirtualTime } from "../../src/testing.ts";

const address = new URL("../fixtures/thread-work.ts", import.meta.url);
type Work = ReturnType<typeof importThread<typeof import("../fixtures/thread-work.ts")>>;

/** Runs `body` with a pool of simulated threads, under virtual time. */
function withSimulatedPool(
  options: ThreadPoolOptions,
  body: (work: Work, pool: ThreadPool, time: VirtualTime) => Promise<void>,
): () => Promise<void> {
  return virtual(async (time) => {
    const pool = new ThreadPool(options);
    await body(importThread(address, { pool }), pool, time);
  });
}

/** Runs `body` with a pool of its own, in a runtime of its own, and sees that no thread outlives it. */
function withPool(
  options: ThreadPoolOptions,
  body: (work: Work, pool: ThreadPool, log: LogRecord[]) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const log: LogRecord[] = [];
    const pool = await run(
      async () => {
        currentRuntime().log = (record) => log.push(record);
        const made = new ThreadPool(options);
        await body(importThread(address, { pool: made }), made, log);
        return made;
      },
      { signals: false },
    );
    const { threads, busy, queued } = pool.stats();
    assert.deepEqual({ threads, busy, queued }, { threads: 0, busy: 0, queued: 0 });
  };
}

describe("ThreadPool", () => {
  it(
    "starts a thread only for a call that finds no idle one",
    withPool({ threads: 2 }, async (work, pool) => {
      assert.equal(pool.stats().threads, 0);
      await work.add(1, 2);
      await work.add(1, 2);
      assert.equal(pool.stats().threads, 1);
      await all([() => work.rest(1), () => work.rest(1), () => work.rest(1)]);
      assert.deepEqual(pool.stats(), {
        threads: 2,
        busy: 0,
        queued: 0,
        waiting: 0,
        calls: 5,
        crashes: 0,
        terminations: 0,
      });
    }),
  );

  it(
    "gives a thread one call at a time, and serves those that wait in their order",
    withSimulatedPool({ threads: 1, maxQueued: 2 }, async (work, pool) => {
      const ended: number[] = [];
      const call = (n: number) => async (): Promise<void> => {
        await work.rest(n === 0 ? 20 : 1);
        ended.push(n);
      };
      const calls = all([0, 1, 2, 3, 4].map(call));
      const { busy, queued, waiting } = pool.stats();
      assert.deepEqual({ busy, queued, waiting }, { busy: 1, queued: 2, waiting: 2 });
      await calls;
      assert.deepEqual(ended, [0, 1, 2, 3, 4]);
    }),
  );

  it(
    "takes a cancelled call out of a full queue, and it has not run",
    withSimulatedPool({ threads: 1, maxQueued: 0 }, async (work, pool) => {
      await all([
        () => work.rest(20),
        () =>
          withCancelScope(async (scope) => {
            const call = work.exit(1);
            assert.equal(pool.stats().waiting, 1);
            scope.cancel();
            await call;
          }),
      ]);
      assert.equal(pool.stats().calls, 1);
      assert.equal(pool.stats().crashes, 0);
    }),
  );

  it(
    "is warm after ready(): each thread has loaded the modules",
    withPool({ threads: 2, modules: [address] }, async (work, pool) => {
      await pool.ready();
      assert.equal(pool.stats().threads, 2);
      assert.equal(await work.add(1, 2), 3);
      await pool.ready();
      assert.equal(pool.stats().threads, 2);
    }),
  );

  it("throws from ready() what kept a module from being loaded", async () => {
    await using pool = new ThreadPool({
      threads: 1,
      modules: ["data:text/javascript,throw new Error('x')"],
    });
    await assert.rejects(pool.ready(), ModuleNotLoaded);
  });

  it(
    "fails only the call that a thread held when it exits, and replaces the thread",
    withPool({ threads: 1 }, async (work, pool) => {
      const [lost, next] = await allSettled([() => work.exit(3), () => work.add(1, 2)]);
      assert.ok(lost.status === "rejected" && lost.reason instanceof ThreadCrashed);
      assert.match(lost.reason.message, /exit\(\) of .*thread-work\.ts, .* ended with exit code 3/);
      assert.deepEqual(next, { status: "fulfilled", value: 3 });
      assert.equal(pool.stats().crashes, 1);
    }),
  );

  it(
    "gives the uncaught error of a thread as the cause",
    withPool({ threads: 1 }, async (work) => {
      await assert.rejects(work.throwLater(), (error: Error) => {
        assert.ok(error instanceof ThreadCrashed);
        assert.match((error.cause as Error).message, /out of the blue/);
        return true;
      });
      assert.equal(await work.add(1, 2), 3);
    }),
  );

  it(
    "reports the end of a thread that held no call, and goes on with a new one",
    withPool({ threads: 1 }, async (work, pool, log) => {
      assert.equal(await work.exitSoon(), "still here");
      const reported = Promise.withResolvers<void>();
      currentRuntime().log = (record) => {
        log.push(record);
        reported.resolve();
      };
      await withTimeout(10_000, () => until(reported.promise));
      assert.equal(log[0]?.code, "TSY_THREAD_ENDED");
      assert.match(log[0].message, /ended with exit code 7 while it held no call/);
      assert.equal(await work.add(1, 2), 3);
      assert.equal(pool.stats().crashes, 1);
    }),
  );

  it(
    "fails the call of a thread that runs out of memory, not the process",
    withPool({ threads: 1, maxHeapMb: 24 }, async (work, pool) => {
      const devouring = withTimeout(10_000, () => work.devour(200));
      await assert.rejects(devouring, (error: Error) => {
        assert.ok(error instanceof ThreadOutOfMemory);
        assert.match(error.message, /devour\(\).* ran out of memory \(maxHeapMb: 24\)/);
        return true;
      });
      assert.equal(await work.add(1, 2), 3);
      assert.equal(pool.stats().crashes, 1);
    }),
  );

  it(
    "terminates a thread whose call never yields, a grace period after it was cancelled",
    withPool({ threads: 1, graceMs: 20 }, async (work, pool, log) => {
      const begun = new Int32Array(new SharedArrayBuffer(4));
      await withCancelScope(async (scope) => {
        await all([
          () => work.busy(begun),
          async () => {
            while (Atomics.load(begun, 0) === 0) await sleep(1);
            scope.cancel();
          },
        ]);
      });
      assert.equal(pool.stats().terminations, 1);
      assert.match(log[0]?.message ?? "", /busy\(\).* did not end within 20 ms after it was cancelled/);
      assert.equal(await work.add(1, 2), 3);
    }),
  );

  it(
    "bounds a call that never yields by the caller's deadline and the grace period",
    withPool({ threads: 1, graceMs: 20 }, async (work) => {
      await assert.rejects(
        withTimeout(20, () => work.busy()),
        TimeoutError,
      );
      assert.equal(await work.add(1, 2), 3);
    }),
  );

  it(
    "bounds a call by callTimeoutMs, from when its thread comes to it",
    withSimulatedPool({ threads: 1, callTimeoutMs: 60 }, async (work, pool, time) => {
      const [long, short] = await allSettled([() => work.rest(60_000), () => work.rest(50)]);
      assert.ok(long.status === "rejected" && long.reason instanceof TimeoutError);
      assert.match(
        long.reason.message,
        /rest\(\).* did not end within 60 ms \(callTimeoutMs of its pool\)/,
      );
      assert.equal(short.status, "fulfilled");
      assert.equal(time.now(), 110);
      assert.equal(pool.stats().terminations, 0);
    }),
  );

  it(
    "lets calls that run end when it is disposed of, and refuses those in the queue",
    withSimulatedPool({ threads: 1 }, async (work, pool) => {
      await work.add(1, 2);
      const [runs, waits, closes] = await allSettled([
        () => work.rest(20),
        () => work.add(1, 2),
        () => pool[Symbol.asyncDispose](),
      ]);
      assert.deepEqual(runs, { status: "fulfilled", value: "rested 20" });
      assert.ok(waits.status === "rejected" && waits.reason instanceof Disposed);
      assert.equal(closes.status, "fulfilled");
      assert.equal(pool.stats().threads, 0);
    }),
  );

  it("belongs to its runtime, not to the scope that made it", async () => {
    await run(
      async () => {
        const pool = await withTimeout(60_000, async () => {
          const made = new ThreadPool({ threads: 1 });
          await importThread<typeof import("../fixtures/thread-work.ts")>(address, { pool: made }).add(
            1,
            2,
          );
          return made;
        });
        const work: Work = importThread(address, { pool });
        assert.equal(await work.add(2, 2), 4);
      },
      { signals: false },
    );
  });

  it("refuses sizes that make no sense, NaN among them", () => {
    const wrong: ThreadPoolOptions[] = [
      { threads: 0 },
      { threads: Number.NaN },
      { threads: Infinity },
      { threads: 1.5 },
      { maxQueued: -1 },
      { maxQueued: Number.NaN },
      { callTimeoutMs: Number.NaN },
      { graceMs: Number.NaN },
      { maxHeapMb: Number.NaN },
      { maxHeapMb: 0 },
      { modules: ["./relative.ts"] },
      { modules: "x" as never },
      { name: 7 as never },
    ];
    for (const options of wrong) assert.throws(() => new ThreadPool(options), InvalidArgument);
  });
});
