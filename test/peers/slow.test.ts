/**
 * slowhttptest against our server: many clients that send their heads or bodies, or take their replies, as slowly as they can, to use up what
 * a server has. While it goes on other clients are served, and when it is over nothing of it is left.
 */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { HttpClient, serve, type HttpServer } from "../../src/http.ts";
import type { HttpServerStats, ServeOptions } from "../../src/http.ts";
import { pieces, soon } from "./judged.ts";
import { Running } from "./programs.ts";

/** What memory may grow by for each attacker, and what a collector may happen to keep. */
const ALLOWED_BYTES = 131_072;
const ALLOWANCE_BYTES = 192 * 2 ** 20;

interface Attack {
  readonly attackers: number;
  /** How long it goes on. */
  readonly seconds: number;
  readonly options: ServeOptions;
  readonly args: readonly string[];
}

function attack(server: HttpServer, { attackers, seconds, args }: Attack): Running {
  const load = [
    "-c",
    String(attackers),
    "-r",
    String(attackers),
    "-l",
    String(seconds),
    "-i",
    "1",
    "-p",
    "3",
  ];
  return new Running("slowhttptest", [...load, "-u", `${server.url}/attacked`, ...args]);
}

/** Runs the attack, and other clients beside it. Gives what the server has counted. */
async function underAttack(t: TestContext, how: Attack): Promise<HttpServerStats> {
  await using server = await serve(
    async (request) => {
      if (request.path === "/hello") return "hello";
      if (request.method === "POST") return `${(await request.bytes()).length}`;
      return pieces(4_000_000);
    },
    { host: "127.0.0.1", onError: () => {}, ...how.options },
  );
  const before = process.memoryUsage().rss;
  let attackers = 0;
  let grownBytes = 0;
  const times: number[] = [];
  {
    await using attacking = attack(server, how);
    await using http = new HttpClient({ baseUrl: server.url, maxConnections: 4 });
    let isOver = false;
    const ended = attacking.ended().then(() => (isOver = true));
    while (!isOver) {
      const start = performance.now();
      // Every other one on a connection of its own.
      if (times.length % 2 === 0) assert.equal(await http.get("/hello").text(), "hello");
      else {
        const response = await fetch(`${server.url}/hello`, { headers: { connection: "close" } });
        assert.equal(await response.text(), "hello");
      }
      times.push(performance.now() - start);
      attackers = Math.max(attackers, server.stats().connections);
      grownBytes = Math.max(grownBytes, process.memoryUsage().rss - before);
      const next = performance.now() + 5;
      await soon("a time", () => performance.now() >= next);
    }
    await ended;
    assert.match(attacking.written, /test status on|Exit status/i);
  }
  times.sort((one, other) => one - other);
  const of = (part: number): string => (times[Math.floor((times.length - 1) * part)] ?? NaN).toFixed(1);
  t.diagnostic(
    `slowhttptest ${how.args.join(" ")}: ${times.length} other requests, p50 ${of(0.5)} ms, p99 ${of(0.99)} ms, ` +
      `${attackers} connections, memory +${(grownBytes / 2 ** 20).toFixed(0)} MiB`,
  );
  assert.ok(times.length > 3, `only ${times.length} other requests`);
  assert.ok(attackers > how.attackers / 4, `only ${attackers} attackers at the same time`);
  const allowedBytes = how.attackers * ALLOWED_BYTES + ALLOWANCE_BYTES;
  assert.ok(grownBytes < allowedBytes, `memory grew by ${grownBytes} bytes`);
  await soon("no connection is left", () => server.stats().connections === 0, 10_000);
  const stats = server.stats();
  assert.deepEqual([stats.inFlight, stats.queued, stats.failed], [0, 0, 0]);
  return stats;
}

describe("A server under slowhttptest", () => {
  it("is not held up by slow heads, which it ends", async (t) => {
    const options = { headMs: 2_000 };
    const args = ["-H", "-x", "24"];
    const { timedOut } = await underAttack(t, { attackers: 400, seconds: 4, options, args });
    assert.ok(timedOut > 100, `${timedOut} were ended`);
  });

  it("is not held up by slow bodies, which it ends", async (t) => {
    const args = ["-B", "-s", "100000", "-x", "10"];
    const { timedOut } = await underAttack(t, { attackers: 400, seconds: 8, options: {}, args });
    assert.ok(timedOut > 100, `${timedOut} were ended`);
  });

  it("is not held up by clients that hardly take their replies, which it ends", async (t) => {
    const options = { sendMs: 2_000 };
    const args = ["-X", "-w", "1024", "-y", "4096", "-n", "1", "-z", "256"];
    const { timedOut } = await underAttack(t, { attackers: 100, seconds: 5, options, args });
    assert.ok(timedOut > 10, `${timedOut} were ended`);
  });
});
