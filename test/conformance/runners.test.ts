/** What asyncio's own tests demand of `asyncio.run` and `Runner`; ours is `run`. See cases.md. */
import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import {
  ClosedGroup,
  ContextVar,
  currentRuntime,
  InvalidArgument,
  NestedRun,
  run,
  sleep,
  type Task,
} from "../../src/index.ts";

describe("run", () => {
  it("gives what main returns", async () => {
    const main = async (): Promise<number> => {
      await sleep(0);
      return 42;
    };
    assert.equal(await run(main), 42);
  });

  it("throws what main throws, itself", async () => {
    const boom = new RangeError("spam");
    const main = async (): Promise<never> => {
      await sleep(0);
      throw boom;
    };
    await assert.rejects(run(main), (error) => error === boom);
  });

  it("takes a function that is not async as well", async () => {
    assert.equal(await run(() => "done"), "done");
  });

  it("refuses what is no function, and names it", async () => {
    for (const [main, shown] of [
      [1, "1"],
      [undefined, "undefined"],
      [null, "null"],
    ] as const) {
      await assert.rejects(
        run(main as never),
        (error) => error instanceof InvalidArgument && error.message.includes(`main of run is ${shown}`),
      );
    }
  });

  it("refuses a number given as main", async () => {
    await assert.rejects(run(123 as never), InvalidArgument);
  });

  it("refuses a promise, which runs already, and says what to pass", async () => {
    await assert.rejects(
      run(Promise.resolve() as never),
      (error) => error instanceof InvalidArgument && error.message.includes("() =>"),
    );
  });

  it("waits for a foreign thenable that main returns", async () => {
    const thenable: PromiseLike<string> = {
      // oxlint-disable-next-line no-thenable -- a thenable of somebody else is the case under test
      then: (resolve, reject) =>
        sleep(1)
          .then(() => "done")
          .then(resolve, reject),
    };
    assert.equal(await run(() => thenable), "done");
  });

  it("does not look into the value of main", async () => {
    let looks = 0;
    const value = {
      toString: () => `${++looks}`,
      toJSON: () => ++looks,
      [Symbol.toPrimitive]: () => ++looks,
      [Symbol.for("nodejs.util.inspect.custom")]: () => `${++looks}`,
    };
    assert.ok((await run(async () => value)) === value);
    assert.equal(looks, 0);
  });

  it("throws NestedRun inside a live run", async () => {
    await run(() =>
      assert.rejects(
        run(() => sleep(0)),
        NestedRun,
      ),
    );
  });

  it("does not call the main that it refuses to nest", async () => {
    let called = false;
    const inner = (): void => {
      called = true;
    };
    await run(async () => {
      await assert.rejects(run(inner), NestedRun);
    });
    assert.equal(called, false);
  });
});

describe("The end of a run", () => {
  it("cancels background tasks and waits for them", async () => {
    let task: Task | undefined;
    const value = await run(() => {
      task = currentRuntime().background.spawn(() => sleep(100));
      return 123;
    });
    assert.equal(value, 123);
    assert.equal(task?.state, "cancelled");
  });

  it("reports the errors of background tasks that fail in their clean-up", async () => {
    const boom = new RangeError("clean-up");
    const reported: unknown[] = [];
    const value = await run(() => {
      currentRuntime().onUnhandled = (error) => reported.push(error);
      currentRuntime().background.spawn(() =>
        sleep(100).catch(() => {
          throw boom;
        }),
      );
      return 123;
    });
    assert.equal(value, 123);
    assert.deepEqual(reported, [boom]);
  });

  it("ends the generators of background tasks, also when main and they have failed", async () => {
    const steps: string[] = [];
    const reported: unknown[] = [];
    const [exit, boom] = [new Error("main"), new RangeError("background")];
    async function* fidget(): AsyncGenerator<number> {
      try {
        for (let count = 0; ; count++) {
          yield count;
          await sleep(1_000);
        }
      } finally {
        steps.push("generator ended");
      }
    }
    const main = (): never => {
      currentRuntime().onUnhandled = (error) => reported.push(error);
      currentRuntime().background.spawn(async () => {
        try {
          for await (const count of fidget()) steps.push(`item ${count}`);
        } catch {
          throw boom;
        }
      });
      throw exit;
    };
    await assert.rejects(run(main), (error) => error === exit);
    assert.deepEqual(steps, ["item 0", "generator ended"]);
    assert.deepEqual(reported, [boom]);
  });

  it("closes its background for good", async () => {
    const background = await run(() => currentRuntime().background);
    assert.throws(() => background.spawn(() => sleep(0)), ClosedGroup);
    assert.throws(() => background.spawn(() => sleep(0)), ClosedGroup);
  });

  it("gives the signals of the process back", async () => {
    const before = process.listenerCount("SIGINT");
    await run(() => assert.equal(process.listenerCount("SIGINT"), before + 1));
    assert.equal(process.listenerCount("SIGINT"), before);
  });
});

describe("The runtime of a run", () => {
  it("is its own, and the default one outside", async () => {
    const outside = currentRuntime();
    const first = await run(() => currentRuntime());
    const second = await run(() => currentRuntime());
    assert.equal(new Set([outside, first, second]).size, 3);
    assert.equal(currentRuntime(), outside);
  });

  it("is not debugged unless it is asked to be", async () => {
    assert.equal(await run(() => currentRuntime().debug), false);
  });

  it("can be told to debug", async () => {
    const debug = await run(() => {
      currentRuntime().debug = true;
      return currentRuntime().debug;
    });
    assert.equal(debug, true);
  });

  // Unlike asyncio, debugging is no option of run: the program switches it on.
  it("keeps its debugging to itself", async () => {
    await run(() => {
      currentRuntime().debug = true;
    });
    assert.equal(await run(() => currentRuntime().debug), false);
    assert.equal(currentRuntime().debug, false);
  });

  // Unlike asyncio, there is no runner that could be used or closed twice.
  it("serves one run: the next one begins with no task of it", async () => {
    await run(() => currentRuntime().background.spawn(() => sleep(100)));
    assert.equal(await run(() => currentRuntime().stats().tasks), 0);
  });

  it("keeps working for who closes nothing and runs again", async () => {
    const values: number[] = [];
    for (const value of [1, 2]) await run(() => sleep(0).then(() => values.push(value)));
    assert.deepEqual(values, [1, 2]);
  });

  // Unlike asyncio's Runner, which hands one context from run to run.
  it("has the context values neither of the run before nor of its caller", async () => {
    const variable = new ContextVar<number>("variable", -1);
    await run(() => variable.run(1, () => sleep(0)));
    assert.equal(await run(() => variable.get()), -1);
    assert.equal(await variable.run(2, () => run(() => variable.get())), -1);
  });
});
