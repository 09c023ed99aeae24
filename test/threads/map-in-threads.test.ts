import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  currentRuntime,
  InvalidArgument,
  produce,
  Queue,
  run,
  sleep,
  withCancelScope,
  withTaskGroup,
  withTimeoutOr,
  type LogRecord,
} from "../../src/index.ts";
import {
  importThread,
  mapInThreads,
  mapInThreadsSettled,
  ModuleNotLoaded,
  NotCloneable,
  ThreadCrashed,
  ThreadPool,
} from "../../src/threads.ts";
import { virtual } from "../../src/testing.ts";
import { everyStep } from "../every-step.ts";

const address = new URL("../fixtures/thread-work.ts", import.meta.url);
const work = importThread<typeof import("../fixtures/thread-work.ts")>(address);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, at) => at);

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}

/** An iterable that counts what was taken of it, and notes that it was closed. */
class Counted implements Iterable<number> {
  taken = 0;
  closed = false;

  *[Symbol.iterator](): Iterator<number> {
    try {
      for (;;) yield this.taken++;
    } finally {
      this.closed = true;
    }
  }
}

describe("mapInThreads", () => {
  it(
    "gives the results in the order of the items, for arrays, iterables and async iterables",
    virtual(async () => {
      const expected = upTo(3_000).map((n) => 2 * n);
      assert.deepEqual(await collect(mapInThreads(upTo(3_000), work.double)), expected);
      assert.deepEqual(await collect(mapInThreads(new Set(upTo(3_000)), work.double)), expected);
      const stream = produce<number>(async (emit) => {
        for (const n of upTo(3_000)) await emit(n);
      });
      assert.deepEqual(await collect(mapInThreads(stream, work.double)), expected);
      assert.deepEqual(await collect(mapInThreads([], work.double)), []);
    }),
  );

  it(
    "gives results as they come where order does not matter, each once",
    virtual(async () => {
      const results = mapInThreads([50, 1, 40, 2], work.rest, { ordered: false });
      const seen = await collect(results);
      assert.equal(seen[0], "rested 1");
      assert.deepEqual([...seen].sort(), ["rested 1", "rested 2", "rested 40", "rested 50"]);
    }),
  );

  it(
    "works on messages in all threads at once",
    virtual(async (time) => {
      await collect(mapInThreads([10, 10, 10, 10], work.rest));
      assert.equal(time.now(), 20, "two threads");
    }),
  );

  it(
    "takes items only as fast as results are read, and no more than maxBuffered ahead",
    virtual(async (time) => {
      const items = new Counted();
      let read = 0;
      for await (const _ of mapInThreads(items, work.double, { maxBuffered: 64 })) {
        if (++read % 10 === 0) await time.advance(10);
        // What is buffered, one piece that waits for the reader, and the one that is read.
        assert.ok(items.taken - read <= 64 + 2 * 8 + 1, `${items.taken} taken, ${read} read`);
        if (read === 500) break;
      }
      assert.ok(items.closed);
    }),
  );

  it(
    "does not let items wait until a message is full",
    virtual(async (time) => {
      const queue = new Queue<number>({ capacity: 10 });
      await withTaskGroup((group) => {
        group.spawn(async () => {
          for (const n of upTo(5)) {
            await queue.put(n);
            await sleep(100);
          }
          queue.close();
        });
        group.spawn(async () => {
          const at: number[] = [];
          for await (const _ of mapInThreads(queue, work.double)) at.push(time.now());
          assert.deepEqual(at, [0, 100, 200, 300, 400]);
        });
      });
    }),
  );

  it(
    "throws the first failure after the results before it, and takes no more items",
    virtual(async () => {
      const items = new Counted();
      const seen: number[] = [];
      const evens = { [Symbol.iterator]: () => items[Symbol.iterator]() };
      await assert.rejects(
        (async () => {
          for await (const value of mapInThreads(evens, work.unlucky13)) seen.push(value);
        })(),
        (error: Error) => error instanceof RangeError && error.message === "unlucky 13",
      );
      assert.deepEqual(seen, upTo(13));
      assert.ok(items.closed);
    }),
  );

  it(
    "throws what its source throws, and does not close it then",
    virtual(async () => {
      let closed = false;
      const source = {
        [Symbol.iterator]: () => ({
          next: (): IteratorResult<number> => {
            throw new Error("the source is dry");
          },
          return: (): IteratorResult<number> => {
            closed = true;
            return { done: true, value: undefined };
          },
        }),
      };
      await assert.rejects(collect(mapInThreads(source, work.double)), /the source is dry/);
      assert.equal(closed, false);
    }),
  );

  it(
    "leaves nothing behind when its loop is left",
    virtual(async () => {
      const pool = new ThreadPool({ threads: 2 });
      for await (const value of mapInThreads(upTo(1_000), work.halfOrRest, { pool })) {
        if (value === 3) break;
      }
      assert.equal(pool.stats().busy, 0);
      assert.equal(pool.stats().queued, 0);
      assert.equal(pool.stats().terminations, 0);
    }),
  );

  it(
    "stops when its scope is cancelled",
    virtual(async (time) => {
      const result = await withTimeoutOr(
        25,
        () => collect(mapInThreads([10, 10, 10, 10, 10, 10, 60_000], work.rest)),
        null,
      );
      assert.equal(result, null);
      assert.equal(time.now(), 25);
    }),
  );

  it(
    "loses no result and no thread, at whatever step a read is cancelled",
    everyStep(async (step) => {
      const pool = new ThreadPool({ threads: 1 });
      const results = mapInThreads([1, 2, 3], work.rest, { pool })[Symbol.asyncIterator]();
      const seen = [(await results.next()).value];
      const attempt = await step.attempt(() => results.next());
      if (!attempt.cancelled) seen.push(attempt.value.value);
      for (let next = await results.next(); next.done !== true; next = await results.next())
        seen.push(next.value);
      assert.deepEqual(seen, ["rested 1", "rested 2", "rested 3"]);
      assert.equal(pool.stats().busy, 0);
      assert.equal(pool.stats().terminations, 0);
    }),
  );

  it(
    "serves several readers of one loop, each result to one of them",
    virtual(async () => {
      const results = mapInThreads(upTo(500), work.double)[Symbol.asyncIterator]();
      const seen: number[] = [];
      await withTaskGroup(async (group) => {
        const first = await results.next();
        seen.push(first.value as number);
        for (const _ of [1, 2, 3]) {
          group.spawn(async () => {
            for (let next = await results.next(); next.done !== true; next = await results.next()) {
              seen.push(next.value);
            }
          });
        }
      });
      assert.deepEqual(
        seen.sort((a, b) => a - b),
        upTo(500).map((n) => 2 * n),
      );
    }),
  );

  it(
    "sends what can be cloned of a message, up to the first item that cannot",
    virtual(async () => {
      const items: unknown[] = [1, 2, () => 3, 4];
      const seen: unknown[] = [];
      await assert.rejects(
        (async () => {
          const lend = work.lend as (item: unknown) => Promise<unknown>;
          for await (const value of mapInThreads(items, lend)) seen.push(value);
        })(),
        NotCloneable,
      );
      assert.deepEqual(seen, [1, 2]);
    }),
  );

  it(
    "fails by what belongs to no item",
    virtual(async () => {
      const missing = importThread<{ f(n: number): number }>(new URL("./none.ts", import.meta.url));
      await assert.rejects(collect(mapInThreads([1, 2], missing.f)), ModuleNotLoaded);
      await assert.rejects(collect(mapInThreadsSettled([1, 2], missing.f)), ModuleNotLoaded);
    }),
  );

  it("refuses what makes no sense", () => {
    const items = [1];
    assert.throws(() => mapInThreads(7 as never, work.double), InvalidArgument);
    assert.throws(() => mapInThreads(null as never, work.double), InvalidArgument);
    assert.throws(() => mapInThreads(items, async (n: number) => n), /Give a function of importThread/);
    const wrong = [
      { maxBuffered: Number.NaN },
      { maxBuffered: 0 },
      { targetMs: Number.NaN },
      { targetMs: 0 },
      { ordered: 1 as never },
      { pool: {} as never },
    ];
    for (const options of wrong)
      assert.throws(() => mapInThreads(items, work.double, options), InvalidArgument);
  });
});

describe("mapInThreadsSettled", () => {
  it(
    "gives an outcome for each item, whatever became of the others",
    virtual(async () => {
      for (const fn of [work.half, work.halfLater]) {
        const outcomes = await collect(mapInThreadsSettled(upTo(100), fn));
        assert.equal(outcomes.length, 100);
        for (const [n, outcome] of outcomes.entries()) {
          if (n % 2 === 0) assert.deepEqual(outcome, { status: "fulfilled", value: n / 2 });
          else assert.ok(outcome.status === "rejected" && outcome.reason instanceof RangeError);
        }
      }
    }),
  );

  it(
    "rejects just the items, or results, that cannot be cloned",
    virtual(async () => {
      const lend = work.lend as (item: unknown) => Promise<unknown>;
      const outcomes = await collect(mapInThreadsSettled<unknown, unknown>([1, () => 2, 3, 4, 5], lend));
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ["fulfilled", "rejected", "rejected", "fulfilled", "fulfilled"],
      );
      for (const outcome of outcomes)
        if (outcome.status === "rejected") assert.ok(outcome.reason instanceof NotCloneable);
    }),
  );
});

describe("mapInThreads in real threads", () => {
  it("maps, grows its messages, warns once of small work, and rejects what a crashed thread held", async () => {
    const log: LogRecord[] = [];
    await run(
      async () => {
        currentRuntime().log = (record) => log.push(record);
        await using pool = new ThreadPool({ threads: 2 });
        const items = upTo(20_000);
        for (let round = 0; round < 2; round++) {
          const results = await collect(mapInThreads(items, work.double, { pool }));
          assert.deepEqual(
            results,
            items.map((n) => 2 * n),
          );
        }
        const { calls } = pool.stats();
        assert.ok(calls < 2_000, `${calls} messages`);
        assert.deepEqual(
          log.map(({ code }) => code),
          ["TSY_SMALL_WORK"],
        );
        const outcomes = await collect(mapInThreadsSettled(upTo(20), work.unlucky, { pool }));
        const lost = outcomes.flatMap((outcome, n) => (outcome.status === "rejected" ? [n] : []));
        assert.ok(lost.includes(13));
        for (const n of lost) {
          const outcome = outcomes[n] as PromiseRejectedResult;
          assert.ok(outcome.reason instanceof ThreadCrashed);
        }
        assert.equal(pool.stats().crashes, 1);
        // Even ones: an error of an item that nobody reads any more would be told to the runtime, and so to the process.
        const even = upTo(1_000).map((n) => 2 * n);
        await withCancelScope(async (scope) => {
          for await (const _ of mapInThreads(even, work.halfLater, { pool })) scope.cancel();
        });
        assert.equal(pool.stats().busy, 0);
      },
      { signals: false },
    );
  });
});
