import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { interval, produce, sleep, withTaskGroup, withTimeoutOr } from "../../src/index.ts";
import { everySchedule, Resources, unlessStruck, type Resource } from "../explored.ts";

describe("produce, under all schedules and every single cancellation", () => {
  for (const capacity of [0, 1]) {
    for (const reads of [1, 3]) {
      const until = reads === 1 ? "until the loop is left" : "to the end";
      it(
        `gives each value to the loop of another task, or disposes of it, ${until}, with capacity ${capacity}`,
        everySchedule(async () => {
          const resources = new Resources();
          const seen: number[] = [];
          let ended = 0;
          const values = produce<Resource>(
            async (emit) => {
              try {
                for (const id of [0, 1]) await handOn(emit, resources.makeNow(id));
              } finally {
                ended++;
              }
            },
            { capacity },
          );
          await withTaskGroup((group) => {
            group.spawn("reader", () =>
              unlessStruck(async () => {
                for await (const resource of values) {
                  using _ = resource;
                  seen.push(resource.id);
                  if (seen.length === reads) break;
                }
              }),
            );
          });
          assert.deepEqual(seen, [0, 1].slice(0, seen.length));
          assert.ok(ended <= 1);
          resources.assertAllDisposed();
        }),
      );
    }
  }

  it(
    "gives each value to one of two tasks that read from it, the producer being the third",
    everySchedule(async () => {
      const resources = new Resources();
      const seen: number[] = [];
      const values = produce<Resource>(async (emit) => {
        for (const id of [0, 1, 2]) await handOn(emit, resources.makeNow(id));
      })[Symbol.asyncIterator]();
      const read = async (): Promise<void> => {
        const { value, done } = await values.next();
        if (done === true) return;
        using resource = value as Resource;
        seen.push(resource.id);
      };
      await unlessStruck(async () => {
        await read(); // Here, so that the producer lives in the scope of the body.
        await withTaskGroup((group) => {
          for (const name of ["one", "two"]) group.spawn(name, read);
        });
      });
      await values.return?.();
      assert.equal(new Set(seen).size, seen.length);
      resources.assertAllDisposed();
    }),
  );

  it(
    "throws what the producer threw to one of two readers, after the values emitted before",
    everySchedule(
      async () => {
        const boom = new Error("boom");
        const outcomes: unknown[] = [];
        const values = produce<number>(async (emit) => {
          await emit(0);
          await emit(1);
          throw boom;
        })[Symbol.asyncIterator]();
        await values.next();
        await withTaskGroup((group) => {
          for (const name of ["one", "two"]) {
            group.spawn(name, async () => {
              const outcome = await values.next().catch((error: unknown) => error);
              outcomes.push(outcome);
            });
          }
        });
        const [value] = outcomes.filter((outcome) => outcome !== boom);
        assert.deepEqual(value, { done: false, value: 1 });
        assert.equal(outcomes.length, 2);
      },
      { cancel: false },
    ),
  );

  it(
    "loses no value when one of two tasks gives up reading in the moment in which the other one emits",
    everySchedule(async () => {
      const seen: Array<number | undefined> = [];
      const values = produce<number>(async (emit) => {
        for (const value of [0, 1, 2]) {
          await emit(value);
          await sleep(1);
        }
      })[Symbol.asyncIterator]();
      const whole = await unlessStruck(async () => {
        for (let step = await values.next(); step.done !== true;) {
          seen.push(step.value);
          step = (await withTimeoutOr(1, () => values.next(), null)) ?? (await values.next());
        }
        return true;
      });
      await values.return?.();
      assert.deepEqual(seen, [0, 1, 2].slice(0, whole === true ? 3 : seen.length));
    }),
  );
});

/** Emits a value, and disposes of it where nobody takes it: an `emit` that throws has not handed it on. */
async function handOn(emit: (resource: Resource) => Promise<void>, resource: Resource): Promise<void> {
  try {
    await emit(resource);
  } catch (error) {
    resource[Symbol.dispose]();
    throw error;
  }
}

describe("interval, under all schedules and every single cancellation", () => {
  for (const tasks of [2, 3]) {
    it(
      `ticks in each of ${tasks} tasks at its instants, and skips those that pass in the loop`,
      everySchedule(async (t) => {
        await withTaskGroup((group) => {
          for (let task = 1; task <= tasks; task++) {
            group.spawn(async () => {
              const ticks: number[] = [];
              for await (const tick of interval(2)) {
                assert.equal(t.now(), 2 * tick);
                ticks.push(tick);
                if (ticks.length === 2) break;
                await sleep(task === 1 ? 3 : 1);
              }
              assert.deepEqual(ticks, task === 1 ? [1, 3] : [1, 2]);
            });
          }
        });
      }),
    );
  }
});
