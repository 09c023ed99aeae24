/** What simulated hosts and the links between them do when they are told to. */
import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { describe, it } from "node:test";
import {
  currentRuntime,
  InvalidArgument,
  sleep,
  withTaskGroup,
  withTimeout,
} from "../../../src/index.ts";
import {
  AddressInUse,
  connect,
  ConnectFailed,
  ConnectionRefused,
  ConnectionReset,
  listen,
  UnknownHost,
  type ByteStream,
} from "../../../src/io.ts";
import {
  explore,
  HostCrashed,
  simulate,
  SimulationFailed,
  Tape,
  type SimulatedHost,
  type Simulation,
} from "../../../src/testing.ts";

const PORT = 80;
const QUIET = { runs: 1 };

async function echo(stream: ByteStream): Promise<void> {
  for await (const chunk of stream) await stream.write(chunk);
  await stream.end();
}

/** Serves on `host` while `body` runs in the test. */
async function whileServing(
  host: SimulatedHost,
  handler: (stream: ByteStream) => unknown,
  body: () => Promise<void>,
): Promise<void> {
  await withTaskGroup(async (group) => {
    await group.startService("server", async (ready) => {
      try {
        await host.run(async () => {
          await using _ = await listen({ port: PORT }, handler);
          ready(undefined);
          await sleep(Infinity);
        });
      } catch (error) {
        if (!(error instanceof HostCrashed)) throw error;
      }
    });
    await body();
  });
}

const law = (title: string, body: (t: Simulation) => Promise<void>): void => {
  it(title, simulate(QUIET, body));
};

describe("Links between simulated hosts", () => {
  law("each way takes the least latency, unless the schedule chooses otherwise", async (t) => {
    const db = t.host("db");
    await whileServing(db, echo, async () => {
      const began = t.now();
      await using stream = await connect({ host: "db", port: PORT });
      assert.equal(t.now() - began, 2);
      await stream.write("x");
      await stream.read();
      assert.equal(t.now() - began, 4);
    });
  });

  law("two hosts can have a link of their own, with a rate", async (t) => {
    const db = t.host("db");
    t.network({ latencyMs: [50, 80], bytesPerSecond: 1_000, between: ["db", "the test"] });
    await whileServing(db, echo, async () => {
      await using stream = await connect({ host: "db", port: PORT });
      assert.equal(t.now(), 100);
      await stream.write("x".repeat(100));
      await stream.readExactly(100);
      assert.equal(t.now(), 400);
    });
  });

  it("other latencies of the range come up by choice, and connections overtake each other", async () => {
    const took = new Set<number>();
    const orders = new Set<string>();
    await explore({ runs: 60 }, async (t) => {
      const db = t.host("db");
      const order: string[] = [];
      await whileServing(db, echo, async () => {
        const ask = async (name: string): Promise<void> => {
          await using stream = await connect({ host: "db", port: PORT });
          took.add(t.now());
          await stream.write(name);
          await stream.read();
          order.push(name);
        };
        await withTaskGroup((group) => {
          for (const name of ["a", "b"]) group.spawn(name, ask, name);
        });
      });
      orders.add(order.join(""));
    });
    assert.ok(Math.min(...took) === 2 && Math.max(...took) === 20, [...took].join(" "));
    assert.deepEqual([...orders].toSorted(), ["ab", "ba"]);
  });

  law("a host has ports of its own, and localhost is itself", async (t) => {
    const [one, other] = [t.host("one"), t.host("other")];
    await whileServing(one, echo, async () => {
      await whileServing(other, echo, async () => {
        await one.run(async () => {
          await using stream = await connect({ host: "localhost", port: PORT });
          assert.deepEqual(stream.remote, { host: "127.0.0.1", port: PORT });
          await assert.rejects(listen({ port: PORT }, echo), AddressInUse);
        });
        await assert.rejects(connect({ host: "localhost", port: PORT }), ConnectionRefused);
        await assert.rejects(connect({ host: "third", port: PORT }), UnknownHost);
        await assert.rejects(connect({ host: "10.9.9.9", port: PORT }), (error) => {
          assert.ok(error instanceof ConnectFailed);
          return error.systemCode === "EHOSTUNREACH";
        });
      });
    });
  });

  law("a partition holds up what is sent; when it heals, all of it arrives in order", async (t) => {
    const db = t.host("db");
    await whileServing(db, echo, async () => {
      await using stream = await connect({ host: "db", port: PORT });
      const heal = t.partition(["db"], ["the test"]);
      await stream.write("one ");
      await stream.write("two");
      const began = t.now();
      setTimeout(heal, 5_000);
      assert.equal(new TextDecoder().decode(await stream.readExactly(7)), "one two");
      assert.ok(t.now() - began >= 5_000);
    });
  });

  law("a connection whose bytes do not get through is given up; one that is idle is not", async (t) => {
    const db = t.host("db");
    t.network({ giveUpMs: 2_000 });
    await whileServing(db, echo, async () => {
      await using busy = await connect({ host: "db", port: PORT });
      await using idle = await connect({ host: "db", port: PORT });
      t.partition(["db"], ["the test"]);
      await busy.write("x");
      await assert.rejects(busy.read(), (error) => {
        assert.ok(error instanceof ConnectionReset);
        return error.systemCode === "ETIMEDOUT";
      });
      await assert.rejects(connect({ host: "db", port: PORT }), (error) => {
        assert.ok(error instanceof ConnectFailed);
        return error.systemCode === "ETIMEDOUT";
      });
      t.heal();
      await idle.write("x");
      assert.equal((await idle.read())?.length, 1);
    });
  });
});

describe("A simulated host that crashes", () => {
  law("ends where it stands: run throws HostCrashed, and no finally is run", async (t) => {
    const db = t.host("db");
    const log: string[] = [];
    const running = db.run(async () => {
      try {
        log.push("begins");
        await sleep(1_000);
        log.push("goes on");
      } finally {
        log.push("cleans up");
      }
    });
    currentRuntime().callLater(500, () => db.crash());
    await assert.rejects(running, HostCrashed);
    await sleep(10_000);
    assert.deepEqual(log, ["begins"]);
    t.assertNothingAlive();
  });

  law(
    "starts anew with the next run: its background is empty, its ports are free, its clock is kept",
    async (t) => {
      const db = t.host("db", { skewMs: 700 });
      await db.run(async () => {
        currentRuntime().background.spawn("old", () => sleep(Infinity));
        await listen({ port: PORT }, echo);
      });
      db.crash();
      await db.run(async () => {
        assert.equal(currentRuntime().stats().tasks, 0);
        await using _ = await listen({ port: PORT }, echo);
      });
      assert.equal(db.skewMs, 700);
      db.crash();
      db.crash();
    },
  );

  law("resets its connections, and refuses new ones", async (t) => {
    const db = t.host("db");
    await whileServing(db, echo, async () => {
      await using stream = await connect({ host: "db", port: PORT });
      db.crash();
      await assert.rejects(stream.read(), ConnectionReset);
      await assert.rejects(connect({ host: "db", port: PORT }), ConnectionRefused);
    });
  });

  law("is dark when it crashes silently: peers give up, or are reset once it is back", async (t) => {
    const db = t.host("db");
    await whileServing(db, echo, async () => {
      await using gone = await connect({ host: "db", port: PORT });
      await using late = await connect({ host: "db", port: PORT });
      db.crash({ silently: true });
      const began = t.now();
      await gone.write("x");
      await assert.rejects(gone.read(), (error) => (error as ConnectionReset).systemCode === "ETIMEDOUT");
      assert.equal(t.now() - began, 30_001);
      await db.run(() => {});
      await late.write("x");
      await assert.rejects(
        late.read(),
        (error) => (error as ConnectionReset).systemCode === "ECONNRESET",
      );
    });
  });

  law("may crash from its own code: that goes on to its next wait only", async (t) => {
    const db = t.host("db");
    const log: string[] = [];
    const running = db.run(async () => {
      db.crash();
      log.push("still in this stretch");
      await sleep(1);
      log.push("beyond");
    });
    await assert.rejects(running, HostCrashed);
    await sleep(100);
    assert.deepEqual(log, ["still in this stretch"]);
    t.assertNothingAlive();
  });
});

describe("Faults of networks and hosts", () => {
  it("are each tried alone, at each of their places, and a bounded number of them together", async () => {
    const struck: number[] = [];
    const { faultRuns } = await explore(
      { runs: 60, faults: { network: { reset: true }, crashHosts: true }, maxFaultsPerRun: 2 },
      async (t) => {
        const db = t.host("db");
        let failures = 0;
        await whileServing(db, echo, async () => {
          for (let n = 0; n < 3; n++) {
            try {
              await using stream = await connect({ host: "db", port: PORT });
              await stream.write("x");
              await stream.end();
              // A peer that is dark says nothing, ever.
              await withTimeout(60_000, () => stream.readAll());
            } catch (error) {
              failures++;
              if (error instanceof ConnectionRefused) break;
            }
          }
        });
        struck.push(failures);
      },
    );
    assert.ok(faultRuns > 20, String(faultRuns));
    assert.ok(Math.max(...struck) <= 3);
    assert.ok(struck.includes(0) && struck.includes(1));
  });

  it("do not fail a run when they reach the body", async () => {
    await explore({ runs: 20, faults: { network: { reset: true } } }, async (t) => {
      const db = t.host("db");
      await whileServing(db, echo, async () => {
        await using stream = await connect({ host: "db", port: PORT });
        await stream.write("x");
        await stream.read();
      });
    });
  });

  it("are on the tape", () => {
    const tape = Tape.parse("tsyncio-tape-1.w.s0.fcnrplh2_5.any");
    assert.deepEqual(tape.faults, {
      cancel: true,
      throw: false,
      crashThreads: false,
      network: { reset: true, stall: false, partition: true, loss: true, copies: false },
      crashHosts: true,
      slowClockMs: 2.5,
    });
    assert.equal(String(tape), "tsyncio-tape-1.w.s0.fcnrplh2_5.any");
  });

  it("are refused where there are none of that name", () => {
    const wrong =
      (faults: object): (() => unknown) =>
      () =>
        simulate({ faults }, () => {});
    assert.throws(wrong({ network: { resets: true } }), /network of faults has no option "resets"/);
    assert.throws(wrong({ network: { reset: 1 } }), InvalidArgument);
    assert.throws(wrong({ network: 1 }), InvalidArgument);
    assert.throws(wrong({ crashHosts: "yes" }), InvalidArgument);
  });

  law("links and partitions that make no sense are refused", async (t) => {
    t.host("db");
    assert.throws(() => t.network({ latencyMs: [10, 1] }), InvalidArgument);
    assert.throws(() => t.network({ latencyMs: Infinity }), InvalidArgument);
    assert.throws(() => t.network({ bytesPerSecond: 0 }), InvalidArgument);
    assert.throws(() => t.network({ between: ["db", "dc"] }), /no host is called "dc"/);
    assert.throws(() => t.partition(["db"], ["dc"]), /There are "the test", "db"/);
  });

  it("the platform's sockets stay refused, and the refusal says what to use", async () => {
    await assert.rejects(
      explore(() => {
        createConnection(80, "127.0.0.1");
      }),
      (error) => error instanceof SimulationFailed && /tsyncio\/io/.test(error.message),
    );
  });
});
