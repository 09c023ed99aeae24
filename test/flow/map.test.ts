import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  Cancelled,
  currentTask,
  forEach,
  InvalidArgument,
  map,
  mapSettled,
  sleep,
  suppressedErrors,
  TaskCancelled,
  withCancelScope,
  withTimeoutOr,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** A source that counts what was taken from it and whether it was closed. */
class Source {
  taken = 0;
  closed = 0;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  *items(): Generator<number> {
    try {
      for (let i = 0; i < this.#count; i++) {
        this.taken++;
        yield i;
      }
    } finally {
      this.closed++;
    }
  }

  async *stream(ms = 0): AsyncGenerator<number> {
    try {
      for (let i = 0; i < this.#count; i++) {
        if (ms > 0) await sleep(ms);
        this.taken++;
        yield i;
      }
    } finally {
      this.closed++;
    }
  }
}

/** The three kinds of source that `map` reads. */
const kinds: ReadonlyArray<[string, (count: number) => Iterable<number> | AsyncIterable<number>]> = [
  ["an array", numbers],
  ["an iterator", (count) => new Source(count).items()],
  ["an async source", (count) => new Source(count).stream()],
];

for (const [kind, make] of kinds) {
  describe(`map over ${kind}`, () => {
    it(
      "gives the results in the order of the items, with their indices",
      virtual(async () => {
        const fn = async (item: number, index: number): Promise<string> => {
          await sleep(10 - item);
          return `${item}:${index}`;
        };
        const expected = numbers(5).map((n) => `${n}:${n}`);
        assert.deepEqual(await map(make(5), fn), expected);
        assert.deepEqual(await map(make(5), fn, { concurrency: 2 }), expected);
        assert.deepEqual(await map(make(0), fn), []);
        assert.deepEqual(await map(make(3), (n) => n * 2), [0, 2, 4]);
      }),
    );

    it(
      "never exceeds the concurrency, and reaches it",
      virtual(async (time) => {
        let running = 0;
        let most = 0;
        const fn = async (): Promise<void> => {
          most = Math.max(most, ++running);
          await sleep(10);
          running--;
        };
        await map(make(20), fn, { concurrency: 6 });
        assert.equal(most, 6);
        assert.equal(time.now(), 40);
        most = 0;
        await map(make(20), fn);
        assert.equal(most, 20);
        assert.equal(time.now(), 50);
      }),
    );

    it(
      "throws the first failure itself, when all workers have ended",
      virtual(async (time) => {
        const error = new Error("third");
        let alive = 0;
        const fn = async (item: number): Promise<void> => {
          alive++;
          try {
            await sleep(10 * (item + 1));
            if (item === 2) throw error;
          } finally {
            alive--;
          }
        };
        await assert.rejects(map(make(10), fn, { concurrency: 4 }), (thrown) => thrown === error);
        assert.equal(alive, 0);
        assert.equal(time.now(), 30);
        const atOnce = (): never => {
          throw error;
        };
        await assert.rejects(map(make(10), atOnce), (thrown) => thrown === error);
      }),
    );

    it(
      "disposes of the results that nobody receives",
      virtual(async () => {
        const log: number[] = [];
        const fn = async (item: number): Promise<Disposable> => {
          await sleep(item);
          if (item === 3) throw new Error("no");
          return { [Symbol.dispose]: () => void log.push(item) };
        };
        await assert.rejects(map(make(10), fn), /no/);
        assert.deepEqual(log, [2, 1, 0]);
      }),
    );

    it(
      "checks for a cancellation before each item, and hands an item that was taken to its function",
      virtual(async () => {
        const seen: number[] = [];
        await withCancelScope((scope) =>
          map(
            make(10),
            async (item) => {
              seen.push(item);
              if (item === 3) scope.cancel();
            },
            { concurrency: 1 },
          ),
        );
        assert.deepEqual(seen, [0, 1, 2, 3]);
      }),
    );

    it(
      "lets timers fire while a hundred thousand items are worked on",
      virtual(async () => {
        let turns = 0;
        let ended = false;
        const count = async (): Promise<void> => {
          while (!ended) {
            await sleep(0);
            turns++;
          }
        };
        const work = async (): Promise<void> => {
          await map(make(100_000), async () => {}, { concurrency: 64 });
          ended = true;
        };
        await all([count, work]);
        assert.ok(turns > 100, `${turns} turns`);
      }),
    );

    it(
      "can be nested, as deep as one likes",
      virtual(async () => {
        const nest = async (depth: number): Promise<number> => {
          if (depth === 0) return 1;
          const [sum] = await map(make(1), () => nest(depth - 1));
          return (sum ?? 0) + 1;
        };
        assert.equal(await nest(200), 201);
      }),
    );
  });
}

describe("map", () => {
  it(
    "gives a result for each item it took, from an array that grows or shrinks meanwhile",
    virtual(async () => {
      const growing = [1, 2];
      const grown = await map(growing, (n) => (n < 3 ? growing.push(n + 2) : n), { concurrency: 1 });
      assert.deepEqual(grown, [3, 4, 3, 4]);
      const shrinking = [1, 2, 3];
      const shrunk = await map(shrinking, (n) => (shrinking.length = 2) * n, { concurrency: 1 });
      assert.deepEqual(shrunk, [2, 4]);
    }),
  );

  it(
    "reads an async source no further than workers are free",
    virtual(async () => {
      const source = new Source(100);
      await map(
        source.stream(),
        async (item) => {
          await sleep(10);
          assert.ok(source.taken <= item + 3, `${source.taken} taken at ${item}`);
        },
        { concurrency: 3 },
      );
      assert.equal(source.closed, 1);
    }),
  );

  it(
    "closes an iterator when a function fails, and leaves the rest in it",
    virtual(async () => {
      const source = new Source(10);
      const items = source.items();
      await assert.rejects(
        map(items, () => sleep(1).then(() => Promise.reject(new Error("no"))), { concurrency: 2 }),
        /no/,
      );
      assert.deepEqual([source.taken, source.closed], [2, 1]);
    }),
  );

  it(
    "closes an async generator when a function fails and when it is cancelled",
    virtual(async () => {
      const failing = new Source(10);
      await assert.rejects(
        map(
          failing.stream(1),
          (item) => {
            if (item === 2) throw new Error("no");
          },
          { concurrency: 4 },
        ),
        /no/,
      );
      assert.deepEqual([failing.taken, failing.closed], [3, 1]);
      const cancelled = new Source(10);
      await withTimeoutOr(5, () => map(cancelled.stream(), () => sleep(99), { concurrency: 4 }), null);
      assert.deepEqual([cancelled.taken, cancelled.closed], [4, 1]);
      const waiting = new Source(10);
      await withTimeoutOr(5, () => map(waiting.stream(3), () => sleep(99)), null);
      assert.deepEqual([waiting.taken, waiting.closed], [1, 1]);
    }),
  );

  it(
    "lets the clean-up of a source wait when only the map has failed",
    virtual(async (time) => {
      let cleaned = false;
      async function* source(): AsyncGenerator<number> {
        try {
          yield 1;
          yield 2;
        } finally {
          await sleep(7);
          cleaned = true;
        }
      }
      await assert.rejects(
        map(source(), () => Promise.reject(new Error("no")), { concurrency: 1 }),
        /no/,
      );
      assert.equal(cleaned, true);
      assert.equal(time.now(), 7);
    }),
  );

  it(
    "fails with the error of its source, and does not close a source that failed",
    virtual(async () => {
      let closed = 0;
      const broken = (result: () => unknown) => ({
        next: result,
        return: () => ({ done: true, value: closed++ }),
      });
      const error = new Error("source");
      const fail = (): never => {
        throw error;
      };
      const is = (thrown: unknown): boolean => thrown === error;
      await assert.rejects(
        map({ [Symbol.iterator]: () => broken(fail) } as never, () => {}),
        is,
      );
      await assert.rejects(
        map({ [Symbol.iterator]: fail } as never, () => {}),
        is,
      );
      await assert.rejects(
        map({ [Symbol.asyncIterator]: () => broken(fail) } as never, () => {}),
        is,
      );
      await assert.rejects(
        map({ [Symbol.asyncIterator]: fail } as never, () => {}),
        is,
      );
      const later = () => Promise.reject(error);
      await assert.rejects(
        map({ [Symbol.asyncIterator]: () => broken(later) } as never, () => {}),
        is,
      );
      assert.equal(closed, 0);
    }),
  );

  it(
    "keeps an error in closing its source with the failure, and throws it where there is only a cancellation",
    virtual(async () => {
      const closing = new Error("closing");
      function* source(): Generator<number> {
        try {
          for (;;) yield 1;
        } finally {
          fail(closing);
        }
      }
      const fail = (error: Error): never => {
        throw error;
      };
      const first = new Error("first");
      const failing = map(source(), () => fail(first), { concurrency: 1 });
      await assert.rejects(failing, (thrown) => thrown === first);
      assert.deepEqual(suppressedErrors(first).errors, [closing]);
      const cut = withTimeoutOr(5, () => map(source(), () => sleep(9), { concurrency: 1 }), "late");
      await assert.rejects(cut, (thrown) => thrown === closing);
    }),
  );

  it(
    "fails when a function cancels the worker it runs in",
    virtual(async () => {
      const quitting = async (): Promise<void> => {
        currentTask()?.cancel("enough");
        await sleep(1);
      };
      await assert.rejects(map([1, 2], quitting), TaskCancelled);
    }),
  );

  it(
    "is stray work when nobody awaits it",
    virtual(async (time) => {
      await withCancelScope(() => void map([1], () => sleep(1000)).catch(() => {}));
      assert.equal(time.now(), 0);
      assert.match(time.log[0]?.message ?? "", /waiting: map/);
    }),
  );

  it(
    "gives an item that came together with the cancellation to its function",
    virtual(async () => {
      const seen: number[] = [];
      await withCancelScope(async (scope) => {
        async function* source(): AsyncGenerator<number> {
          yield 1;
          scope.cancel();
          yield 2;
          yield 3;
        }
        await map(source(), (item) => void seen.push(item), { concurrency: 1 });
      });
      assert.deepEqual(seen, [1, 2]);
    }),
  );

  it(
    "gives the results of an array when all functions return in spite of a cancellation",
    virtual(async () => {
      const stubborn = (item: number): Promise<number> =>
        sleep(10).then(
          () => item,
          () => item,
        );
      assert.deepEqual(await withTimeoutOr(5, () => map([1, 2], stubborn), null), [1, 2]);
      const limited = () => map([1, 2], stubborn, { concurrency: 1 });
      assert.equal(await withTimeoutOr(5, limited, null), null);
    }),
  );

  it(
    "is a cancellation point, also without items",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        await assert.rejects(
          map([], () => {}),
          Cancelled,
        );
      });
    }),
  );

  it("refuses bad arguments at the call", () => {
    assert.throws(() => map(5 as never, () => {}), /items of map is 5/);
    assert.throws(() => map([], null as never), /fn of map is null/);
    assert.throws(() => map([], () => {}, { concurrency: 1.5 }), InvalidArgument);
  });
});

describe("mapSettled", () => {
  it(
    "goes on after failures, and gives every outcome in order",
    virtual(async () => {
      const outcomes = await mapSettled(
        [3, 2, 1],
        async (item) => {
          await sleep(item);
          if (item === 2) throw item;
          return item;
        },
        { concurrency: 2 },
      );
      assert.deepEqual(outcomes, [
        { status: "fulfilled", value: 3 },
        { status: "rejected", reason: 2 },
        { status: "fulfilled", value: 1 },
      ]);
    }),
  );

  it(
    "throws a cancellation from outside, after disposing of the values",
    virtual(async () => {
      const log: number[] = [];
      const open = async (item: number): Promise<Disposable> => {
        await sleep(item);
        return { [Symbol.dispose]: () => void log.push(item) };
      };
      assert.equal(await withTimeoutOr(5, () => mapSettled([1, 2, 50], open), "late"), "late");
      assert.deepEqual(log, [2, 1]);
    }),
  );
});

describe("forEach", () => {
  it(
    "marks the items of a queue done when their function has ended, also when it failed",
    virtual(async () => {
      const log: string[] = [];
      const queue = {
        done: () => void log.push("done"),
        async *[Symbol.asyncIterator]() {
          yield* ["a", "b"];
        },
      };
      const fn = async (item: string): Promise<void> => {
        await sleep(1);
        log.push(item);
        if (item === "b") throw new Error("no");
      };
      await assert.rejects(forEach(queue, fn, { concurrency: 1 }), /no/);
      assert.deepEqual(log, ["a", "done", "b", "done"]);
    }),
  );
});
