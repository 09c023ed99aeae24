import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  currentRuntime,
  InvalidArgument,
  sleep,
  withTaskGroup,
  withTimeoutOr,
} from "../../src/index.ts";
import { formatTree } from "../../src/inspect.ts";
import { importThread, mapInThreads, ThreadCrashed, ThreadPool } from "../../src/threads.ts";
import { explore, simulate, SimulationFailed, Tape, virtual } from "../../src/testing.ts";
import { requestId } from "../fixtures/thread-work.ts";

const address = new URL("../fixtures/thread-work.ts", import.meta.url);
const work = importThread<typeof import("../fixtures/thread-work.ts")>(address);

describe("Simulated threads", () => {
  it(
    "take no virtual time, and two work at the same time",
    virtual(async (time) => {
      assert.equal(await work.add(1, 2), 3);
      assert.equal(time.now(), 0);
      await all([() => work.rest(10), () => work.rest(10), () => work.rest(10)]);
      assert.equal(time.now(), 20);
    }),
  );

  it(
    "copy what goes in and out, as real ones do",
    virtual(async () => {
      const bytes = new Uint8Array([1, 2]);
      assert.equal(await work.sum(bytes), 3);
      await assert.rejects(work.uncloneable(), /the result of uncloneable\(\)/);
      await requestId.run("r7", async () => assert.equal((await work.context())[0], "r7"));
    }),
  );

  it(
    "are given back at the end of a simulation that is strict about what is alive",
    simulate({ runs: 20 }, async (t) => {
      assert.equal(await work.add(1, 2), 3);
      t.assertNothingAlive();
    }),
  );

  it(
    "work nested",
    virtual(async () => {
      assert.equal(await work.nested(41), 42);
    }),
  );

  it(
    "can be shared by the simulated hosts of a run",
    simulate({ runs: 5 }, async (t) => {
      const pool = new ThreadPool({ threads: 1 });
      const pooled = importThread<typeof import("../fixtures/thread-work.ts")>(address, { pool });
      assert.equal(await t.host("other").run(() => pooled.add(1, 2)), 3);
    }),
  );

  it("are not mixed up with real ones: a pool belongs to its world", async () => {
    await using outside = new ThreadPool({ threads: 1 });
    const outer = importThread<typeof import("../fixtures/thread-work.ts")>(address, { pool: outside });
    await virtual(async () => {
      await assert.rejects(outer.add(1, 2), InvalidArgument);
      await assert.rejects(outside.ready(), /made outside of this simulation/);
    })();
    assert.equal(outside.stats().threads, 0);
  });

  it(
    "show in the tree what waits for them",
    virtual(async (time) => {
      await withTimeoutOr(
        5,
        async () => {
          await withTaskGroup(async (group) => {
            group.spawn("asks", () => work.rest(60_000));
            group.spawn("also", () => work.rest(60_000));
            group.spawn("waits", () => work.rest(60_000));
            await time.settled();
            const tree = formatTree();
            assert.match(tree, /asks waiting: rest\(\) in thread 1 of the shared thread pool/);
            assert.match(tree, /waits waiting: a thread of the shared thread pool for rest\(\)/);
          });
        },
        undefined,
      );
    }),
  );

  it(
    "end with the runtime, and take their background work with them",
    virtual(async () => {
      currentRuntime().background.spawn(() => work.rest(60_000));
      await sleep(1);
    }),
  );
});

describe("A simulation with threads", () => {
  it("finds a lost update between two calls, and replays it", async () => {
    const account = async (): Promise<void> => {
      let balance = 0;
      const deposit = async (amount: number): Promise<void> => {
        const before = balance;
        balance = await work.add(before, amount);
      };
      await all([() => deposit(1), () => deposit(2)]);
      assert.equal(balance, 3);
    };
    const failure = await explore({ runs: 20 }, account).then(
      () => assert.fail("not found"),
      (error: unknown) => error as SimulationFailed,
    );
    assert.ok(failure instanceof SimulationFailed);
    await assert.rejects(explore({ tape: failure.tape }, account), SimulationFailed);
  });

  it("sees answers in every order", async () => {
    const orders = new Set<string>();
    await explore({ runs: 200 }, async () => {
      const order: number[] = [];
      await all([1, 2].map((n) => async () => order.push(await work.add(n, 0))));
      orders.add(order.join());
    });
    assert.deepEqual([...orders].sort(), ["1,2", "2,1"]);
  });

  it("crashes threads where that is asked for, each call and each answer in turn", async () => {
    let crashes = 0;
    let results = 0;
    const { faultRuns } = await explore({ runs: 100, faults: { crashThreads: true } }, async (t) => {
      const pool = new ThreadPool({ threads: 1 });
      const pooled = importThread<typeof import("../fixtures/thread-work.ts")>(address, { pool });
      for (const n of [1, 2]) {
        try {
          assert.equal(await pooled.add(n, 0), n);
          results++;
        } catch (error) {
          if (!(error instanceof ThreadCrashed)) throw error;
          assert.match((error.cause as Error).message, /did this on purpose/);
          crashes++;
        }
      }
      t.assertNothingAlive();
    });
    assert.equal(faultRuns, 4, "two calls, each before it begins and before it answers");
    assert.ok(crashes >= 2 && results > crashes, `${crashes} crashes, ${results} results`);
  });

  it("keeps what a crash may do off the other calls of a mapping", async () => {
    await explore({ runs: 60, faults: { crashThreads: true } }, async () => {
      const results: number[] = [];
      try {
        for await (const value of mapInThreads([1, 2, 3, 4], work.double)) results.push(value);
        assert.deepEqual(results, [2, 4, 6, 8]);
      } catch (error) {
        assert.ok(error instanceof ThreadCrashed);
        assert.deepEqual(results, [2, 4, 6, 8].slice(0, results.length));
      }
    });
  });

  it("survives cancellations and errors at every wait", async () => {
    await explore({ runs: 100, faults: { cancel: true, throw: true } }, async () => {
      const pool = new ThreadPool({ threads: 1 });
      const pooled = importThread<typeof import("../fixtures/thread-work.ts")>(address, { pool });
      try {
        await all([() => pooled.rest(5), () => pooled.add(1, 2), () => pooled.rest(1)]);
      } finally {
        const { busy, queued } = pool.stats();
        assert.deepEqual({ busy, queued }, { busy: 0, queued: 0 });
      }
    });
  });

  it("keeps on its tape that threads could crash", () => {
    const tape = Tape.parse("tsyncio-tape-1.p.s0.fcx2_5.any");
    const off = { throw: false, network: false, crashHosts: false };
    assert.deepEqual(tape.faults, { cancel: true, crashThreads: true, slowClockMs: 2.5, ...off });
    assert.equal(String(tape), "tsyncio-tape-1.p.s0.fcx2_5.any");
    assert.throws(() => simulate({ faults: { crashThreads: 1 as never } }, () => {}), InvalidArgument);
  });
});
