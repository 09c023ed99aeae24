import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  checkpoint,
  currentRuntime,
  currentSignal,
  sleep,
  withCancelScope,
  withShield,
  withTaskGroup,
  withTimeout,
  type CancelScope,
} from "../../src/index.ts";
import { WaitQueue } from "../../src/lowlevel.ts";
import { virtual } from "../../src/testing.ts";

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing",
    (error: unknown) => error,
  );

describe("withCancelScope", () => {
  it(
    "resolves to undefined when its own cancellation ended it, and has caught it",
    virtual(async () => {
      let kept!: CancelScope;
      const result = await withCancelScope(async (scope) => {
        kept = scope;
        assert.deepEqual([scope.cancelRequested, scope.caught], [false, false]);
        scope.cancel("enough");
        assert.deepEqual([scope.cancelRequested, scope.caught], [true, false]);
        await sleep(1_000);
        return "never";
      });
      assert.deepEqual([result, kept.cancelRequested, kept.caught], [undefined, true, true]);
    }),
  );

  it(
    "gives the value that its function returned after all, and has caught nothing",
    virtual(async () => {
      let kept!: CancelScope;
      const result = await withCancelScope(async (scope) => {
        kept = scope;
        scope.cancel();
        await sleep(1).catch(() => {});
        return "value";
      });
      assert.deepEqual([result, kept.cancelRequested, kept.caught], ["value", true, false]);
    }),
  );

  it(
    "says cancelRequested only when somebody called cancel, not for stray work that it swept",
    virtual(async () => {
      let read = (): boolean => true;
      await withCancelScope(async (scope) => {
        read = () => scope.cancelRequested;
        sleep(5).catch(() => {});
      });
      assert.equal(read(), false);
    }),
  );

  it(
    "passes cancellations from further out and errors on",
    virtual(async () => {
      await assert.rejects(
        withCancelScope(() => Promise.reject(new Error("mine"))),
        /mine/,
      );
      const outer = await withCancelScope(async (scope) => {
        const inner = withCancelScope(() => sleep(1_000));
        scope.cancel();
        assert.ok((await caught(inner)) instanceof Cancelled);
        return "outer";
      });
      assert.equal(outer, "outer");
    }),
  );

  it(
    "keeps the first reason",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        scope.cancel("first");
        scope.cancel("second");
        await assert.rejects(sleep(1), { reason: "first" });
      });
    }),
  );
});

describe("Cancelled", () => {
  it(
    "is one object for all waits of its scope, with reason, scope and who asked, which nobody can change",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        const waiting = caught(sleep(1_000));
        scope.cancel("enough");
        const errors = [await waiting, await caught(sleep(1)), await caught(checkpoint())];
        assert.equal(new Set(errors).size, 1);
        const [error] = errors;
        assert.ok(error instanceof Cancelled);
        for (const field of ["reason", "scope", "by", "code"]) {
          assert.throws(() => Object.assign(error, { [field]: "changed" }), TypeError);
        }
        assert.equal(error.reason, "enough");
        assert.equal(error.scope, "test > withCancelScope");
        assert.equal(error.by, "test > withCancelScope");
        assert.match(
          error.message,
          /"enough": test > withCancelScope was cancelled by test > withCancelScope/,
        );
      });
    }),
  );

  it(
    "has a stack of `cancel()` under debug only",
    virtual(async () => {
      const stackOf = async (): Promise<string> => {
        let stack = "";
        await withCancelScope(async (scope) => {
          (function whoAsked() {
            scope.cancel();
          })();
          const error = await caught(sleep(1));
          stack = (error as Error).stack ?? "";
        });
        return stack;
      };
      assert.doesNotMatch(await stackOf(), /\n/);
      currentRuntime().debug = true;
      assert.match(await stackOf(), /whoAsked/);
    }),
  );

  it(
    "leaves Error.stackTraceLimit as it was",
    virtual(async () => {
      const before = Error.stackTraceLimit;
      await withCancelScope((scope) => scope.cancel());
      assert.equal(Error.stackTraceLimit, before);
    }),
  );

  it(
    "of a time limit names the limit, not unknown code, as who asked",
    virtual(async () => {
      let by = "";
      await caught(
        withTimeout(5, () =>
          sleep(10).catch((error: unknown) => {
            by = (error as Cancelled).by;
            throw error;
          }),
        ),
      );
      assert.doesNotMatch(by, /code outside/);
    }),
  );
});

describe("The Cancelled that a wait throws", () => {
  it(
    "is that of the outermost cancelled scope, whichever was cancelled first",
    virtual(async () => {
      for (const outerFirst of [true, false]) {
        await withCancelScope((outer) =>
          withCancelScope(async (inner) => {
            for (const scope of outerFirst ? [outer, inner] : [inner, outer]) {
              scope.cancel(scope === outer ? "outer" : "inner");
            }
            await assert.rejects(sleep(1), { reason: "outer" });
            await sleep(1);
          }),
        );
      }
    }),
  );

  it(
    "that is in flight is kept when a scope further out is cancelled behind it",
    virtual(async () => {
      await withCancelScope(async (outer) => {
        let seen: unknown;
        const result = await withCancelScope(async (inner) => {
          const waiting = sleep(1_000).catch((error: unknown) => {
            seen = error;
            throw error;
          });
          inner.cancel("inner");
          outer.cancel("outer");
          await waiting;
        });
        assert.equal(result, undefined);
        assert.equal((seen as Cancelled).reason, "inner");
      });
    }),
  );

  it(
    "is that of the nearest shield's inside while the shield is up",
    virtual(async () => {
      await withCancelScope(async (outer) => {
        outer.cancel("outer");
        const inside = await withShield(100, () =>
          withCancelScope(async (inner) => {
            inner.cancel("inner");
            await assert.rejects(sleep(1), { reason: "inner" });
            return "value";
          }),
        );
        assert.equal(inside, "value");
      });
    }),
  );
});

describe("cancel marks first and acts then", () => {
  it(
    "all waits below are unlinked when the first abort listener runs",
    virtual(async () => {
      const queue = new WaitQueue<number>("queue");
      const sizes: number[] = [];
      await withTaskGroup(async (group) => {
        const task = group.spawn(() =>
          withTaskGroup((inner) => {
            currentSignal().addEventListener("abort", () => sizes.push(queue.size));
            for (let i = 0; i < 5; i++) inner.spawn(() => queue.park(undefined));
          }),
        );
        assert.equal(queue.size, 5);
        task.cancel();
        assert.deepEqual(sizes, [0]);
      });
    }),
  );

  it(
    "an abort listener may spawn, wake and cancel",
    virtual(async () => {
      const queue = new WaitQueue<string>("queue");
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        const other = group.spawn(() => sleep(1_000).catch(() => log.push("other cancelled")));
        group.spawn(async () => log.push(await queue.park(undefined)));
        await withCancelScope(async (scope) => {
          currentSignal().addEventListener("abort", () => {
            group.spawn(() => log.push("spawned"));
            queue.wake("woken");
            other.cancel();
            scope.cancel("again");
          });
          scope.cancel("once");
          await assert.rejects(sleep(1), { reason: "once" });
        });
      });
      assert.deepEqual(log.toSorted(), ["other cancelled", "spawned", "woken"]);
    }),
  );

  it(
    "an instrument hears of the end of a wait only when all is marked, so that it may wake others",
    virtual(async () => {
      const queue = new WaitQueue<string>("queue");
      currentRuntime().addInstrument({
        waitEnded(_scope, label) {
          if (label === "queue") queue.wake("by the instrument");
        },
      });
      const outcomes = await withCancelScope(async (scope) => {
        const waits = Promise.allSettled([1, 2, 3].map(() => queue.park(undefined)));
        scope.cancel();
        return waits;
      });
      assert.deepEqual(
        outcomes?.map((outcome) => outcome.status),
        ["rejected", "rejected", "rejected"],
      );
      assert.equal(queue.size, 0);
    }),
  );

  it(
    "an instrument that throws is removed, its error goes to onUnhandled, and nothing is lost",
    virtual(async (time) => {
      let calls = 0;
      const error = new Error("instrument");
      currentRuntime().addInstrument({
        scopeCancelled() {
          calls++;
          throw error;
        },
      });
      for (let i = 0; i < 2; i++) {
        assert.equal(await withCancelScope((scope) => (scope.cancel(), sleep(1))), undefined);
      }
      assert.equal(calls, 1);
      assert.deepEqual(time.takeUnhandled(), [error]);
    }),
  );

  it(
    "a wait is woken once: cancelled in the turn of its wake-up it delivers, and the next wait is refused",
    virtual(async () => {
      const queue = new WaitQueue<string>("queue");
      await withCancelScope(async (scope) => {
        const waiting = queue.park(undefined);
        queue.wake("value");
        scope.cancel();
        assert.equal(await waiting, "value");
        await assert.rejects(queue.park(undefined), Cancelled);
      });
    }),
  );

  it(
    "a wake-up in the turn of the cancellation goes to the next waiter",
    virtual(async () => {
      const queue = new WaitQueue<string>("queue");
      await withTaskGroup(async (group) => {
        const first = group.spawn(() => queue.park(undefined));
        const second = group.spawn(() => queue.park(undefined));
        first.cancel();
        assert.ok(queue.wake("value"));
        assert.equal(await second.join(), "value");
      });
    }),
  );
});
