import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  allSettled,
  Cancelled,
  currentRuntime,
  detached,
  sleep,
  TimeoutError,
  withCancelScope,
  withShield,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
} from "../../src/index.ts";
import { importThread, ThreadPool } from "../../src/threads.ts";
import { assertCancellationPoint, virtual } from "../../src/testing.ts";
import { everyStep } from "../every-step.ts";

const address = new URL("../fixtures/thread-work.ts", import.meta.url);
const work = importThread<typeof import("../fixtures/thread-work.ts")>(address);

function poolOf(graceMs: number): { pool: ThreadPool; pooled: typeof work } {
  const pool = new ThreadPool({ threads: 1, graceMs });
  return { pool, pooled: importThread(address, { pool }) };
}

describe("Cancelling a call in a thread", () => {
  it(
    "reaches the task there, and waits for its clean-up",
    virtual(async (time) => {
      const cleaned = await withTimeoutOr(10, () => work.restAndCleanUp(60_000, 5), "cancelled");
      assert.equal(cleaned, "cancelled");
      assert.equal(time.now(), 15);
    }),
  );

  it(
    "delivers a value that comes all the same",
    virtual(async (time) => {
      const value = await withCancelScope(async (scope) => {
        currentRuntime().callLater(10, () => scope.cancel());
        return work.stubborn(50);
      });
      assert.equal(value, "done all the same");
      assert.equal(time.now(), 50);
    }),
  );

  it(
    "throws the error that the call ends by: an error beats a cancellation",
    virtual(async () => {
      await assert.rejects(
        withTimeout(10, () => work.untilAborted()),
        (error: Error) => error.message === "aborted",
      );
    }),
  );

  it(
    "terminates the thread after the grace period, and no code of it goes on",
    virtual(async (time) => {
      const { pool, pooled } = poolOf(100);
      await assert.rejects(
        withTimeout(10, () => pooled.stubborn(60_000)),
        TimeoutError,
      );
      assert.equal(time.now(), 110);
      assert.equal(pool.stats().terminations, 1);
      assert.equal(time.log[0]?.code, "TSY_THREAD_ENDED");
      assert.equal(await pooled.add(1, 2), 3);
    }),
  );

  it(
    "lets a call that waits for the same thread go on in another one",
    virtual(async (time) => {
      const { pooled } = poolOf(100);
      const [first, second] = await allSettled([
        () => withTimeout(10, () => pooled.stubborn(60_000)),
        () => pooled.rest(5),
      ]);
      assert.equal(first.status, "rejected");
      assert.deepEqual(second, { status: "fulfilled", value: "rested 5" });
      assert.equal(time.now(), 115);
    }),
  );

  it(
    "never begins a call that was cancelled before its thread came to it",
    virtual(async () => {
      const { pool, pooled } = poolOf(100);
      await withCancelScope(async (scope) => {
        // Sent at once, since the thread is there; not begun before the next turn.
        const call = pooled.throwIt("number");
        scope.cancel();
        await call;
      });
      assert.equal(pool.stats().busy, 0);
      assert.equal(pool.stats().terminations, 0);
      await pooled.add(1, 2);
    }),
  );

  it("is met on entry", () =>
    virtual(async () => {
      await assertCancellationPoint(() => work.add(1, 2));
      await assertCancellationPoint(() => new ThreadPool({ threads: 1 }).ready());
    })());

  it(
    "is kept out by a shield",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        assert.equal(await withShield(1_000, () => work.rest(10)), "rested 10");
      });
    }),
  );

  it(
    "leaves the pool usable at every step, and lets no call outlive its scope",
    everyStep(async (step) => {
      const { pool, pooled } = poolOf(1_000);
      const outcome = await step.attempt(() => pooled.rest(5));
      if (!outcome.cancelled) assert.equal(outcome.value, "rested 5");
      assert.equal(pool.stats().busy, 0);
      assert.equal(await pooled.add(1, 2), 3);
      assert.equal(pool.stats().terminations, 0);
    }),
  );

  it(
    "loses nothing at every step of a call that waits behind another one",
    everyStep(async (step) => {
      const { pool, pooled } = poolOf(1_000);
      const [first, , third] = await all([
        () => pooled.rest(5),
        () => step.attempt(() => pooled.rest(3)),
        () => pooled.rest(1),
      ]);
      assert.equal(first, "rested 5");
      assert.equal(third, "rested 1");
      const { busy, queued } = pool.stats();
      assert.deepEqual({ busy, queued }, { busy: 0, queued: 0 });
    }),
  );

  it(
    "leaves no thread starting for nobody when ready() is cancelled at any step",
    everyStep(async (step) => {
      const pool = new ThreadPool({ threads: 2 });
      await step.attempt(() => pool.ready());
      await pool[Symbol.asyncDispose]();
      assert.equal(pool.stats().threads, 0);
    }),
  );

  it(
    "disposes of a pool in a cancelled scope",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        await using pool = new ThreadPool({ threads: 1 });
        await importThread<typeof import("../fixtures/thread-work.ts")>(address, { pool }).add(1, 2);
        scope.cancel();
      });
    }),
  );
});

describe("Disposing of a pool", () => {
  it(
    "terminates what does not end within 5 s",
    virtual(async (time) => {
      const { pool, pooled } = poolOf(100);
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          await assert.rejects(pooled.rest(60_000), /was terminated, because its pool was closed/);
        });
        await sleep(10);
        await pool[Symbol.asyncDispose]();
      });
      assert.equal(time.now(), 5_010);
    }),
  );

  it(
    "may be asked for twice at the same time",
    virtual(async () => {
      const { pool, pooled } = poolOf(100);
      await pooled.add(1, 2);
      await all([() => pool[Symbol.asyncDispose](), () => pool[Symbol.asyncDispose]()]);
      assert.equal(pool.stats().threads, 0);
    }),
  );
});

describe("The deadline of a caller", () => {
  it(
    "holds in the thread",
    virtual(async () => {
      assert.equal(await work.remaining(), Infinity);
      assert.equal(await withTimeout(250, () => work.remaining()), 250);
      assert.equal(await withTimeout(250, () => withShield(1_000, () => work.remaining())), Infinity);
    }),
  );

  it(
    "ends the call with the caller's TimeoutError, whichever side's clock is ahead",
    virtual(async (time) => {
      for (let round = 0; round < 3; round++) {
        await assert.rejects(
          withTimeout(10, () => work.rest(60_000)),
          TimeoutError,
        );
      }
      assert.equal(time.now(), 30);
    }),
  );

  it(
    "is that of the call, not of whoever loads the module",
    virtual(async () => {
      await assert.rejects(
        withTimeout(0, () => work.add(1, 2)),
        TimeoutError,
      );
      assert.equal(await work.add(1, 2), 3);
    }),
  );
});

describe("A call outside of the scope that made its pool", () => {
  it(
    "goes on when that scope is cancelled",
    virtual(async () => {
      const result = await withTaskGroup(async (group) => {
        const made = Promise.withResolvers<typeof work>();
        group.spawn(() =>
          withCancelScope(async (scope) => {
            const { pooled } = poolOf(100);
            await pooled.add(0, 0);
            made.resolve(pooled);
            scope.cancel();
            await sleep(1);
          }),
        );
        const pooled = await made.promise;
        await sleep(5);
        return pooled.add(40, 2);
      });
      assert.equal(result, 42);
    }),
  );

  it(
    "rejects with what its own scope was cancelled by",
    virtual(async () => {
      const reasons: unknown[] = [];
      await withCancelScope(async (scope) => {
        detached(() => currentRuntime().callLater(5, () => scope.cancel("enough")));
        await work.rest(60_000).catch((error: unknown) => {
          if (error instanceof Cancelled) reasons.push(error.reason);
          throw error;
        });
      });
      assert.deepEqual(reasons, ["enough"]);
    }),
  );
});
