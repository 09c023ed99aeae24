/** A task is cancelled by another one, at any moment of what it does. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  checkpoint,
  currentSignal,
  map,
  shared,
  TaskCancelled,
  until,
  withSupervisor,
  withTaskGroup,
} from "../../src/index.ts";
import { everySchedule, Resources, type Resource } from "../explored.ts";

/** Gives numbers, and sees that it is asked for one at a time. */
class Stream implements AsyncIterable<number> {
  given = 0;
  isClosed = false;
  readonly #length: number;
  #asked = 0;

  constructor(length: number) {
    this.#length = length;
  }

  [Symbol.asyncIterator](): AsyncIterator<number, undefined> {
    return {
      next: async () => {
        assert.equal(++this.#asked, 1);
        try {
          await checkpoint();
          return this.given === this.#length
            ? { done: true, value: undefined }
            : { done: false, value: this.given++ };
        } finally {
          this.#asked--;
        }
      },
      return: async () => {
        this.isClosed = true;
        return { done: true, value: undefined };
      },
    };
  }
}

describe("one of three tasks is cancelled by another at any moment, under all schedules", () => {
  it(
    "and what it asked of a shared function is computed for the others, or anew",
    everySchedule(async (t) => {
      const flights: AbortSignal[] = [];
      const load = shared(async (_key: string) => {
        const flight = flights.push(currentSignal());
        await checkpoint();
        await checkpoint(); // The first one delivers, even if the cancellation came before.
        return flight;
      });
      await withTaskGroup((group) => {
        const victim = group.spawn("victim", () => load("key"));
        group.spawn("canceller", async () => {
          await checkpoint();
          victim.cancel();
        });
        group.spawn("other", async () => {
          await checkpoint();
          assert.ok((await load("key")) <= flights.length);
        });
      });
      await t.settled();
      assert.ok(flights.length <= 2);
    }, {}),
  );

  for (const workers of [1, 2]) {
    it(
      `and the results of its map with ${workers} workers are handed over, or disposed of`,
      everySchedule(async () => {
        const resources = new Resources();
        const stream = new Stream(2);
        let results: Resource[] | null = null;
        await withTaskGroup((group) => {
          const options = { concurrency: workers };
          const victim = group.spawn("victim", async () => {
            results = await map(stream, (id) => resources.make(id), options);
          });
          group.spawn("canceller", async () => {
            await checkpoint();
            victim.cancel();
          });
        });
        if (results === null) resources.assertAllDisposed();
        else resources.assertHandedOver(results, 2);
      }, {}),
    );
  }

  it(
    "and is started no more by its supervisor, while its sibling is",
    everySchedule(async () => {
      const lives = [0, 0];
      await withSupervisor(
        async (supervisor) => {
          const [victim, sibling] = [0, 1].map((child) =>
            supervisor.spawn(`child ${child}`, async () => {
              lives[child]!++;
              await checkpoint();
              await checkpoint();
              if (lives[child]! < 3) throw new Error("once more");
            }),
          );
          await checkpoint();
          victim!.cancel();
          const before = lives[0];
          await assert.rejects(victim!.join(), TaskCancelled);
          assert.equal(lives[0], before);
          await sibling!.join();
        },
        { pauseMs: 1, onFailure() {} },
      );
      assert.equal(lives[1], 3);
    }, {}),
  );

  it(
    "and a promise that it waits for until then brings its value to the other one",
    everySchedule(async (t) => {
      const resources = new Resources();
      const { promise, resolve } = Promise.withResolvers<Resource>();
      const received: Resource[] = [];
      await withTaskGroup(async (group) => {
        const wait = async (): Promise<void> => {
          received.push(await until(promise));
        };
        const victim = group.spawn("victim", wait);
        group.spawn("canceller", async () => {
          await checkpoint();
          victim.cancel();
        });
        group.spawn("other", wait);
        await checkpoint();
        resolve(resources.makeNow(0));
        await t.settled();
      });
      assert.ok(received.length >= 1);
      resources.assertHandedOver(received.slice(0, 1));
    }, {}),
  );
});
