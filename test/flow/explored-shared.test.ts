import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  checkpoint,
  currentSignal,
  shared,
  sleep,
  withTaskGroup,
  withTimeoutOr,
} from "../../src/index.ts";
import { everySchedule, unlessStruck } from "../explored.ts";

describe("shared, under all schedules and every single cancellation", () => {
  for (const tasks of [2, 3]) {
    for (const how of ["at once", "one after another"]) {
      it(
        `has one computation going on for ${tasks} tasks that ask ${how}, and ends it when they have gone`,
        everySchedule(async (t) => {
          const flights: Array<{ signal: AbortSignal; ended: boolean }> = [];
          let without = 0;
          const load = shared(async (_key: string) => {
            const isAlone = flights.every(({ signal, ended }) => ended || signal.aborted);
            assert.ok(isAlone, "what goes on besides was given up by all who asked for it");
            const flight = { signal: currentSignal(), ended: false };
            flights.push(flight);
            try {
              await checkpoint();
              return flights.length;
            } finally {
              flight.ended = true;
            }
          });
          await withTaskGroup((group) => {
            for (let task = 0; task < tasks; task++) {
              group.spawn(async () => {
                if (task > 0 && how !== "at once") await checkpoint();
                without++;
                const value = await unlessStruck(() => load("key"));
                if (value !== undefined) without--;
              });
            }
          });
          await t.settled();
          assert.ok(flights.every(({ ended }) => ended));
          if (how === "at once") assert.ok(flights.length <= 1 + without);
        }),
      );
    }
  }

  it(
    "leaves the computation to one of two tasks when the other one gives up in the moment in which it ends",
    everySchedule(async (t) => {
      let begun = 0;
      const load = shared(async (_key: string) => {
        begun++;
        await sleep(1);
        return "value";
      });
      await withTaskGroup(async (group) => {
        group.spawn("impatient", async () => {
          await checkpoint();
          await unlessStruck(() => withTimeoutOr(1, () => load("key"), "late"));
        });
        const value = await unlessStruck(() => load("key"));
        if (value !== undefined) assert.equal(begun, 1);
      });
      await t.settled();
    }),
  );

  it(
    "remembers its value among two tasks that ask again in the moment in which it is forgotten",
    everySchedule(async (t) => {
      const begunAt: number[] = [];
      const load = shared(
        (_key: string) => {
          begunAt.push(t.now());
          return begunAt.length;
        },
        { ttlMs: 5 },
      );
      await withTaskGroup((group) => {
        for (const pauseMs of [4, 5]) {
          group.spawn(async () => {
            await unlessStruck(() => load("key"));
            await sleep(pauseMs);
            await unlessStruck(() => load("key"));
          });
        }
      });
      await t.advance(5);
      assert.ok(begunAt.filter((at) => at < 5).length <= 2);
    }),
  );
});
