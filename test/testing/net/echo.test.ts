/** An echo server on a simulated network: under a thousand schedules with partitions, resets, stalls and crashes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, TimeoutError, withTaskGroup, withTimeout } from "../../../src/index.ts";
import { connect, listen } from "../../../src/io.ts";
import { explore, HostCrashed, type SimulatedHost, type Simulation } from "../../../src/testing.ts";
import { brandOf } from "../../../src/base/tsyncio-error.ts";
import { draws, drawsText } from "../../draws.ts";

const PORT = 7;
const PIECES = ["hello ", "world, ", "how are you?"];
const SENT = PIECES.join("");

/** What a client must expect where networks and hosts fail. */
const EXPECTED = new Set([
  "TSY_CONNECTION_RESET",
  "TSY_CONNECTION_REFUSED",
  "TSY_CONNECT_FAILED",
  "TSY_TIMEOUT",
  "TSY_HOST_CRASHED",
]);

/** Runs the server until it is cancelled, and again after each crash of its host. */
async function keepServing(host: SimulatedHost): Promise<void> {
  for (;;) {
    try {
      await host.run(async () => {
        await using _ = await listen({ port: PORT }, async (stream) => {
          for await (const chunk of stream) await stream.write(chunk);
          await stream.end();
        });
        await sleep(Infinity);
      });
    } catch (error) {
      if (!(error instanceof HostCrashed)) throw error;
      await sleep(100);
    }
  }
}

/** Sends all, and gives what comes back, to its end or to the first failure. */
async function echoed(host: SimulatedHost, got: string[]): Promise<void> {
  await host.run(async () => {
    await using stream = await connect({ host: "server", port: PORT });
    await withTaskGroup((group) => {
      group.spawn("writer", async () => {
        for (const piece of PIECES) await stream.write(piece);
        await stream.end();
      });
      group.spawn("reader", async () => {
        for await (const chunk of stream) got.push(new TextDecoder().decode(chunk));
      });
    });
  });
}

function program(t: Simulation, whole: { count: number }): Promise<void> {
  const [server, client] = [t.host("server"), t.host("client")];
  return withTaskGroup(async (group) => {
    group.spawnService("server", () => keepServing(server));
    const got: string[] = [];
    try {
      await withTimeout(100_000, () => echoed(client, got));
      assert.equal(got.join(""), SENT);
      whole.count++;
    } catch (error) {
      if (!EXPECTED.has(brandOf(error) ?? "") && !(error instanceof TimeoutError)) throw error;
    }
    assert.ok(SENT.startsWith(got.join("")), `not a prefix: ${got.join("|")}`);
  });
}

describe("An echo server on a simulated network", () => {
  it("sends everything back where there are no faults, under every schedule", async () => {
    const whole = { count: 0 };
    const { runs } = await explore({ runs: 100 }, async (t) => {
      await program(t, whole);
      t.assertNothingAlive();
    });
    assert.equal(whole.count, runs + 1, "one more for the check of determinism");
  });

  it(`sends back a prefix of what it was sent, whatever fails, in ${drawsText(100)} runs, and leaves nothing alive`, async () => {
    const whole = { count: 0 };
    const faults = { network: true, crashHosts: true };
    const { runs, faultRuns } = await explore(
      { runs: draws(100), faults, maxFaultsPerRun: 3 },
      async (t) => {
        await program(t, whole);
        t.assertNothingAlive();
      },
    );
    assert.equal(runs, draws(100));
    assert.ok(faultRuns > 50, `${faultRuns} runs with one fault`);
    assert.ok(
      whole.count > runs / 10 && whole.count < runs + faultRuns,
      `${whole.count} came through whole`,
    );
  });
});
