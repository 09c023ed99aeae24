import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ContextVar,
  currentRuntime,
  detached,
  NoContextValue,
  sleep,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
} from "../../src/index.ts";
import { currentScope, park } from "../../src/lowlevel.ts";
import { virtual } from "../../src/testing.ts";

describe("ContextVar", () => {
  it(
    "throws NoContextValue without a value and a default, and gives the default, undefined too",
    virtual(() => {
      assert.throws(() => new ContextVar("requestId").get(), NoContextValue);
      assert.throws(() => new ContextVar("requestId").get(), /"requestId" has no value in test/);
      assert.equal(new ContextVar("v", 5).get(), 5);
      assert.equal(new ContextVar<undefined>("v", undefined).get(), undefined);
    }),
  );

  it(
    "has the value inside run, through waits and scopes, and not outside",
    virtual(async () => {
      const v = new ContextVar("v", "default");
      const inside = v.run("inner", async () => {
        await sleep(1);
        return withTimeout(10, async () => v.get());
      });
      assert.equal(v.get(), "default");
      assert.equal(await inside, "inner");
    }),
  );

  it(
    "gives back what a synchronous function returns, and throws what it throws",
    virtual(() => {
      const v = new ContextVar<number>("v");
      assert.equal(
        v.run(1, () => v.get() + v.run(2, () => v.get())),
        3,
      );
      assert.throws(
        () =>
          v.run(1, () => {
            throw new Error("mine");
          }),
        /mine/,
      );
    }),
  );

  it(
    "comes from the spawner, while cancellation comes from the group",
    virtual(async () => {
      const v = new ContextVar("v", "nobody");
      await withTaskGroup(async (group) => {
        const task = v.run("spawner", () =>
          group.spawn(async () => {
            await sleep(1);
            return v.get();
          }),
        );
        assert.equal(await task.join(), "spawner");
      });
    }),
  );

  it(
    "tells variables of the same name apart",
    virtual(() => {
      const [one, two] = [new ContextVar("v", 0), new ContextVar("v", 0)];
      assert.deepEqual(
        one.run(1, () => two.run(2, () => [one.get(), two.get()])),
        [1, 2],
      );
    }),
  );

  it(
    "is not inherited by detached code",
    virtual(() => {
      const v = new ContextVar("v", "default");
      assert.equal(
        v.run("mine", () => detached(() => v.get())),
        "default",
      );
    }),
  );

  it(
    "retains nothing of earlier generations where a task spawns its successor",
    virtual(async () => {
      const v = new ContextVar<number>("v");
      let bindings = 0;
      await withTaskGroup((group) => {
        const next = (generation: number): void => {
          if (generation < 500) {
            v.run(generation, () => group.spawn(next, generation + 1));
            return;
          }
          for (let entry = currentScope().context; entry !== null; entry = entry.next) bindings++;
        };
        group.spawn(next, 0);
      });
      assert.equal(bindings, 1);
    }),
  );
});

describe("A callback runs in the context of who gave it", () => {
  const v = new ContextVar("v", "nobody");
  const giver = <R>(fn: () => R): R => v.run("giver", fn);

  it(
    "callSoon and callLater",
    virtual(async () => {
      const seen: string[] = [];
      const runtime = currentRuntime();
      await giver(async () => {
        runtime.callSoon(() => seen.push(v.get()));
        runtime.callLater(5, () => seen.push(v.get()));
        await sleep(10);
      });
      assert.deepEqual(seen, ["giver", "giver"]);
    }),
  );

  it(
    "what undoes a wait, when a deadline cancels it",
    virtual(async () => {
      let seen = "";
      const undo = (): void => {
        seen = v.get();
      };
      await giver(() => withTimeoutOr(5, () => park("x", () => undo), undefined));
      assert.equal(seen, "giver");
    }),
  );

  it(
    "instruments",
    virtual(async () => {
      const seen: string[] = [];
      giver(() => currentRuntime().addInstrument({ taskSpawned: () => void seen.push(v.get()) }));
      await withTaskGroup((group) => void group.spawn(() => {}));
      assert.deepEqual(seen, ["giver"]);
    }),
  );
});
