import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  checkpoint,
  currentRuntime,
  Deadlock,
  detached,
  Lock,
  Semaphore,
  sleep,
  withShield,
  withTaskGroup,
} from "../../src/index.ts";
import { explore, LeakedTask, Livelock, RealIo, StrayWork } from "../../src/testing.ts";
import { runProgram } from "../fixtures/child.ts";
import { failureOf } from "./failure-of.ts";

describe("A simulation ends a run at once, with the tree,", () => {
  it("when its body throws, and throws what it threw as the cause", async () => {
    const reason = new RangeError("out of stock");
    const error = await failureOf({}, async () => {
      await sleep(1);
      throw reason;
    });
    assert.equal(error.kind, "error");
    assert.equal(error.cause, reason);
    assert.match(
      error.message,
      /^TSY_SIMULATION_FAILED: error: RangeError: out of stock\nfound in run 1 of 100 \(production order\)/,
    );
  });

  it("when everything waits for ever", async () => {
    const error = await failureOf({}, async () => {
      const lock = new Lock({ name: "ledger" });
      await withTaskGroup(async (group) => {
        await lock.acquire();
        group.spawn("auditor", () => lock.acquire());
      });
    });
    assert.equal(error.kind, "deadlock");
    assert.ok(error.cause instanceof Deadlock);
    assert.match(error.message, /auditor waiting: lock.acquire of ledger since 0 ms/);
  });

  it("when a foreign promise never settles, which counts as waiting", async () => {
    const error = await failureOf({}, () => new Promise(() => {}));
    assert.equal(error.kind, "deadlock");
    assert.match(error.message, /test running user code/);
  });

  it("when tasks go on and on while no virtual time passes", async () => {
    const spin = (steps: number) => async (): Promise<void> => {
      for (let i = 0; i < steps; i++) await checkpoint();
    };
    const error = await failureOf({ maxStepsAtOnce: 3_000 }, spin(10_000));
    assert.equal(error.kind, "livelock");
    assert.ok(error.cause instanceof Livelock);
    assert.match(
      error.message,
      /\d+ steps were taken while no virtual time passed. A loop that waits for nothing must sleep.* raise maxStepsAtOnce/,
    );
    await explore({ maxStepsAtOnce: 3_000, runs: 2 }, spin(2_990));
    await explore({ maxStepsAtOnce: 3_000, runs: 2 }, async () => {
      for (let i = 0; i < 3; i++) {
        await spin(2_000)();
        await sleep(1);
      }
    });
  });

  it("when a run has more steps than it may", async () => {
    const poll = (times: number) => async (): Promise<void> => {
      for (let i = 0; i < times; i++) await sleep(10);
    };
    const error = await failureOf({ maxSteps: 200 }, poll(Infinity));
    assert.equal(error.kind, "livelock");
    assert.match(error.message, /has not ended after 20\d steps and 10\d0 ms. Bound what is retried/);
    await explore({ maxSteps: 200, runs: 2 }, poll(90));
  });

  it("when a background task outlives the body, unless that is allowed", async () => {
    const leave = (): void => void currentRuntime().background.spawn("heartbeat", () => sleep(1_000));
    const error = await failureOf({}, leave);
    assert.equal(error.kind, "leaked task");
    assert.ok(error.cause instanceof LeakedTask);
    assert.match(error.message, /heartbeat waiting: sleep/);
    await explore({ background: "cancel" }, leave);
  });

  it("not when a background task ends by itself without time passing", async () => {
    await explore(() => {
      currentRuntime().background.spawn(async () => {
        for (let i = 0; i < 20; i++) await checkpoint();
      });
    });
  });

  it("when work is left waiting in a scope that was left", async () => {
    const error = await failureOf({}, async () => {
      await withTaskGroup(() => {
        void sleep(10);
        void sleep(20);
      });
    });
    assert.equal(error.kind, "stray work");
    assert.ok(error.cause instanceof StrayWork);
    assert.match(
      error.message,
      /withTaskGroup ended while work it had begun was still waiting: sleep, sleep/,
    );
  });

  it("when an error is caught by nobody: of a background task, a timer, a callback", async () => {
    const lost = new Error("lost");
    const throws = (): never => {
      throw lost;
    };
    const ways: (() => void)[] = [
      () => void currentRuntime().background.spawn(throws),
      () => void setTimeout(throws, 5),
      () => void setImmediate(throws),
      () => currentRuntime().callSoon(throws),
    ];
    for (const way of ways) {
      const error = await failureOf({}, async () => {
        way();
        await sleep(10);
      });
      assert.equal(error.kind, "unhandled error", String(way));
      assert.equal(error.cause, lost, String(way));
    }
  });

  it("when nobody handles a rejection, or catches what a microtask or an abort listener throws", async () => {
    const { output, errors } = await runProgram("simulated-unhandled.ts");
    assert.deepEqual(
      output.trim().split("\n"),
      [
        "rejection: unhandled error, the error itself",
        "async function: unhandled error, the error itself",
        "microtask: unhandled error, the error itself",
        "abort listener: unhandled error, the error itself",
        "heard outside: 0",
      ],
      errors,
    );
  });

  it("when an invariant breaks at any step, though it holds again at the end", async () => {
    const body =
      (most: number) =>
      async (t: { invariant(check: () => unknown): void }): Promise<void> => {
        const pool = new Semaphore(2);
        let used = 0;
        t.invariant(() => assert.ok(used <= most, `${used} in use`));
        const use = async (): Promise<void> => {
          using _ = await pool.acquire();
          used++;
          await checkpoint();
          used--;
        };
        await withTaskGroup((group) => {
          for (const name of "abc") group.spawn(name, use);
        });
      };
    await explore(body(2));
    const error = await failureOf({}, body(1));
    assert.equal(error.kind, "broken invariant");
    assert.match(error.message, /2 in use/);
  });

  it("when real I/O is touched, even where the program catches the error", async () => {
    const error = await failureOf({}, async () => {
      const { createConnection } = (await import("node:net")).default;
      try {
        createConnection(1);
      } catch {
        // A program that takes it for an ordinary failure.
      }
    });
    assert.equal(error.kind, "real I/O");
    assert.ok(error.cause instanceof RealIo);
    assert.match(error.message, /node:net \S+ was called in test, inside a simulation/);
  });

  it("and lets the program clean up in virtual time, as far as that comes to an end", async () => {
    const cleaned: string[] = [];
    const error = await failureOf({ runs: 1 }, async () => {
      await withTaskGroup((group) => {
        group.spawn("tidy", async () => {
          try {
            await sleep(Infinity);
          } finally {
            await withShield(1_000, () => sleep(500));
            cleaned.push("tidy");
          }
        });
        group.spawn("stuck", async () => {
          try {
            await sleep(5);
            currentRuntime().background.spawn(() => Promise.reject(new Error("lost")));
            await sleep(Infinity);
          } finally {
            await new Promise(() => {});
          }
        });
      });
    });
    assert.equal(error.kind, "unhandled error");
    assert.deepEqual(cleaned, ["tidy", "tidy"]); // the run, and its replay
  });
});

describe("A failing run", () => {
  it("is told as a table with a column per task, and a star at what was chosen", async () => {
    const error = await failureOf({ runs: 1_000, strategy: "random" }, async () => {
      let stock = 1;
      const buy = async (): Promise<void> => {
        const enough = stock > 0;
        await checkpoint();
        if (enough) stock--;
      };
      await withTaskGroup((group) => {
        group.spawn("reader", async () => {
          await checkpoint();
          await buy();
        });
        group.spawn("writer", async () => {
          for (let i = 0; i < 3; i++) await checkpoint();
          await buy();
        });
      });
      assert.equal(stock, 0);
    });
    assert.match(error.message, /FIFO except step \d: task writer before reader/);
    const lines = error.message.split("\n");
    assert.ok(lines.includes(" step |    ms | reader  | writer"), error.message);
    assert.ok(
      lines.some((line) => /^\* +\d \| +0 \| +\| goes first$/.test(line)),
      error.message,
    );
    assert.match(
      error.message,
      /To replay it, add the tape to the options: simulate\(\{ tape: "tsyncio-tape-1\.w\.s0\.f\.n\d+-[0-9a-f]{8}\.\d=1-[0-9a-f]{8}" \}, \.\.\.\)/,
    );
  });

  it("does not see what was begun outside, or what detached code of another run does", async () => {
    let outside = 0;
    const ticking = setInterval(() => outside++, 1);
    await explore({ background: "cancel" }, async () => {
      detached(() => void sleep(5).catch(() => {}));
      await sleep(100_000);
    });
    clearInterval(ticking);
    assert.ok(outside < 1_000);
  });
});
