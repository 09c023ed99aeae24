import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  currentSignal,
  InvalidArgument,
  sleep,
  until,
  withCancelScope,
  withTaskGroup,
  withTimeoutOr,
} from "../../src/index.ts";
import { formatTree } from "../../src/inspect.ts";
import { virtual } from "../../src/testing.ts";

const never = new Promise<never>(() => {});

describe("until(function)", () => {
  it(
    "gives the value of the promise",
    virtual(async () => {
      assert.equal(await until(async () => 5), 5);
      assert.equal(await until(() => 6), 6);
    }),
  );

  it(
    "throws what the function throws, at once or later",
    virtual(async () => {
      await assert.rejects(
        until(() => {
          throw new RangeError("now");
        }),
        RangeError,
      );
      await assert.rejects(
        until(async () => {
          throw new RangeError("later");
        }),
        RangeError,
      );
    }),
  );

  it(
    "aborts the signal and waits until the promise has settled",
    virtual(async (time) => {
      const steps: string[] = [];
      await withCancelScope(async (scope) => {
        await withTaskGroup(async (group) => {
          const work = Promise.withResolvers<string>();
          group.spawn(async () => {
            try {
              await until((signal) => {
                signal.addEventListener("abort", () => steps.push("aborted"));
                return work.promise;
              });
            } finally {
              steps.push("left");
            }
          });
          await sleep(10);
          scope.cancel();
          await time.settled();
          assert.deepEqual(steps, ["aborted"]);
          work.reject(Object.assign(new Error("stopped"), { name: "AbortError" }));
        });
      });
      assert.deepEqual(steps, ["aborted", "left"]);
    }),
  );

  it(
    "counts an AbortError as the cancellation",
    virtual(async () => {
      assert.equal(
        await withTimeoutOr(
          5,
          () =>
            until(
              (signal) =>
                new Promise((_, reject) => {
                  signal.addEventListener("abort", () =>
                    reject(Object.assign(new Error("x"), { name: "AbortError" })),
                  );
                }),
            ),
          "late",
        ),
        "late",
      );
    }),
  );

  it(
    "lets a value win that comes after the cancellation",
    virtual(async () => {
      const value = await withTimeoutOr(
        5,
        () =>
          until(
            (signal) =>
              new Promise((resolve) => {
                signal.addEventListener("abort", () => resolve("value"));
              }),
          ),
        "late",
      );
      assert.equal(value, "value");
    }),
  );

  it(
    "does not call the function in a cancelled scope",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        await assert.rejects(
          until(() => assert.fail("called")),
          Cancelled,
        );
      });
    }),
  );

  it(
    "is named in the tree",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        const work = Promise.withResolvers<void>();
        group.spawn("loader", () =>
          until(function loadPage() {
            return work.promise;
          }),
        );
        assert.match(formatTree(), /loader waiting: until loadPage/);
        work.resolve();
      });
    }),
  );

  it(
    "hands out the scope's own signal, which aborts when the scope ends",
    virtual(async () => {
      let signal!: AbortSignal;
      await withCancelScope(async () => {
        signal = currentSignal();
        await until((given) => assert.equal(given, signal));
        assert.equal(signal.aborted, false);
      });
      assert.equal(signal.aborted, true);
    }),
  );
});

describe("until(promise)", () => {
  it(
    "abandons the promise when the scope is cancelled",
    virtual(async (time) => {
      assert.equal(await withTimeoutOr(10, () => until(never), "late"), "late");
      assert.equal(time.now(), 10);
    }),
  );

  it(
    "serves many waits on one promise with a single reaction",
    virtual(async () => {
      let reactions = 0;
      const work = Promise.withResolvers<number>();
      const counted = work.promise;
      const { then } = counted;
      // oxlint-disable-next-line unicorn/no-thenable -- reactions are what is counted
      void Object.defineProperty(counted, "then", {
        value: (...args: Parameters<typeof then>) => {
          reactions++;
          return then.apply(counted, args);
        },
      });
      await withTaskGroup(async (group) => {
        for (let i = 0; i < 10; i++) await withTimeoutOr(1, () => until(counted), 0);
        const live = group.spawn(() => until(counted));
        work.resolve(8);
        assert.equal(await live.join(), 8);
      });
      assert.equal(reactions, 1);
    }),
  );

  it(
    "disposes of a value that arrives for nobody, and of none that somebody got",
    virtual(async (time) => {
      const disposed: string[] = [];
      const resource = (name: string) => ({ [Symbol.dispose]: () => disposed.push(name) });
      const lost = Promise.withResolvers<Disposable>();
      await withTimeoutOr(1, () => until(lost.promise), undefined);
      const kept = Promise.withResolvers<Disposable>();
      await withTaskGroup(async (group) => {
        group.spawn(() => until(kept.promise));
        await withTimeoutOr(1, () => until(kept.promise), undefined);
        kept.resolve(resource("kept"));
        lost.resolve(resource("lost"));
        await time.settled();
      });
      assert.deepEqual(disposed, ["lost"]);
    }),
  );

  it(
    "delivers a settled promise as often as it is asked, a rejected one too",
    virtual(async () => {
      const value = Promise.resolve(7);
      const error = Promise.reject(new RangeError("no"));
      for (let time = 0; time < 3; time++) {
        assert.equal(await until(value), 7);
        await assert.rejects(until(error), RangeError);
      }
    }),
  );

  it("refuses what is neither a promise nor a function", () => {
    assert.throws(() => until(5 as never), InvalidArgument);
    assert.throws(() => until(undefined as never), InvalidArgument);
  });
});
