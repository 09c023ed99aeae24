/** The cases of CPython's test_locks about filling a Barrier, as tsyncio has them. The table is in cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Barrier, InvalidArgument, withTaskGroup } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

const N = 5;

describe("Barrier, as asyncio has it", () => {
  it(
    "the last of its parties to come lets all go on",
    virtual(async (t) => {
      const barrier = new Barrier(N);
      const results: number[] = [];
      await withTaskGroup(async (group) => {
        const come = async (): Promise<void> => void results.push(await barrier.wait());
        for (let i = 0; i < N - 1; i++) group.spawn(come);
        await t.settled();
        assert.deepEqual(results, []);
        assert.equal(barrier.waiting, N - 1);
        group.spawn(come);
      });
      assert.equal(results.length, N);
      assert.equal(barrier.waiting, 0);
      assert.equal(barrier.broken, false);
    }),
  );

  it(
    "unlike asyncio, a barrier tells about itself by stats(), not by its text",
    virtual(async (t) => {
      const barrier = new Barrier(2);
      assert.deepEqual(barrier.stats(), { parties: 2, waiting: 0, broken: false });
      await withTaskGroup(async (group) => {
        group.spawn(() => barrier.wait());
        await t.settled();
        assert.deepEqual(barrier.stats(), { parties: 2, waiting: 1, broken: false });
        await barrier.wait();
      });
      barrier.abort();
      assert.deepEqual(barrier.stats(), { parties: 2, waiting: 0, broken: true });
    }),
  );

  it("a barrier has at least one party", () => {
    for (const parties of [0, -2, Number.NaN]) assert.throws(() => new Barrier(parties), InvalidArgument);
    assert.equal(new Barrier(3).parties, 3);
  });

  it(
    "wait gives each task of a generation its index, for the work that one of them is to do",
    virtual(async () => {
      const barrier = new Barrier(N);
      const elected: number[] = [];
      const indices = new Set<number>();
      await withTaskGroup((group) => {
        for (let i = 0; i < N; i++) {
          group.spawn(async () => {
            const index = await barrier.wait();
            indices.add(index);
            if (index === 0) elected.push(i);
          });
        }
      });
      assert.equal(indices.size, N);
      assert.deepEqual(elected, [0]);
    }),
  );

  it(
    "a barrier for one lets its only party go on at once, with index 0",
    virtual(async (t) => {
      const barrier = new Barrier(1);
      assert.equal(await barrier.wait(), 0);
      assert.equal(t.now(), 0);
      assert.equal(barrier.waiting, 0);
    }),
  );

  it(
    "a barrier for one gives index 0 every time",
    virtual(async () => {
      const barrier = new Barrier(1);
      assert.equal(await barrier.wait(), 0);
      assert.equal(await barrier.wait(), 0);
      assert.equal(barrier.broken, false);
    }),
  );

  it(
    "it counts the tasks that wait one by one, and none when it is full",
    virtual(async () => {
      const barrier = new Barrier(3);
      await withTaskGroup((group) => {
        const counts = [1, 2, 3].map(() => {
          group.spawn(() => barrier.wait());
          return barrier.waiting;
        });
        assert.deepEqual(counts, [1, 2, 0]);
      });
    }),
  );

  it(
    "tasks may wait twice: the first generation has left before the second goes on",
    virtual(async () => {
      const barrier = new Barrier(N);
      const log: string[] = [];
      await withTaskGroup((group) => {
        for (let i = 0; i < N; i++) {
          group.spawn(async () => {
            await barrier.wait();
            log.push("first");
            await barrier.wait();
            log.push("second");
          });
        }
      });
      assert.deepEqual(log, [...Array<string>(N).fill("first"), ...Array<string>(N).fill("second")]);
      assert.equal(barrier.waiting, 0);
    }),
  );

  it(
    "each generation has each index once, from 0 in the order in which its tasks came",
    virtual(async () => {
      const barrier = new Barrier(N);
      const rounds: number[][] = [[], []];
      await withTaskGroup((group) => {
        for (let i = 0; i < N; i++) {
          group.spawn(async () => {
            for (const round of rounds) round[i] = await barrier.wait();
          });
        }
      });
      assert.deepEqual(rounds[0], [0, 1, 2, 3, 4]);
      assert.deepEqual(
        rounds[1]!.toSorted((a, b) => a - b),
        [0, 1, 2, 3, 4],
      );
    }),
  );

  it(
    "unlike asyncio, a barrier drains in one step: nobody sees it half empty",
    virtual(async () => {
      const barrier = new Barrier(N);
      const seen: number[] = [];
      await withTaskGroup((group) => {
        for (let i = 0; i < N; i++) {
          group.spawn(async () => {
            await barrier.wait();
            seen.push(barrier.waiting);
          });
        }
      });
      assert.deepEqual(seen, Array<number>(N).fill(0));
    }),
  );

  it(
    "a task that comes back while its generation leaves belongs to the next one",
    virtual(async (t) => {
      const barrier = new Barrier(N);
      const first: number[] = [];
      const second: number[] = [];
      await withTaskGroup(async (group) => {
        for (let i = 0; i < N; i++) {
          group.spawn(async () => {
            first.push(await barrier.wait());
            if (i < 2) second.push(await barrier.wait());
          });
        }
        await t.settled();
        assert.equal(first.length, N);
        assert.equal(second.length, 0);
        assert.equal(barrier.waiting, 2);
        for (let i = 2; i < N; i++) group.spawn(() => barrier.wait());
      });
      assert.deepEqual(
        second.toSorted((a, b) => a - b),
        [0, 1],
      );
      assert.equal(barrier.waiting, 0);
    }),
  );

  it(
    "a cancelled wait counts no more, and one more task fills its place",
    virtual(async (t) => {
      const barrier = new Barrier(3);
      const passed: string[] = [];
      const come = async (name: string): Promise<void> => {
        await barrier.wait();
        passed.push(name);
      };
      await withTaskGroup(async (group) => {
        const a = group.spawn(come, "a");
        group.spawn(come, "b");
        await t.settled();
        assert.equal(barrier.waiting, 2);
        a.cancel();
        assert.equal(barrier.waiting, 1);
        group.spawn(come, "c");
        await t.settled();
        assert.deepEqual(passed, []);
        group.spawn(come, "d");
      });
      assert.deepEqual(passed.toSorted(), ["b", "c", "d"]);
      assert.equal(barrier.broken, false);
    }),
  );
});
