import assert from "node:assert/strict";
import { describe, it } from "node:test";
import timers from "node:timers";
import process from "node:process";
import { sleep, withTimeoutOr } from "../../src/index.ts";
import { explore, SimulationFailed, simulate } from "../../src/testing.ts";

/** Every property that a simulation may have touched, as it is. */
function surroundings(): unknown[] {
  const owners: object[] = [
    globalThis,
    Date,
    Date.prototype,
    Math,
    performance,
    crypto,
    AbortSignal,
    process,
    timers,
  ];
  return [
    ...owners.flatMap((owner) =>
      Reflect.ownKeys(owner).map((key) => [key, Object.getOwnPropertyDescriptor(owner, key)]),
    ),
    process.rawListeners("unhandledRejection"),
    process.rawListeners("uncaughtException"),
  ];
}

describe("The platform", () => {
  it("is given back as it was, after runs that pass, that fail, and that touch what they must not", async () => {
    // Node loads what is behind fetch when it is first read, and leaves symbols of it on the globals.
    await assert.rejects(
      explore(() => fetch("http://127.0.0.1:1/")),
      SimulationFailed,
    );
    const before = surroundings();
    await simulate(() => sleep(1))();
    assert.deepEqual(surroundings(), before);
    const failing = [
      () => Promise.reject(new Error("failed")),
      () => new Promise(() => {}),
      () => fetch("http://127.0.0.1:1/"),
      () => {
        setTimeout(() => {
          throw new Error("in a timer");
        }, 1);
        return sleep(5);
      },
    ];
    for (const body of failing) {
      await assert.rejects(explore(body), SimulationFailed);
      assert.deepEqual(surroundings(), before);
    }
  });

  it("is captured while a simulation lives, and real for code outside it", async () => {
    const outside: number[] = [];
    const watch = (async () => {
      for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => setImmediate(resolve));
        outside.push(Date.now());
      }
    })();
    await explore(async () => {
      assert.ok(Date.now() < 1e12);
      await sleep(1_000_000);
    });
    await watch;
    assert.ok(outside.every((ms) => ms > 1.7e12));
  });
});

describe("Code that knows nothing of the library", () => {
  it("lives in virtual time, and its timers fire in their order", async () => {
    await simulate({ runs: 20 }, async (t) => {
      const seen: string[] = [];
      const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
      const every = setInterval(() => seen.push(`tick ${Date.now() - 946_684_800_000}`), 400);
      setImmediate(() => seen.push("immediate"));
      const started = performance.now();
      await pause(1_000);
      clearInterval(every);
      assert.equal(performance.now() - started, 1_000);
      assert.equal(t.now(), 1_000);
      assert.deepEqual(seen, ["immediate", "tick 400", "tick 800"]);
    })();
  });

  it("is explored together with ours: which of two timers of one instant fires first is a choice", async () => {
    const orders = new Set<string>();
    await explore({ runs: 50 }, async () => {
      let order = "";
      setTimeout(() => (order += "t"), 10);
      await sleep(10);
      order += "s";
      await sleep(1);
      orders.add(order);
    });
    assert.deepEqual([...orders].sort(), ["st", "ts"]);
  });

  it("is stopped by a time limit through its signal, at the virtual instant", async () => {
    await simulate(async (t) => {
      const signal = AbortSignal.timeout(5_000);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      assert.equal(t.now(), 5_000);
      assert.equal((signal.reason as Error).name, "TimeoutError");
      assert.equal(await withTimeoutOr(10, () => sleep(20), "late"), "late");
    })();
  });

  it("draws the same chance in each run", async () => {
    const drawn = new Set<string>();
    await explore({ runs: 5 }, async () => {
      const bytes = crypto.getRandomValues(new Uint8Array(8));
      await sleep(1);
      drawn.add([Math.random(), crypto.randomUUID(), bytes.join()].join(" "));
    });
    assert.equal(drawn.size, 1);
    assert.notEqual(Math.random(), Number([...drawn][0]?.split(" ")[0]));
  });
});
