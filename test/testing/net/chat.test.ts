/** A chat with a line protocol on a simulated network, with partitions, resets, stalls and crashes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { brandOf } from "../../../src/base/tsyncio-error.ts";
import { Queue, sleep, withTaskGroup, withTimeout } from "../../../src/index.ts";
import { connect, listen, type ByteStream } from "../../../src/io.ts";
import { explore, HostCrashed, type SimulatedHost, type Simulation } from "../../../src/testing.ts";
import { draws, drawsText } from "../../draws.ts";

const PORT = 6_667;
const LINES = 2;
const NAMES = ["ann", "bob"];

const EXPECTED = new Set([
  "TSY_CONNECTION_RESET",
  "TSY_CONNECTION_REFUSED",
  "TSY_CONNECT_FAILED",
  "TSY_TIMEOUT",
  "TSY_HOST_CRASHED",
]);

/** Hands each line to everybody, with a number. A client that does not keep up is cut. */
class Hub {
  readonly #life: number;
  readonly #outboxes = new Map<ByteStream, Queue<string>>();
  #next = 0;

  constructor(life: number) {
    this.#life = life;
  }

  async serve(stream: ByteStream): Promise<void> {
    const outbox = new Queue<string>({ capacity: 100 });
    this.#outboxes.set(stream, outbox);
    try {
      await withTaskGroup((group) => {
        group.spawn("outbox", async () => {
          for await (const line of outbox) await stream.write(line);
          await stream.end();
        });
        group.spawn("inbox", async () => {
          for await (const line of stream.lines()) this.#tellAll(line);
          outbox.close();
        });
      });
    } finally {
      this.#outboxes.delete(stream);
    }
  }

  #tellAll(line: string): void {
    const numbered = `${this.#life}/${this.#next++} ${line}.\n`;
    for (const [stream, outbox] of this.#outboxes)
      if (!outbox.stats().isClosed && !outbox.tryPut(numbered)) stream.abort();
  }
}

async function keepHub(host: SimulatedHost): Promise<void> {
  for (let life = 0; ; life++) {
    try {
      await host.run(async () => {
        const hub = new Hub(life);
        await using _ = await listen({ port: PORT }, (stream) => hub.serve(stream));
        await sleep(Infinity);
      });
    } catch (error) {
      if (!(error instanceof HostCrashed)) throw error;
      await sleep(50);
    }
  }
}

/** Says its lines, hears what is said until the hub has no more, and begins anew when something fails. */
async function chat(host: SimulatedHost, name: string, heard: string[][]): Promise<boolean> {
  for (let attempt = 0; attempt < 4; attempt++) {
    const lines: string[] = [];
    heard.push(lines);
    try {
      await withTimeout(60_000, () => host.run(() => talk(`${name}${attempt}`, lines)));
      return true;
    } catch (error) {
      if (!EXPECTED.has(brandOf(error) ?? "")) throw error;
      await sleep(100);
    }
  }
  return false;
}

async function talk(name: string, lines: string[]): Promise<void> {
  await using stream = await connect({ host: "hub", port: PORT });
  await withTaskGroup((group) => {
    group.spawn("ear", async () => {
      for await (const line of stream.lines()) lines.push(line);
    });
    group.spawn("mouth", async () => {
      for (let n = 0; n < LINES; n++) await stream.write(`${name} says ${n}`.concat("\n"));
      await stream.end();
    });
  });
}

const FORM = /^(\d+)\/(\d+) ((?:ann|bob)\d says \d)\.$/;

/** Nobody hears a torn line, or one twice, or in another order than the others. */
function check(heard: readonly (readonly string[])[]): void {
  const said = new Map<string, string>();
  const numbers = new Map<string, string>();
  for (const lines of heard) {
    let last = -1;
    for (const line of lines) {
      const [, life = "", number = "", text = ""] = FORM.exec(line) ?? assert.fail(`torn: ${line}`);
      const place = Number(life) * 1_000 + Number(number);
      assert.ok(place > last, `${line} after ${last}`);
      last = place;
      const key = `${life}/${number}`;
      assert.equal(said.get(key) ?? text, text, "one number, two texts");
      assert.equal(numbers.get(text) ?? key, key, "one text, two numbers");
      said.set(key, text);
      numbers.set(text, key);
    }
  }
}

async function program(t: Simulation): Promise<boolean> {
  const hub = t.host("hub");
  const heard: string[][] = [];
  let isWhole = false;
  await withTaskGroup(async (group) => {
    group.spawnService("hub", () => keepHub(hub));
    const clients = NAMES.map((name) => group.spawn(name, () => chat(t.host(name), name, heard)));
    const results = await Promise.all(clients.map((client) => client.join()));
    isWhole = results.every(Boolean);
  });
  check(heard);
  t.assertNothingAlive();
  return isWhole;
}

describe("A chat on a simulated network", () => {
  it("is heard in one order by all, and each line whole and once, under every schedule", async () => {
    await explore({ runs: 30 }, async (t) => assert.ok(await program(t)));
  });

  it(`keeps to that whatever fails, and serves on, in ${drawsText(100)} runs`, async () => {
    const faults = { network: true, crashHosts: true };
    let came = 0;
    const runs = draws(100);
    const options = { runs, faults, maxFaultsPerRun: 3, maxFaultRuns: 40 };
    const { faultRuns } = await explore(options, async (t) => {
      if (await program(t)) came++;
    });
    // Four attempts, and three faults at most: somebody comes through in the end.
    assert.equal(came, runs + 1 + faultRuns);
  });
});
