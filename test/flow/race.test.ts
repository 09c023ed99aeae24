import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  any,
  Cancelled,
  currentTask,
  InvalidArgument,
  race,
  sleep,
  suppressedErrors,
  TaskCancelled,
  withCancelScope,
  withTimeoutOr,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

async function after<T>(ms: number, value: T): Promise<T> {
  await sleep(ms);
  return value;
}

async function failAfter(ms: number, error: unknown): Promise<never> {
  await sleep(ms);
  throw error;
}

/** Returns a value as soon as it is cancelled. */
async function stubborn<T>(value: T): Promise<T> {
  await sleep(1000).catch(() => {});
  return value;
}

/** Fails as soon as it is cancelled. */
async function spiteful(error: unknown): Promise<never> {
  await sleep(1000).catch(() => {});
  throw error;
}

const quitting = async (): Promise<void> => {
  currentTask()?.cancel("enough");
  await sleep(1);
};

for (const first of [race, any]) {
  describe(first.name, () => {
    it(
      "gives the first value, when the others have been cancelled and have ended",
      virtual(async (time) => {
        let cleaned = false;
        const slow = async (): Promise<string> => {
          try {
            return await after(1000, "slow");
          } finally {
            cleaned = true;
          }
        };
        const winner: string | number = await first([slow, () => after(5, 1)]);
        assert.equal(winner, 1);
        assert.equal(cleaned, true);
        assert.equal(time.now(), 5);
      }),
    );

    it(
      "starts no further function when one returns at once",
      virtual(async () => {
        assert.equal(await first([() => "now", () => assert.fail("started")]), "now");
      }),
    );

    it(
      "disposes of the values of losers before it settles, but never of the winner's",
      virtual(async () => {
        const log: string[] = [];
        const hold = (name: string): Disposable => ({ [Symbol.dispose]: () => void log.push(name) });
        const shared = hold("shared");
        const losers = [() => stubborn(hold("loser")), () => stubborn(shared)];
        assert.equal(await first([...losers, () => after(5, shared)]), shared);
        assert.deepEqual(log, ["loser"]);
      }),
    );

    it(
      "reports the error of a loser's disposer to onUnhandled",
      virtual(async (time) => {
        const error = new Error("disposer");
        const broken: Disposable = {
          [Symbol.dispose]() {
            throw error;
          },
        };
        assert.equal(await first([() => after(1, "won"), () => stubborn(broken)]), "won");
        assert.deepEqual(time.takeUnhandled(), [error]);
      }),
    );

    it(
      "passes a cancellation from outside through, unless a value is there",
      virtual(async () => {
        const ended = await withTimeoutOr(5, () => first([() => sleep(50), () => sleep(60)]), "late");
        assert.equal(ended, "late");
        const kept = await withTimeoutOr(
          5,
          () => first([() => sleep(50), () => stubborn("kept")]),
          "late",
        );
        assert.equal(kept, "kept");
      }),
    );

    it(
      "takes a function that cancels itself for a failure",
      virtual(async () => {
        await assert.rejects(first([quitting]), (error) =>
          error instanceof AggregateError
            ? error.errors[0] instanceof TaskCancelled
            : error instanceof TaskCancelled,
        );
      }),
    );

    it(
      "is a cancellation point",
      virtual(async () => {
        await withCancelScope(async (scope) => {
          scope.cancel();
          await assert.rejects(first([() => assert.fail("started")]), Cancelled);
        });
      }),
    );

    it("refuses an empty list and what are no functions at the call", () => {
      assert.throws(() => first([]), /is empty/);
      assert.throws(() => first([Promise.resolve(1)] as never), InvalidArgument);
      assert.throws(() => first({ a: () => 1 } as never), InvalidArgument);
    });
  });
}

describe("race and errors", () => {
  it(
    "lets an error in the clean-up beat a cancellation from outside",
    virtual(async () => {
      const error = new Error("clean-up");
      const losing = () => race([() => sleep(50), () => spiteful(error)]);
      await assert.rejects(withTimeoutOr(5, losing, "late"), (thrown) => thrown === error);
    }),
  );

  it(
    "throws the first error itself, and keeps those of the losers with it",
    virtual(async () => {
      const error = new Error("first");
      const later = new Error("later");
      const log: string[] = [];
      const hold: Disposable = { [Symbol.dispose]: () => void log.push("disposed") };
      const functions = [() => failAfter(5, error), () => spiteful(later), () => stubborn(hold)];
      await assert.rejects(race(functions), (thrown) => thrown === error);
      assert.deepEqual(suppressedErrors(error).errors, [later]);
      assert.deepEqual(log, ["disposed"]);
    }),
  );

  it(
    "reports an error in a loser's clean-up to onUnhandled when a value has won",
    virtual(async (time) => {
      const error = new Error("clean-up");
      assert.equal(await race([() => after(1, "won"), () => spiteful(error)]), "won");
      assert.deepEqual(time.takeUnhandled(), [error]);
    }),
  );
});

describe("any and errors", () => {
  it(
    "gives errors up when a value comes, before it and after it",
    virtual(async () => {
      const functions = [() => failAfter(1, "early"), () => after(5, "value"), () => spiteful("late")];
      assert.equal(await any(functions), "value");
    }),
  );

  it(
    "throws an AggregateError of all errors in the order of the functions when all fail",
    virtual(async () => {
      await assert.rejects(any([() => failAfter(5, "slow"), () => failAfter(1, "quick")]), (error) => {
        assert.ok(error instanceof AggregateError);
        assert.deepEqual(error.errors, ["slow", "quick"]);
        return true;
      });
    }),
  );

  it(
    "is cancelled, not failed, when a cancellation comes while some have failed",
    virtual(async () => {
      const trying = () => any([() => failAfter(1, "one"), () => sleep(1000)]);
      assert.equal(await withTimeoutOr(5, trying, "late"), "late");
    }),
  );
});
