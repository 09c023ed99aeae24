/** What asyncio's own tests demand of context variables in tasks, and of sleeping and scheduled calls. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ContextVar, currentRuntime, InvalidArgument, sleep, withTaskGroup } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("A context variable", () => {
  it(
    "keeps in a task the value that its spawner had, whatever the spawner sets later",
    virtual(async () => {
      const variable = new ContextVar("variable", "nope");
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          await sleep(10);
          assert.equal(variable.get(), "nope");
          variable.run("something else", () => assert.equal(variable.get(), "something else"));
        });
        await variable.run("yes", async () => {
          await task.join();
          assert.equal(variable.get(), "yes");
        });
      });
    }),
  );

  it(
    "is not changed for a task by the calls that wake it",
    virtual(async () => {
      const variable = new ContextVar("variable", "nope");
      await withTaskGroup((group) => {
        group.spawn(() =>
          variable.run("mine", async () => {
            for (let round = 0; round < 3; round++) {
              currentRuntime().callSoon(() => variable.run("something else", () => {}));
              await sleep(1);
              assert.equal(variable.get(), "mine");
            }
          }),
        );
      });
      assert.equal(variable.get(), "nope");
    }),
  );

  it(
    "has in each of a hundred tasks its own value at every step",
    virtual(async () => {
      const variable = new ContextVar<number>("variable", -1);
      await withTaskGroup((group) => {
        for (let number = 0; number < 100; number++) {
          group.spawn(async () => {
            for (let step = 0; step < 10; step++) {
              await variable.run(number + step, async () => {
                await sleep(((number * 7 + step * 13) % 50) + 1);
                assert.equal(variable.get(), number + step);
              });
            }
          });
        }
      });
      assert.equal(variable.get(), -1);
    }),
  );

  // Unlike asyncio, where a context object can be given to several tasks to write into.
  it(
    "tells the spawner nothing of what its tasks set, one after the other",
    virtual(async () => {
      const variable = new ContextVar<number | null>("variable", null);
      const seen: unknown[] = [variable.get()];
      await withTaskGroup(async (group) => {
        for (const value of [1, 2]) {
          await group.spawn(() => variable.run(value, () => sleep(0))).join();
          seen.push(variable.get());
        }
      });
      assert.deepEqual(seen, [null, null, null]);
    }),
  );
});

describe("sleep", () => {
  it(
    "takes the time it is given, one after the other",
    virtual(async (time) => {
      await withTaskGroup((group) => {
        group.spawn(async () => {
          await sleep(50);
          assert.equal(time.now(), 50);
          await sleep(50);
        });
      });
      assert.equal(time.now(), 100);
    }),
  );

  it(
    "refuses NaN at the call",
    virtual(() => {
      assert.throws(() => sleep(Number.NaN), InvalidArgument);
    }),
  );

  it(
    "of 0 lets what was scheduled before go first",
    virtual(async () => {
      const steps: string[] = [];
      currentRuntime().callSoon(() => steps.push("scheduled"));
      assert.equal(steps.length, 0);
      await sleep(0);
      steps.push("slept");
      assert.deepEqual(steps, ["scheduled", "slept"]);
    }),
  );
});

describe("A scheduled call", () => {
  it(
    "is reported when it throws, and disturbs no task",
    virtual(async (time) => {
      const boom = new RangeError("boom");
      const task = await withTaskGroup((group) => {
        currentRuntime().callSoon(() => {
          throw boom;
        });
        return group.spawn(() => sleep(1).then(() => "done"));
      });
      assert.equal(await task.join(), "done");
      assert.deepEqual(time.takeUnhandled(), [boom]);
    }),
  );
});
