/** Cases that a law must spell out: nested limits, values and cancellations that meet, odd durations, signals, generators. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  currentDeadline,
  currentRuntime,
  currentSignal,
  currentTask,
  InvalidArgument,
  produce,
  sleep,
  suppressedErrors,
  TimeoutError,
  until,
  withCancelScope,
  withDeadline,
  withShield,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing",
    (error: unknown) => error,
  );

describe("An inner time limit under a cancelled outer scope", () => {
  it(
    "throws the outer Cancelled, and does not turn it into a TimeoutError of its own",
    virtual(async () => {
      const seen: unknown[] = [];
      await withCancelScope(async (outer) => {
        const inner = withTimeout(5, () =>
          sleep(1_000).catch(async (error: unknown) => {
            // The inner limit has passed; now the outer scope is cancelled as well.
            outer.cancel("outer");
            seen.push(error, await caught(sleep(1)));
            throw seen[1];
          }),
        );
        seen.push(await caught(inner));
        throw seen[2];
      });
      assert.ok(seen[0] instanceof Cancelled && seen[1] instanceof Cancelled);
      assert.equal(seen[1].reason, "outer");
      assert.equal(seen[2], seen[1]);
    }),
  );

  it(
    "does not hide the outer cancellation behind an error",
    virtual(async (time) => {
      const result = await withTimeoutOr(
        10,
        () => withTimeoutOr(20, () => sleep(1_000), "inner"),
        "outer",
      );
      assert.deepEqual([result, time.now()], ["outer", 10]);
    }),
  );
});

describe("The one Cancelled of a scope", () => {
  it(
    "never carries suppressed errors or causes of one of those who threw it",
    virtual(async () => {
      const cancelled = (await withCancelScope(async (scope) => {
        scope.cancel();
        return caught(sleep(1));
      })) as Cancelled;
      // Thrown by two strangers, as a foreign error: the first failure of each group.
      for (let round = 0; round < 2; round++) {
        const group = withTaskGroup((tasks) => {
          tasks.spawn(() => Promise.reject(cancelled));
          tasks.spawn(() => Promise.reject(new Error("later")));
        });
        assert.equal(await caught(group), cancelled);
      }
      assert.equal(cancelled.cause, undefined);
      assert.deepEqual(Object.getOwnPropertySymbols(cancelled).length <= 1, true);
      assert.equal(suppressedErrors(cancelled).count, 1);
    }),
  );

  it(
    "is made also where Error.stackTraceLimit cannot be set",
    virtual(async () => {
      const before = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit");
      if (before === undefined) return;
      Object.defineProperty(Error, "stackTraceLimit", { ...before, writable: false });
      try {
        const result = await withCancelScope((scope) => (scope.cancel("frozen"), sleep(1)));
        assert.equal(result, undefined);
      } finally {
        Object.defineProperty(Error, "stackTraceLimit", before);
      }
    }),
  );
});

describe("Durations", () => {
  it(
    "that went negative mean 0, in every function that takes one",
    virtual(async (time) => {
      await sleep(-1);
      await sleep(-0);
      assert.equal(await withTimeoutOr(-1, () => sleep(5), "past"), "past");
      await assert.rejects(
        withTimeout(-0, () => sleep(5)),
        TimeoutError,
      );
      await withTimeoutOr(0, () => withShield(-1, () => sleep(5)), undefined);
      let called = false;
      currentRuntime().callLater(-1, () => {
        called = true;
      });
      await sleep(0);
      await sleep(1);
      assert.deepEqual([called, time.now()], [true, 1]);
    }),
  );

  it(
    "of Infinity mean never, and arm no timer",
    virtual(async () => {
      const waiting = withTimeoutOr(1, () => withTimeout(Infinity, () => sleep(Infinity)), "cancelled");
      assert.equal(currentRuntime().stats().timers, 1);
      assert.equal(await waiting, "cancelled");
    }),
  );

  it(
    "that are no number throw, synchronously where the function is synchronous",
    virtual(async () => {
      for (const wrong of [Number.NaN, "5", null, undefined, {}] as never[]) {
        assert.throws(() => sleep(wrong), InvalidArgument);
        await assert.rejects(
          withTimeout(wrong, () => {}),
          InvalidArgument,
        );
        await assert.rejects(
          withTimeoutOr(wrong, () => {}, 0),
          InvalidArgument,
        );
        await assert.rejects(
          withShield(wrong, () => {}),
          InvalidArgument,
        );
      }
      for (const wrong of [Number.NaN, "2020-01-01", null, new Date(Number.NaN)] as never[]) {
        await assert.rejects(
          withDeadline(wrong, () => {}),
          InvalidArgument,
        );
      }
    }),
  );

  it(
    "beyond 2^31-1 ms do not fire at once",
    virtual(async (time) => {
      for (const ms of [2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 33]) {
        const before = time.now();
        await sleep(ms);
        assert.equal(time.now() - before, ms);
      }
    }),
  );

  it("beyond 2^31-1 ms do not fire at once on the platform's clock either", async () => {
    const value = await withTimeoutOr(20, () => sleep(2 ** 31 + 5).then(() => "fired"), "still waiting");
    assert.equal(value, "still waiting");
  });

  it(
    "of a Date in the past act at the first wait",
    virtual(async () => {
      const limited = withDeadline(new Date(0), () => sleep(1));
      await assert.rejects(limited, TimeoutError);
    }),
  );
});

describe("undefined as a result", () => {
  it(
    "is told from a caught cancellation by scope.caught",
    virtual(async () => {
      for (const cancelled of [true, false]) {
        let read = (): boolean => !cancelled;
        const result = await withCancelScope(async (scope) => {
          read = () => scope.caught;
          if (cancelled) scope.cancel();
          await sleep(1);
        });
        assert.deepEqual([result, read()], [undefined, cancelled]);
      }
    }),
  );
});

describe("The signal of a scope", () => {
  it(
    "is aborted when the scope ends, so that platform work started in it stops",
    virtual(async () => {
      const signals: AbortSignal[] = [];
      await withTaskGroup((group) => {
        group.spawn(async () => {
          signals.push(currentSignal());
          await sleep(1);
        });
        signals.push(currentSignal());
      });
      assert.deepEqual(
        signals.map((signal) => signal.aborted),
        [true, true],
      );
    }),
  );

  it(
    "is aborted with the Cancelled as its reason when the scope is cancelled, and at once where it is already",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        const before = currentSignal();
        scope.cancel("enough");
        assert.equal((before.reason as Cancelled).reason, "enough");
        await withTaskGroup(() => assert.ok(currentSignal().aborted));
      });
    }),
  );

  it(
    "bears many listeners without a warning",
    virtual(async () => {
      const warnings: string[] = [];
      const listener = (warning: Error): void => void warnings.push(warning.message);
      process.on("warning", listener);
      await withTaskGroup((group) => {
        const signal = currentSignal();
        for (let i = 0; i < 64; i++) group.spawn(() => until(() => listening(signal)));
        group.cancelTasks();
      }).catch(() => {});
      await new Promise((resolve) => setImmediate(resolve));
      process.off("warning", listener);
      assert.deepEqual(warnings, []);
    }),
  );

  async function listening(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => {});
    await Promise.resolve();
  }

  it(
    "an until whose promise has settled delivers, although its scope is cancelled in the same turn",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        const waiting = until(async () => "value");
        scope.cancel();
        assert.equal(await waiting, "value");
        await assert.rejects(sleep(1), Cancelled);
      });
    }),
  );
});

describe("Generators", () => {
  it(
    "run in the scope of whoever calls next, again at each next: deadlines are the consumer's",
    virtual(async () => {
      const deadlines: number[] = [];
      async function* source(): AsyncGenerator<number> {
        for (;;) {
          deadlines.push(currentDeadline());
          yield 1;
        }
      }
      const items = source();
      await items.next();
      await withTimeout(50, () => items.next());
      await withTimeout(90, () => items.next());
      assert.deepEqual(deadlines, [Infinity, 50, 90]);
    }),
  );

  it(
    "produce runs its task as a service of the scope of the first next, cancelled unread when that is left",
    virtual(async () => {
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        group.spawn("reader", async () => {
          const items = produce<number>(async (emit) => {
            log.push("started");
            try {
              for (let i = 0; ; i++) await emit(i);
            } finally {
              log.push(`ended, a task: ${currentTask() !== undefined}`);
            }
          });
          const iterator = items[Symbol.asyncIterator]();
          await iterator.next();
          log.push("reader leaves");
        });
      });
      assert.deepEqual(log, ["started", "reader leaves", "ended, a task: true"]);
    }),
  );
});
