import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  allSettled,
  Cancelled,
  ContextVar,
  currentTask,
  InvalidArgument,
  sleep,
  suppressedErrors,
  TaskCancelled,
  withCancelScope,
  withTimeoutOr,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

/** A disposable that says in `log` that it was disposed of. */
function handle(log: string[], name: string): Disposable {
  return { [Symbol.dispose]: () => void log.push(name) };
}

async function after<T>(ms: number, value: T): Promise<T> {
  await sleep(ms);
  return value;
}

async function failAfter(ms: number, error: unknown): Promise<never> {
  await sleep(ms);
  throw error;
}

describe("all", () => {
  it(
    "runs its functions at the same time and gives the results in their order",
    virtual(async (time) => {
      const results: [string, number] = await all([() => after(20, "a"), () => after(10, 2)]);
      assert.deepEqual(results, ["a", 2]);
      assert.equal(time.now(), 20);
    }),
  );

  it(
    "gives a record for a record, and takes any iterable",
    virtual(async () => {
      const record: { a: number; b: string } = await all({ a: () => after(2, 1), b: async () => "x" });
      assert.deepEqual(record, { a: 1, b: "x" });
      const list: number[] = await all(new Set([() => 1, () => 2]));
      assert.deepEqual(list, [1, 2]);
      assert.deepEqual(await all([]), []);
      assert.deepEqual(await all({}), {});
      const odd = await all(JSON.parse('{"__proto__": null}', (key, value) => (key ? () => 7 : value)));
      assert.deepEqual(Object.keys(odd), ["__proto__"]);
    }),
  );

  it(
    "throws the first failure itself, when the others have been cancelled and have ended",
    virtual(async (time) => {
      const first = new Error("first");
      const later = new Error("later");
      let ended = false;
      const slow = async (): Promise<void> => {
        try {
          await sleep(1000);
        } finally {
          ended = true;
        }
      };
      const failing = async (): Promise<void> => {
        await sleep(1000).catch(() => Promise.reject(later));
      };
      await assert.rejects(all([slow, () => failAfter(5, first), failing]), (error) => error === first);
      assert.equal(ended, true);
      assert.equal(time.now(), 5);
      assert.deepEqual(suppressedErrors(first).errors, [later]);
    }),
  );

  it(
    "starts no further function after one that throws at once",
    virtual(async () => {
      let started = 0;
      const failing = (): never => {
        throw new Error("at once");
      };
      await assert.rejects(all([failing, () => started++]), /at once/);
      assert.equal(started, 0);
    }),
  );

  it(
    "disposes of the results that nobody receives, the last one first, before it settles",
    virtual(async () => {
      const log: string[] = [];
      const slow: AsyncDisposable = {
        async [Symbol.asyncDispose]() {
          await sleep(3);
          log.push("slow");
        },
      };
      const functions = [
        async () => handle(log, "one"),
        () => slow,
        () => failAfter(5, new Error("no")),
        async () => {
          try {
            await sleep(10);
          } catch {}
          return handle(log, "late");
        },
      ];
      await assert.rejects(all(functions), /no/);
      assert.deepEqual(log, ["late", "slow", "one"]);
    }),
  );

  it(
    "keeps an error of a disposer with the failure",
    virtual(async () => {
      const broken = new Error("broken disposer");
      const first = new Error("first");
      const bad: Disposable = {
        [Symbol.dispose]() {
          throw broken;
        },
      };
      await assert.rejects(all([() => bad, () => failAfter(1, first)]), (error) => error === first);
      assert.deepEqual(suppressedErrors(first).errors, [broken]);
    }),
  );

  it(
    "cancels what a failed function left behind in a Promise.all, and reports it as stray",
    virtual(async (time) => {
      let alive = 0;
      const helper = async (): Promise<void> => {
        alive++;
        try {
          await sleep(1000);
        } finally {
          alive--;
        }
      };
      const failing = (): Promise<unknown> =>
        Promise.all([helper(), failAfter(1, new Error("helper failed"))]);
      await assert.rejects(all([failing]), /helper failed/);
      assert.equal(alive, 0);
      assert.equal(time.now(), 1);
      assert.match(time.log[0]?.message ?? "", /sleep/);
    }),
  );

  it(
    "runs at most `concurrency` functions, and as many as that",
    virtual(async (time) => {
      let running = 0;
      let most = 0;
      const job = async (): Promise<void> => {
        most = Math.max(most, ++running);
        await sleep(10);
        running--;
      };
      await all(Array(10).fill(job), { concurrency: 3 });
      assert.equal(most, 3);
      assert.equal(time.now(), 40);
    }),
  );

  it(
    "starts nothing more when it is cancelled, and passes the cancellation through",
    virtual(async () => {
      let started = 0;
      const log: string[] = [];
      const job = async (): Promise<Disposable> => {
        started++;
        await sleep(10);
        return handle(log, "result");
      };
      const result = await withTimeoutOr(25, () => all(Array(10).fill(job), { concurrency: 2 }), "late");
      assert.equal(result, "late");
      assert.equal(started, 6);
      assert.equal(log.length, 4);
    }),
  );

  it(
    "gives the results when all functions return in spite of a cancellation",
    virtual(async () => {
      const stubborn = async (): Promise<number> => {
        await sleep(10).catch(() => {});
        return 1;
      };
      assert.deepEqual(await withTimeoutOr(5, () => all([stubborn, stubborn]), null), [1, 1]);
      assert.equal(
        await withTimeoutOr(5, () => all([stubborn, stubborn], { concurrency: 1 }), null),
        null,
      );
    }),
  );

  it(
    "is a cancellation point, also when it is given nothing",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        await assert.rejects(all([]), Cancelled);
        await assert.rejects(all([() => assert.fail("started")]), Cancelled);
      });
    }),
  );

  it(
    "takes a function that cancels itself for a failure",
    virtual(async () => {
      const quitting = async (): Promise<void> => {
        currentTask()?.cancel("enough");
        await sleep(1);
      };
      await assert.rejects(all([quitting]), TaskCancelled);
      const [outcome] = await allSettled([quitting]);
      assert.equal(outcome.status === "rejected" && outcome.reason instanceof TaskCancelled, true);
    }),
  );

  it(
    "runs each function in the context of the caller, the later ones too",
    virtual(async () => {
      const name = new ContextVar<string>("name");
      const inner = name.run("outer", () =>
        all(
          ["a", "b", "c"].map(
            (own) => () =>
              name.run(own, async () => {
                await sleep(1);
                return name.get();
              }),
          ),
          { concurrency: 1 },
        ),
      );
      assert.deepEqual(await inner, ["a", "b", "c"]);
      const outer = name.run("outer", () =>
        all(Array(3).fill(() => after(1, name.get())) as Array<() => Promise<string>>, {
          concurrency: 1,
        }),
      );
      assert.deepEqual(await outer, ["outer", "outer", "outer"]);
    }),
  );

  it("refuses what are no functions at the call", () => {
    assert.throws(() => all([Promise.resolve(1)] as never), /function 0 of all .*already running/);
    assert.throws(() => all({ a: 1 } as never), /a of all is 1/);
    assert.throws(() => all(null as never), InvalidArgument);
    assert.throws(() => all([], { concurrency: 0 }), InvalidArgument);
  });
});

describe("allSettled", () => {
  it(
    "gives every outcome, and lets a failure cancel nothing",
    virtual(async (time) => {
      const error = new Error("no");
      const outcomes = await allSettled({ good: () => after(10, 1), bad: () => failAfter(1, error) });
      assert.deepEqual(outcomes, {
        good: { status: "fulfilled", value: 1 },
        bad: { status: "rejected", reason: error },
      });
      assert.equal(time.now(), 10);
    }),
  );

  it(
    "throws a cancellation from outside, after disposing of the values",
    virtual(async () => {
      const log: string[] = [];
      const functions = [
        () => handle(log, "value"),
        () => failAfter(1, new Error("kept")),
        () => sleep(99),
      ];
      assert.equal(await withTimeoutOr(5, () => allSettled(functions), "late"), "late");
      assert.deepEqual(log, ["value"]);
    }),
  );

  it(
    "goes on after failures when the concurrency is limited",
    virtual(async () => {
      const outcomes = await allSettled(
        Array(5).fill(() => failAfter(1, "x")),
        { concurrency: 2 },
      );
      assert.equal(outcomes.length, 5);
    }),
  );
});

describe("all, of thousands", () => {
  it(
    "lets the event loop turn while thousands of functions end one after the other",
    virtual(async () => {
      let turns = 0;
      let ended = false;
      const count = async (): Promise<void> => {
        while (!ended) {
          await sleep(0);
          turns++;
        }
      };
      const many = async (): Promise<void> => {
        await all(
          Array(5_000).fill(async () => {}),
          { concurrency: 1 },
        );
        ended = true;
      };
      await all([count, many]);
      assert.ok(turns > 5, `${turns} turns`);
    }),
  );
});
