import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  checkpoint,
  completed,
  forEach,
  map,
  mapSettled,
  produce,
  Queue,
  withTaskGroup,
} from "../../src/index.ts";
import { everySchedule, Resources, unlessStruck } from "../explored.ts";

/** A source that knows how far it was read, and that it was told when no more is wanted. */
class Source implements Iterable<number> {
  given = 0;
  isClosed = false;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  *[Symbol.iterator](): Generator<number, void> {
    try {
      while (this.given < this.#length) yield this.given++;
    } finally {
      this.isClosed = true;
    }
  }
}

describe("map, under all schedules and every single cancellation", () => {
  for (const concurrency of [2, 3]) {
    it(
      `gives the results of ${concurrency} workers in the order of the items, or disposes of each and closes its source`,
      everySchedule(async (t) => {
        const resources = new Resources();
        const source = new Source(concurrency + 1);
        t.invariant(() => assert.ok(resources.making <= concurrency));
        const results = await unlessStruck(() =>
          map(source, (id) => resources.make(id), { concurrency }),
        );
        assert.ok(source.isClosed);
        if (results === undefined) resources.assertAllDisposed();
        else resources.assertHandedOver(results, concurrency + 1);
      }),
    );
  }

  for (const concurrency of [1, 2]) {
    it(
      `gives each item of an async source to one of its workers, ${concurrency + 1} tasks together with the producer`,
      everySchedule(async () => {
        const resources = new Resources();
        const source = produce<number>(async (emit) => {
          for (const item of [0, 1]) await emit(item);
        });
        const results = await unlessStruck(() =>
          map(source, (id) => resources.make(id), { concurrency }),
        );
        if (results === undefined) resources.assertAllDisposed();
        else resources.assertHandedOver(results, 2);
      }),
    );
  }

  it(
    "leaves in the queue what neither of two workers has begun, in a task that may be cancelled too",
    everySchedule(async () => {
      const queue = new Queue<number>({ capacity: 3 });
      const begun: number[] = [];
      for (const item of [1, 2, 3]) queue.tryPut(item);
      queue.close();
      await withTaskGroup((group) => {
        group.spawn("caller", () =>
          unlessStruck(() =>
            map(
              queue,
              async (item) => {
                begun.push(item);
                await checkpoint();
              },
              { concurrency: 2 },
            ),
          ),
        );
      });
      while (queue.size > 0) begun.push(queue.tryGet()!);
      assert.deepEqual(begun, [1, 2, 3]);
    }),
  );
});

describe("mapSettled, under all schedules and every single cancellation", () => {
  for (const concurrency of [2, 3]) {
    it(
      `gives every outcome of ${concurrency} workers, or disposes of every value`,
      everySchedule(async () => {
        const resources = new Resources();
        const outcomes = await unlessStruck(() =>
          mapSettled(
            new Source(concurrency + 1),
            async (id) => {
              const resource = await resources.make(id);
              if (id !== 1) return resource;
              await resource[Symbol.asyncDispose]();
              throw new Error("no");
            },
            { concurrency },
          ),
        );
        if (outcomes === undefined) return resources.assertAllDisposed();
        assert.equal(outcomes.length, concurrency + 1);
        assert.ok(outcomes.every(({ status }, id) => status === (id === 1 ? "rejected" : "fulfilled")));
        const values = outcomes.filter((outcome) => outcome.status === "fulfilled");
        resources.assertHandedOver(values.map(({ value }) => value));
      }),
    );
  }
});

describe("forEach, under all schedules and every single cancellation", () => {
  for (const concurrency of [2, 3]) {
    it(
      `marks each item that it took from a queue as done once, with ${concurrency} workers`,
      everySchedule(async () => {
        const queue = new Queue<number>({ capacity: 3 });
        const worked: number[] = [];
        for (const item of [1, 2, 3]) queue.tryPut(item);
        queue.closeWhenDone();
        await unlessStruck(() =>
          forEach(
            queue,
            async (item) => {
              worked.push(item);
              await checkpoint();
            },
            { concurrency },
          ),
        );
        const { size, taken, getters } = queue.stats();
        assert.deepEqual([size, taken, getters], [3 - worked.length, 0, 0]);
        assert.deepEqual(worked, [1, 2, 3].slice(0, worked.length));
        assert.equal(queue.isClosed, size === 0);
      }),
    );
  }
});

describe("completed, under all schedules and every single cancellation", () => {
  for (const concurrency of [1, 2]) {
    for (const reads of [1, 2]) {
      const until = reads === 1 ? "until the loop is left" : "to the end";
      it(
        `gives each outcome to the loop or disposes of its value, ${until}, with ${concurrency + 1} tasks`,
        everySchedule(async () => {
          const resources = new Resources();
          const seen: number[] = [];
          const work = completed([0, 1], (id) => resources.make(id), { concurrency });
          await unlessStruck(async () => {
            for await (const outcome of work) {
              assert.ok(outcome.status === "fulfilled");
              using resource = outcome.value;
              assert.equal(resource.id, outcome.item);
              seen.push(outcome.item);
              if (seen.length === reads) break;
            }
          });
          assert.equal(new Set(seen).size, seen.length);
          resources.assertAllDisposed();
        }),
      );
    }
  }
});
