/** The cases of CPython's test_queues about join and shutdown, for each kind of queue, as tsyncio has them. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  LifoQueue,
  NotTaken,
  PriorityQueue,
  Queue,
  QueueClosed,
  sleep,
  withTaskGroup,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

const kinds = { Queue, LifoQueue, PriorityQueue };

for (const [name, Kind] of Object.entries(kinds)) {
  describe(`${name}.join, as asyncio has it`, () => {
    it("done() throws when nothing was taken", () => {
      assert.throws(() => new Kind<number>({ capacity: Infinity }).done(), NotTaken);
    });

    it(
      "join waits until all items are marked done, whoever took them",
      virtual(async () => {
        const queue = new Kind<number>({ capacity: Infinity });
        for (let i = 0; i < 100; i++) queue.tryPut(i);
        let sum = 0;
        await withTaskGroup(async (group) => {
          for (let worker = 0; worker < 2; worker++) {
            group.spawnService(async () => {
              for (;;) {
                const item = await queue.get();
                await sleep(item % 3);
                sum += item;
                queue.done();
              }
            });
          }
          await queue.join();
        });
        assert.equal(sum, 4_950);
        assert.throws(() => queue.done(), NotTaken);
      }),
    );

    it(
      "join of an empty queue returns at once, again and again",
      virtual(async (t) => {
        const queue = new Kind<number>({ capacity: Infinity });
        await queue.join();
        await queue.join();
        assert.equal(t.now(), 0);
      }),
    );

    it(
      "unlike asyncio, what was taken and is not done stands in stats(), not in the text",
      virtual(async () => {
        const queue = new Kind<number>({ capacity: Infinity });
        await queue.put(1);
        assert.equal(queue.stats().taken, 0);
        await queue.get();
        assert.equal(queue.stats().taken, 1);
        queue.done();
        assert.equal(queue.stats().taken, 0);
      }),
    );
  });

  describe(`${name}.close, as asyncio has its shutdown`, () => {
    it("unlike asyncio, that a queue is closed stands in isClosed and stats(), not in the text", () => {
      const queue = new Kind<number>({ capacity: Infinity });
      assert.equal(queue.isClosed, false);
      queue.close();
      assert.equal(queue.isClosed, true);
      assert.equal(queue.stats().isClosed, true);
    });

    it(
      "closing an empty queue ends the waiting gets, and refuses all four operations afterwards",
      virtual(async (t) => {
        const queue = new Kind<number>({ capacity: Infinity });
        await withTaskGroup(async (group) => {
          const getter = group.spawn(() => assert.rejects(queue.get(), QueueClosed));
          await t.settled();
          queue.close();
          await getter.join();
        });
        await queue.join();
        await assert.rejects(queue.put(1), QueueClosed);
        await assert.rejects(queue.get(), QueueClosed);
        assert.throws(() => queue.tryPut(1), QueueClosed);
        assert.throws(() => queue.tryGet(), QueueClosed);
      }),
    );

    it(
      "closing a full queue ends the waiting puts, and leaves what it holds to be taken",
      virtual(async (t) => {
        const queue = new Kind<number>({ capacity: 1 });
        await queue.put(1);
        await withTaskGroup(async (group) => {
          const putter = group.spawn(() => assert.rejects(queue.put(2), QueueClosed));
          await t.settled();
          queue.close();
          await putter.join();
          const joiner = group.spawn(() => queue.join());
          assert.equal(await queue.get(), 1);
          await assert.rejects(queue.get(), QueueClosed);
          await t.settled();
          assert.equal(joiner.state, "running");
          queue.done();
        });
        assert.equal(queue.size, 0);
      }),
    );

    it(
      "closing at once drops the items, and whoever joins goes on",
      virtual(async (t) => {
        const queue = new Kind<number>({ capacity: 1 });
        await queue.put(1);
        await withTaskGroup(async (group) => {
          const putter = group.spawn(() => assert.rejects(queue.put(2), QueueClosed));
          const joiner = group.spawn(() => queue.join());
          await t.settled();
          queue.close({ immediate: true });
          await putter.join();
          await joiner.join();
        });
        await assert.rejects(queue.get(), QueueClosed);
        assert.throws(() => queue.done(), NotTaken);
      }),
    );

    it(
      "closing at once does not release a join from the items that were taken before",
      virtual(async (t) => {
        const queue = new Kind<number>({ capacity: 2 });
        await queue.put(1);
        await queue.put(2);
        await withTaskGroup(async (group) => {
          const joiner = group.spawn(() => queue.join());
          await queue.get();
          queue.close({ immediate: true });
          await t.settled();
          assert.equal(joiner.state, "running");
          queue.done();
          await joiner.join();
        });
        assert.throws(() => queue.done(), NotTaken);
      }),
    );
  });
}
