import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  Disposed,
  InvalidArgument,
  NotTaken,
  Queue,
  QueueClosed,
  sleep,
  withCancelScope,
  withTaskGroup,
  withTimeoutOr,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

async function collect<T>(queue: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

describe("Queue", () => {
  it(
    "gives items in the order in which they were put",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: 3 });
      await withTaskGroup((group) => {
        group.spawn(async () => {
          for (let i = 0; i < 100; i++) await queue.put(i);
          queue.close();
        });
        group.spawn(async () => assert.deepEqual(await collect(queue), [...Array(100).keys()]));
      });
    }),
  );

  it(
    "holds at most its capacity, and admits waiting putters in their order",
    virtual(async (t) => {
      const queue = new Queue<string>({ capacity: 1 });
      await withTaskGroup(async (group) => {
        for (const item of ["a", "b", "c"]) group.spawn(() => queue.put(item));
        await t.settled();
        assert.deepEqual(queue.stats(), {
          size: 1,
          capacity: 1,
          isClosed: false,
          getters: 0,
          putters: 2,
          taken: 0,
        });
        assert.equal(queue.tryPut("barger"), false);
        assert.equal(await queue.get(), "a");
        assert.equal(queue.stats().putters, 1);
        assert.equal(queue.tryGet(), "b");
        assert.equal(await queue.get(), "c");
        assert.equal(queue.tryGet(), undefined);
      });
    }),
  );

  it(
    "gives items to waiting getters in their order",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: 1 });
      const got: string[] = [];
      await withTaskGroup(async (group) => {
        for (const name of ["first", "second", "third"])
          group.spawn(async () => got.push(`${name} ${await queue.get()}`));
        await t.settled();
        assert.equal(queue.stats().getters, 3);
        assert.equal(queue.tryPut(1), true);
        assert.equal(queue.tryGet(), undefined);
        await queue.put(2);
        await queue.put(3);
      });
      assert.deepEqual(got, ["first 1", "second 2", "third 3"]);
    }),
  );

  it(
    "without capacity each put waits for its get",
    virtual(async (t) => {
      const queue = new Queue<string>({ capacity: 0 });
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          await queue.put("x");
          log.push("put x");
        });
        await t.settled();
        assert.equal(queue.tryPut("y"), false);
        assert.equal(log.length, 0);
        assert.equal(queue.tryGet(), "x");
        await t.settled();
        assert.deepEqual(log, ["put x"]);
        group.spawn(async () => log.push(`got ${await queue.get()}`));
        assert.equal(queue.tryPut("z"), true);
      });
      assert.deepEqual(log, ["put x", "got z"]);
    }),
  );

  it(
    "may be unbounded",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: Infinity });
      for (let i = 0; i < 1_000; i++) assert.equal(queue.tryPut(i), true);
      for (let i = 0; i < 1_000; i++) assert.equal(await queue.get(), i);
    }),
  );

  it("carries undefined and null like any item", () => {
    const queue = new Queue<undefined | null>({ capacity: 2 });
    queue.tryPut(undefined);
    queue.tryPut(null);
    assert.equal(queue.size, 2);
    assert.equal(queue.tryGet(), undefined);
    assert.equal(queue.size, 1);
    assert.equal(queue.tryGet(), null);
    assert.equal(queue.size, 0);
  });

  it("says what to give when it is made without options", () => {
    const make = Queue as unknown as new () => Queue<number>;
    assert.throws(() => new make(), /capacity of Queue is undefined\. Give an integer/);
  });

  it("refuses a capacity that is no count", () => {
    for (const capacity of [-1, 1.5, NaN, "1", undefined]) {
      assert.throws(() => new Queue({ capacity: capacity as never }), InvalidArgument);
    }
  });

  it(
    "refuses put, get, join and iteration in a cancelled scope, before anything moves",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: 2 });
      queue.tryPut(1);
      await withCancelScope(async (scope) => {
        scope.cancel();
        await assert.rejects(queue.put(2), Cancelled);
        await assert.rejects(queue.get(), Cancelled);
        await assert.rejects(queue.join(), Cancelled);
        await assert.rejects(collect(queue), Cancelled);
      });
      assert.equal(queue.size, 1);
      assert.equal(queue.stats().taken, 0);
    }),
  );

  it(
    "the item of a cancelled put is not in the queue",
    virtual(async (t) => {
      const queue = new Queue<string>({ capacity: 1 });
      await queue.put("a");
      await withTaskGroup(async (group) => {
        const cancelled = group.spawn(() => queue.put("b"));
        group.spawn(() => queue.put("c"));
        await t.settled();
        cancelled.cancel();
        assert.equal(await queue.get(), "a");
        assert.equal(await queue.get(), "c");
        assert.equal(queue.size, 0);
      });
    }),
  );

  it(
    "an item goes to the next getter when the first was cancelled in the same turn, before the put",
    virtual(async (t) => {
      const queue = new Queue<string>({ capacity: 1 });
      await withTaskGroup(async (group) => {
        const first = group.spawn(() => queue.get());
        const second = group.spawn(() => queue.get());
        await t.settled();
        first.cancel();
        assert.equal(queue.tryPut("x"), true);
        assert.equal(await second.join(), "x");
      });
    }),
  );

  it(
    "a getter that is cancelled in the same turn, after the put, still delivers its item",
    virtual(async (t) => {
      const queue = new Queue<string>({ capacity: 1 });
      await withTaskGroup(async (group) => {
        const getter = group.spawn(() => queue.get());
        await t.settled();
        assert.equal(queue.tryPut("x"), true);
        getter.cancel();
        assert.equal(await getter.join(), "x");
      });
      assert.equal(queue.size, 0);
    }),
  );

  it(
    "a putter that is cancelled in the turn in which it was admitted has put its item",
    virtual(async (t) => {
      const queue = new Queue<string>({ capacity: 1 });
      await queue.put("a");
      await withTaskGroup(async (group) => {
        const putter = group.spawn(() => queue.put("b"));
        await t.settled();
        assert.equal(queue.tryGet(), "a");
        putter.cancel();
        await putter.join();
        assert.equal(queue.tryGet(), "b");
      });
    }),
  );

  it(
    "a time limit on a get leaves no getter behind",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: 1 });
      for (let i = 0; i < 3; i++)
        assert.equal(await withTimeoutOr(10, () => queue.get(), "nothing"), "nothing");
      assert.equal(queue.stats().getters, 0);
    }),
  );
});

describe("closing a queue", () => {
  it(
    "refuses later puts, lets gets take what is left, then refuses them",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: 2, name: "orders" });
      await queue.put(1);
      queue.close();
      queue.close();
      assert.equal(queue.isClosed, true);
      await assert.rejects(queue.put(2), QueueClosed);
      assert.throws(() => queue.tryPut(2), QueueClosed);
      assert.throws(() => queue.producer(), QueueClosed);
      assert.equal(await queue.get(), 1);
      await assert.rejects(queue.get(), { code: "TSY_QUEUE_CLOSED", message: /the queue "orders"/ });
      assert.throws(() => queue.tryGet(), QueueClosed);
      assert.deepEqual(await collect(queue), []);
    }),
  );

  it(
    "wakes getters, iterators and putters that wait",
    virtual(async (t) => {
      const empty = new Queue<number>({ capacity: 1 });
      const full = new Queue<number>({ capacity: 1 });
      full.tryPut(1);
      await withTaskGroup(async (group) => {
        group.spawn(() => assert.rejects(empty.get(), QueueClosed));
        group.spawn(async () => assert.deepEqual(await collect(empty), []));
        group.spawn(() => assert.rejects(empty.get(), QueueClosed));
        group.spawn(() => assert.rejects(full.put(2), QueueClosed));
        await t.settled();
        empty.close();
        full.close();
      });
      assert.deepEqual(await collect(full), [1]);
    }),
  );

  it(
    "with immediate drops what is left, and releases join",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: 2 });
      queue.tryPut(1);
      queue.tryPut(2);
      await withTaskGroup(async (group) => {
        group.spawn(() => queue.join());
        group.spawn(() => assert.rejects(queue.put(3), QueueClosed));
        await t.settled();
        queue.close({ immediate: true });
        await assert.rejects(queue.get(), QueueClosed);
      });
      assert.throws(() => queue.done(), NotTaken);
    }),
  );

  it(
    "with immediate leaves join waiting for what was taken",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: 2 });
      queue.tryPut(1);
      queue.tryPut(2);
      await queue.get();
      await withTaskGroup(async (group) => {
        const join = group.spawn(() => queue.join());
        queue.close({ immediate: true });
        await t.settled();
        assert.equal(join.state, "running");
        queue.done();
      });
    }),
  );

  it(
    "closeWhenDone closes when the last item is done, though work makes work",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: Infinity });
      const seen: number[] = [];
      queue.tryPut(3);
      queue.closeWhenDone();
      await withTaskGroup((group) => {
        for (let i = 0; i < 2; i++) {
          group.spawn(async () => {
            for await (const depth of queue) {
              await sleep(1);
              seen.push(depth);
              if (depth > 0) for (let child = 0; child < 2; child++) queue.tryPut(depth - 1);
              queue.done();
            }
          });
        }
      });
      assert.equal(seen.length, 15);
      assert.equal(queue.isClosed, true);
    }),
  );

  it("closeWhenDone closes an idle queue at once", () => {
    const queue = new Queue<number>({ capacity: 1 });
    queue.closeWhenDone();
    assert.equal(queue.isClosed, true);
  });

  it(
    "closeWhenDone without capacity waits for the putters, and for their cancellation",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: 0 });
      await withTaskGroup(async (group) => {
        const putter = group.spawn(() => queue.put(1));
        await t.settled();
        queue.closeWhenDone();
        assert.equal(queue.isClosed, false);
        putter.cancel();
        assert.equal(queue.isClosed, true);
      });
    }),
  );

  it(
    "the last of several producers closes it, also when they fail",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: 1 });
      const items = await withTaskGroup((group) => {
        for (let i = 0; i < 3; i++) {
          const out = queue.producer();
          group.spawn(async () => {
            using _ = out;
            await sleep(i);
            await out.put(i);
          });
        }
        return collect(queue);
      });
      assert.deepEqual(items, [0, 1, 2]);
    }),
  );

  it(
    "a producer that is closed puts nothing more, and counts once",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: 4 });
      const one = queue.producer();
      using two = queue.producer();
      one.close();
      one.close();
      await assert.rejects(one.put(1), Disposed);
      assert.throws(() => one.tryPut(1), Disposed);
      assert.equal(two.tryPut(2), true);
      await two.put(3);
      assert.equal(queue.isClosed, false);
    }),
  );
});

describe("iterating a queue", () => {
  it(
    "leaves the queue usable when the loop is broken out of",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: 4 });
      for (let i = 0; i < 4; i++) queue.tryPut(i);
      for await (const item of queue) if (item === 1) break;
      assert.equal(await queue.get(), 2);
      await queue.put(4);
      queue.close();
      assert.deepEqual(await collect(queue), [3, 4]);
    }),
  );

  it(
    "gives each item to one of several loops",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: 4 });
      const seen: number[] = [];
      await withTaskGroup(async (group) => {
        for (let i = 0; i < 3; i++) {
          group.spawn(async () => {
            for await (const item of queue) {
              seen.push(item);
              await sleep(1);
            }
          });
        }
        for (let i = 0; i < 20; i++) await queue.put(i);
        queue.close();
      });
      assert.deepEqual(
        seen.toSorted((a, b) => a - b),
        [...Array(20).keys()],
      );
    }),
  );

  it(
    "gives concurrent calls of next different items",
    virtual(async () => {
      const queue = new Queue<string>({ capacity: 4 });
      queue.tryPut("a");
      queue.tryPut("b");
      const items = queue[Symbol.asyncIterator]();
      const results = [items.next(), items.next(), items.next()];
      queue.tryPut("c");
      queue.close();
      results.push(items.next());
      assert.deepEqual(
        (await Promise.all(results)).map(({ done, value }) => [done, value]),
        [
          [false, "a"],
          [false, "b"],
          [false, "c"],
          [true, undefined],
        ],
      );
    }),
  );
});

describe("the work account of a queue", () => {
  it(
    "join waits until everything that was put is taken and done",
    virtual(async (t) => {
      const queue = new Queue<number>({ capacity: 4 });
      await queue.join();
      queue.tryPut(1);
      queue.tryPut(2);
      await withTaskGroup(async (group) => {
        const join = group.spawn(() => queue.join());
        await queue.get();
        queue.done();
        await queue.get();
        await t.settled();
        assert.equal(join.state, "running");
        queue.done();
        await join.join();
      });
    }),
  );

  it(
    "done refuses to be called more often than items were taken",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: 4 });
      queue.tryPut(1);
      assert.throws(() => queue.done(), NotTaken);
      await queue.get();
      queue.done();
      assert.throws(() => queue.done(), { code: "TSY_NOT_TAKEN" });
    }),
  );
});
