import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  Cancelled,
  Event,
  Future,
  InvalidArgument,
  map,
  produce,
  ScopeEnded,
  sleep,
  TaskCancelled,
  withCancelScope,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
  type Emit,
} from "../../src/index.ts";
import { snapshot } from "../../src/inspect.ts";
import { virtual } from "../../src/testing.ts";

/** Emits `count` numbers, and says in `log` what it did. */
function counter(count: number, log: string[] = []): (emit: Emit<number>) => Promise<void> {
  return async (emit) => {
    log.push("start");
    try {
      for (let i = 0; i < count; i++) {
        await emit(i);
        log.push(`${i}`);
      }
    } finally {
      log.push("end");
    }
  };
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of source) values.push(value);
  return values;
}

function begin<T>(source: AsyncIterable<T>): AsyncIterator<T> {
  return source[Symbol.asyncIterator]();
}

describe("produce", () => {
  for (const capacity of [0, 1, 2, Infinity]) {
    it(
      `yields all values in order with a capacity of ${capacity}`,
      virtual(async () => {
        assert.deepEqual(await collect(produce(counter(5), { capacity })), [0, 1, 2, 3, 4]);
        const burst = produce<number>(
          async (emit) => {
            await sleep(1);
            await Promise.all([1, 2, 3, 4].map((n) => emit(n)));
          },
          { capacity },
        );
        assert.deepEqual(await collect(burst), [1, 2, 3, 4]);
      }),
    );
  }

  it(
    "starts at the first next(), and anew for each loop",
    virtual(async () => {
      const log: string[] = [];
      const source = produce(counter(1, log));
      const iterator = begin(source);
      assert.deepEqual(log, []);
      await iterator.next();
      assert.equal(log[0], "start");
      await iterator.return?.();
      assert.deepEqual(await collect(source), [0]);
      assert.deepEqual(await collect(source), [0]);
    }),
  );

  it(
    "lets the producer run no further ahead than its capacity",
    virtual(async (time) => {
      const log: string[] = [];
      const iterator = begin(produce(counter(10, log), { capacity: 2 }));
      await iterator.next();
      await time.settled();
      assert.deepEqual(log, ["start", "0", "1", "2"]);
      await iterator.return?.();
    }),
  );

  it(
    "throws the producer's error after the values that were emitted before, and is done then",
    virtual(async () => {
      const error = new Error("producer");
      const source = produce<number>(
        async (emit) => {
          await emit(1);
          await emit(2);
          throw error;
        },
        { capacity: 5 },
      );
      const iterator = begin(source);
      assert.deepEqual(await iterator.next(), { done: false, value: 1 });
      assert.deepEqual(await iterator.next(), { done: false, value: 2 });
      await assert.rejects(iterator.next(), (thrown) => thrown === error);
      assert.deepEqual(await iterator.next(), { done: true, value: undefined });
    }),
  );

  it(
    "throws a synchronous error of the producer",
    virtual(async () => {
      const failing = produce(() => {
        throw new Error("at once");
      });
      await assert.rejects(collect(failing), /at once/);
    }),
  );

  it(
    "cancels the producer when the loop is left, and waits for its end",
    virtual(async (time) => {
      let cleaned = false;
      const source = produce<number>(async (emit) => {
        try {
          for (;;) await emit(1);
        } catch (error) {
          assert.ok(error instanceof Cancelled);
          await withCancelScope(() => {}).catch(() => {});
          await new Promise((resolve) => setImmediate(resolve));
          cleaned = true;
          throw error;
        }
      });
      for await (const value of source) {
        assert.equal(value, 1);
        break;
      }
      assert.equal(cleaned, true);
      assert.deepEqual(time.log, []);
    }),
  );

  it(
    "is cancelled silently when the scope of its first next() is left",
    virtual(async (time) => {
      const log: string[] = [];
      const iterator = begin(produce(counter(5, log)));
      await withTaskGroup(async () => void (await iterator.next()));
      assert.equal(log.at(-1), "end");
      assert.deepEqual(time.log, []);
      await assert.rejects(iterator.next(), TaskCancelled);
      await withTaskGroup(async (group) => {
        const other = begin(produce(counter(5)));
        await other.next();
        await group.spawn(() => sleep(1)).join();
        assert.equal((await other.next()).value, 1);
      });
    }),
  );

  it(
    "keeps a group open no longer than its tasks, and counts as none of them",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        group.spawn(() => sleep(10));
        await begin(produce(() => sleep(1000).catch(() => {}))).next();
      }).catch(() => {});
      await withTaskGroup(async (group) => {
        const short = begin(produce(counter(1)));
        await short.next();
        await short.next();
        group.spawn(() => sleep(10));
      });
      assert.ok(time.now() >= 1010);
    }),
  );

  it(
    "disposes of the values that nobody reads",
    virtual(async (time) => {
      const log: number[] = [];
      const handles = produce<Disposable>(
        async (emit) => {
          for (let i = 0; i < 3; i++) await emit({ [Symbol.dispose]: () => void log.push(i) });
        },
        { capacity: 5 },
      );
      for await (const _ of handles) {
        await time.settled();
        break;
      }
      assert.deepEqual(log, [2, 1]);
      log.length = 0;
      await withTaskGroup(async () => {
        await begin(handles).next();
        await time.settled();
      });
      assert.deepEqual(log, [2, 1]);
    }),
  );

  it(
    "reports an error that nobody reads to onUnhandled",
    virtual(async (time) => {
      const error = new Error("unread");
      const failing = produce<number>(
        async (emit) => {
          await emit(1);
          await emit(2);
          throw error;
        },
        { capacity: 5 },
      );
      for await (const _ of failing) break;
      assert.deepEqual(time.takeUnhandled(), [error]);
      await withTaskGroup(async () => void (await begin(failing).next()));
      assert.deepEqual(time.takeUnhandled(), [error]);
      const spiteful = produce<number>(async (emit) => {
        await emit(1);
        await sleep(1000).catch(() => {});
        throw error;
      });
      for await (const _ of spiteful) break;
      assert.deepEqual(time.takeUnhandled(), [error]);
    }),
  );

  it(
    "takes no value for a next() that is cancelled",
    virtual(async () => {
      const source = produce<number>(async (emit) => {
        await sleep(10);
        await emit(1);
        await emit(2);
      });
      const iterator = begin(source);
      const starting = iterator.next();
      assert.equal(await withTimeoutOr(5, () => iterator.next(), "late"), "late");
      assert.equal((await starting).value, 1);
      assert.equal((await iterator.next()).value, 2);
      await iterator.return?.();
    }),
  );

  it(
    "meets the cancellation of its own scope, and throws it from next()",
    virtual(async () => {
      const log: string[] = [];
      const source = produce<number>(async (emit) => {
        try {
          await emit(1);
          await sleep(1000);
        } finally {
          log.push("end");
        }
      });
      await assert.rejects(
        withTimeout(5, () => collect(source)),
        /within 5 ms/,
      );
      assert.deepEqual(log, ["end"]);
    }),
  );

  it(
    "refuses an emit after its end",
    virtual(async () => {
      let kept!: Emit<number>;
      await collect(
        produce<number>((emit) => {
          kept = emit;
        }),
      );
      await assert.rejects(kept(1), ScopeEnded);
    }),
  );

  it(
    "can open scopes and tasks, and be mapped by several workers",
    virtual(async (time) => {
      const source = produce<number>(async (emit) => {
        await withTimeout(1000, () => map([1, 2, 3, 4], (n) => sleep(n).then(() => emit(n))));
      });
      assert.deepEqual(await map(source, (n) => sleep(10).then(() => n * 10)), [10, 20, 30, 40]);
      assert.equal(time.now(), 14);
      const failing = map(source, () => Promise.reject(new Error("no")), { concurrency: 2 });
      await assert.rejects(failing, /no/);
    }),
  );

  it(
    "shows in the tree what it waits for",
    virtual(async (time) => {
      const iterator = begin(produce(() => sleep(1000)));
      await all([
        () => withTimeoutOr(5, () => iterator.next(), null),
        async () => {
          await time.settled();
          const text = JSON.stringify(snapshot());
          assert.match(text, /produce\.next/);
          assert.match(text, /"kind":"service"/);
        },
      ]);
    }),
  );

  it("refuses bad arguments at the call", () => {
    assert.throws(() => produce(null as never), InvalidArgument);
    assert.throws(() => produce(() => {}, { capacity: -1 }), InvalidArgument);
  });
});

describe("produce, at its end,", () => {
  it("takes no value any more once it ends: one that is emitted then is refused, or read, or disposed of", async () => {
    const outcomes = new Set<string>();
    for (let microtasks = 0; microtasks < 12; microtasks++) {
      await virtual(async () => {
        const end = new Event();
        const handed = new Future<Emit<object>>();
        const seen: object[] = [];
        let disposed = 0;
        let outcome = "";
        await withTaskGroup(async (group) => {
          group.spawn("late", async () => {
            const emit = await handed.wait();
            await end.wait();
            for (let count = 0; count < microtasks; count++) await Promise.resolve();
            const value = { [Symbol.dispose]: () => disposed++ };
            await emit(value).then(
              () => (outcome = "taken"),
              () => (outcome = "refused"),
            );
          });
          group.spawn("reader", async () => {
            const values = produce<object>(async (emit) => {
              handed.resolve(emit);
              await emit({});
              await end.wait();
            });
            for await (const value of values) {
              seen.push(value);
              await sleep(5);
            }
          });
          await sleep(1);
          end.set();
        });
        assert.equal(seen.length + disposed, outcome === "taken" ? 2 : 1, `${microtasks} microtasks`);
        outcomes.add(outcome);
      })();
    }
    assert.deepEqual([...outcomes].toSorted(), ["refused", "taken"]);
  });
});
