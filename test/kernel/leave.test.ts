import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  currentRuntime,
  sleep,
  TimeoutError,
  withCancelScope,
  withShield,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
  type Cancelled,
} from "../../src/index.ts";
import { WaitQueue } from "../../src/lowlevel.ts";
import { virtual } from "../../src/testing.ts";

const ignore = (): void => {};
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing",
    (error: unknown) => error,
  );

describe("Stray work", () => {
  it(
    "in a task is cancelled, awaited and reported with its labels before the task ends",
    virtual(async (time) => {
      const log: string[] = [];
      await withTaskGroup((group) => {
        group.spawn("careless", async () => {
          const stray = async (): Promise<void> => {
            try {
              await sleep(1_000);
            } finally {
              await withShield(100, () => sleep(5));
              log.push("stray cleaned up");
            }
          };
          stray().catch(ignore);
          new WaitQueue("orders").park(undefined).catch(ignore);
        });
      });
      assert.deepEqual([log, time.now()], [["stray cleaned up"], 5]);
      assert.equal(time.log.length, 1);
      assert.equal(time.log[0]?.code, "TSY_STRAY_WORK");
      const message = time.log[0]?.message ?? "";
      assert.match(message, /careless ended while work it had begun was still waiting: /);
      assert.match(message, /sleep/);
      assert.match(message, /orders/);
    }),
  );

  it(
    "in every kind of scope is gone when the scope has been left",
    virtual(async (time) => {
      const open: Array<(fn: () => Promise<string>) => Promise<unknown>> = [
        (fn) => withCancelScope(fn),
        (fn) => withTimeout(5_000, fn),
        (fn) => withShield(5_000, fn),
        (fn) => withTaskGroup(fn),
      ];
      for (const scope of open) {
        let ended = false;
        const value = await scope(async () => {
          sleep(1_000)
            .finally(() => {
              ended = true;
            })
            .catch(ignore);
          return "value";
        });
        assert.deepEqual([value, ended], ["value", true]);
      }
      assert.equal(time.now(), 0);
      assert.equal(time.log.length, open.length);
      assert.equal(currentRuntime().stats().timers, 0);
    }),
  );

  it(
    "whose clean-up comes many microtasks after the cancellation is awaited all the same",
    virtual(async (time) => {
      const nested = async (layers: number): Promise<void> =>
        layers === 0 ? sleep(1_000) : await nested(layers - 1);
      let cleaned = 0;
      const deepHelper = async (): Promise<void> => {
        try {
          await nested(20);
        } finally {
          await withShield(50, () => sleep(7));
          cleaned++;
        }
      };
      await withTimeoutOr(5, () => Promise.all([sleep(10), deepHelper()]), undefined);
      assert.deepEqual([cleaned, time.now()], [1, 12]);
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => Promise.all([sleep(10), deepHelper()]));
        await sleep(5);
        task.cancel();
      });
      assert.deepEqual([cleaned, time.now()], [2, 24]);
    }),
  );

  it(
    "that opens scopes of its own is named by them and awaited",
    virtual(async (time) => {
      let ended = Number.NaN;
      await withCancelScope(async () => {
        withTimeout(1_000, () =>
          withShield(20, () => sleep(500)).finally(() => {
            ended = time.now();
          }),
        ).catch(ignore);
      });
      assert.deepEqual([ended, time.now()], [20, 20]);
      assert.match(time.log[0]?.message ?? "", /withTimeout/);
    }),
  );

  it(
    "that waits again and again in its clean-up is awaited to the end",
    virtual(async (time) => {
      await withCancelScope(async () => {
        const stubborn = async (): Promise<void> => {
          for (let i = 0; i < 5; i++) await withShield(10, () => sleep(3)).catch(ignore);
        };
        stubborn().catch(ignore);
      });
      assert.equal(time.now(), 15);
    }),
  );

  it(
    "of a cancelled scope is no news",
    virtual(async (time) => {
      await withCancelScope(async (scope) => {
        sleep(1_000).catch(ignore);
        scope.cancel();
      });
      assert.deepEqual(time.log, []);
    }),
  );

  it(
    "leaves the error of its scope's function alone",
    virtual(async () => {
      const error = new Error("mine");
      const scope = withTimeout(1_000, async () => {
        sleep(500).catch(ignore);
        throw error;
      });
      assert.equal(await caught(scope), error);
    }),
  );

  it(
    "does not turn a foreign AbortError into a cancellation, in a scope",
    virtual(async () => {
      const abort = new DOMException("aborted by somebody else", "AbortError");
      const scope = withTimeout(1_000, async () => {
        sleep(500).catch(ignore);
        throw abort;
      });
      assert.equal(await caught(scope), abort);
    }),
  );

  it(
    "does not turn a foreign AbortError into a cancellation, in a task",
    virtual(async () => {
      const abort = new DOMException("aborted by somebody else", "AbortError");
      const group = withTaskGroup((tasks) => {
        tasks.spawn(async () => {
          sleep(500).catch(ignore);
          throw abort;
        });
      });
      assert.equal(await caught(group), abort);
    }),
  );
});

describe("What counts as the scope's own cancellation", () => {
  /** The outcome of a time limit whose function throws what `make` makes of the limit's Cancelled. */
  async function outcome(make: (cancelled: Cancelled) => unknown): Promise<unknown> {
    return caught(
      withTimeout(5, async () => {
        const cancelled = (await caught(sleep(10))) as Cancelled;
        throw make(cancelled);
      }),
    );
  }

  it(
    "is its Cancelled",
    virtual(async () => {
      assert.ok((await outcome((cancelled) => cancelled)) instanceof TimeoutError);
    }),
  );

  it(
    "is a SuppressedError or AggregateError all of whose leaves are that",
    virtual(async () => {
      const shapes: Array<(cancelled: Cancelled) => unknown> = [
        (own) => new AggregateError([own, own]),
        (own) => new SuppressedError(own, own),
        (own) => new SuppressedError(new AggregateError([own]), new SuppressedError(own, own)),
        (own) => new AggregateError([own, new DOMException("x", "AbortError")]),
      ];
      for (const shape of shapes)
        assert.ok((await outcome(shape)) instanceof TimeoutError, String(shape));
    }),
  );

  it(
    "is no error with one other leaf, no wrapper, and no empty AggregateError",
    virtual(async () => {
      const shapes: Array<(cancelled: Cancelled) => unknown> = [
        (own) => new AggregateError([own, new Error("other")]),
        (own) => new SuppressedError(new Error("other"), own),
        (own) => new SuppressedError(own, new AggregateError([own, "primitive"])),
        (own) => new Error("wrapped", { cause: own }),
        () => new AggregateError([]),
        () => new Error("plain"),
        () => undefined,
      ];
      for (const shape of shapes) {
        const made: unknown[] = [];
        const result = await outcome((cancelled) => (made.push(shape(cancelled)), made[0]));
        assert.equal(result, made[0], String(shape));
      }
    }),
  );

  it(
    "is an AbortError in a cancelled scope, and not in one that is not",
    virtual(async () => {
      assert.ok((await outcome(() => new DOMException("x", "AbortError"))) instanceof TimeoutError);
      const abort = new DOMException("x", "AbortError");
      assert.equal(await caught(withTimeout(5, () => Promise.reject(abort))), abort);
    }),
  );

  it(
    "is found in 20,000 nested SuppressedErrors",
    virtual(async () => {
      const result = await outcome((cancelled) => {
        let error: unknown = cancelled;
        for (let i = 0; i < 20_000; i++) error = new SuppressedError(cancelled, error);
        return error;
      });
      assert.ok(result instanceof TimeoutError);
    }),
  );

  it(
    "ends the search in an error that holds itself",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          const cancelled = await caught(sleep(10));
          const cycle = new AggregateError([cancelled]);
          cycle.errors.push(cycle);
          throw cycle;
        });
        await sleep(1);
        task.cancel();
      }).catch(ignore);
    }),
  );

  it(
    "is not found in an error whose properties throw: that is an error like any other",
    virtual(async () => {
      class Hostile extends Error {
        override get name(): string {
          throw new Error("from the getter");
        }
      }
      const hostile = new Hostile("hostile");
      const group = withTaskGroup(async (tasks) => {
        const task = tasks.spawn(() =>
          sleep(10).catch(() => {
            throw hostile;
          }),
        );
        await sleep(1);
        task.cancel();
      });
      assert.equal(await caught(group), hostile);
    }),
  );
});
