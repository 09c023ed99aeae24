/** Every program of examples/ runs as its readers run it, and prints what it should. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";

const root = join(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

/** Exactly these lines. */
const outputs: Readonly<Record<string, readonly string[]>> = {
  "build-steps.ts": [
    "types: 2 files",
    "types: done",
    "types: ended",
    "tests: ended",
    "server: ended",
    "status 1: expected 1, got 2",
  ],
  "chat.ts": [
    "* Ada is here",
    "Ada: hello",
    "Ada: is anybody here?",
    "* Ada has left",
    "* Grace is here",
    "Grace: I am",
    "* Grace has left",
  ],
  "crawler.ts": [
    "200 /",
    "200 /a",
    "200 /a/1",
    "200 /a/2",
    "200 /b",
    "200 /c",
    "200 /c/1",
    "404 /gone",
    "8 requests",
  ],
  "first-program.ts": ["1256 50412"],
  "gateway.ts": ['{"here":{"pieces":3},"there":{"pieces":3}}', "404 no such item", "0 queries running"],
  "hash-in-threads.ts": [
    "one: ea11b5dde378",
    "1000 digests, the last is c90f67f5e0ab",
    "searched: not found in time",
    "true nothing to digest",
  ],
  "producer-consumer.ts": ["9 dishes served, 0 left", "soup in order: soup 1, soup 2, soup 3, soup 4"],
  "single-flight.ts": ["5 answers, 2 queries", "rejected, fulfilled - 3 queries"],
  "time-limit-with-clean-up.ts": [
    "BEGIN ...",
    "BEGIN done",
    "UPDATE ...",
    "ROLLBACK ...",
    "ROLLBACK done",
    "connection closed",
    "TSY_TIMEOUT: main > withTimeout did not end within 100 ms.",
  ],
  "with-express.ts": [
    '200 ["orders","stock"]',
    "504 too slow - 0 queries running",
    "client leaves",
    "the client has left, 0 queries running",
  ],
  "with-fastify.ts": [
    '200 ["orders","stock"]',
    "504 too slow - 0 queries running",
    "client leaves",
    "the client has left, 0 queries running",
  ],
};
const testedBelow = ["graceful-shutdown.ts", "tour.ts"];

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

class Example {
  readonly #child;
  readonly ended: Promise<Ended>;
  #out = "";
  #err = "";
  #watch = (): void => {};

  constructor(file: string, args: readonly string[] = []) {
    const command = ["--conditions=tsyncio-source", join(root, "examples", file), ...args];
    const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#out += text;
      this.#watch();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#err += text;
    });
    this.ended = new Promise((resolve) => {
      child.on("close", (code) => resolve({ code, out: this.#out, err: this.#err }));
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** What the pattern finds in the output, as soon as it is there. */
  printed(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#watch = () => {
        const found = pattern.exec(this.#out)?.[0];
        if (found !== undefined) resolve(found);
      };
      this.#watch();
      void this.ended.then((end) =>
        reject(new Error(`ended without ${pattern}: ${JSON.stringify(end)}`)),
      );
    });
  }
}

describe("The examples", { concurrency: 4 }, () => {
  it("are all tested", () => {
    const files = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"));
    assert.deepEqual(files.sort(), [...Object.keys(outputs), ...testedBelow].sort());
  });

  for (const [file, lines] of Object.entries(outputs)) {
    it(`${file} prints what it should and exits with 0`, async () => {
      assert.deepEqual(await new Example(file).ended, { code: 0, out: `${lines.join("\n")}\n`, err: "" });
    });
  }

  it("graceful-shutdown.ts answers the request it has when SIGTERM comes, takes no other, and exits with 143", async () => {
    const example = new Example("graceful-shutdown.ts");
    const url = await example.printed(/http:\S+/);
    const answer = fetch(url).then((response) => response.text());
    await example.printed(/working on a request/);
    example.kill("SIGTERM");
    assert.equal(await answer, "done\n");
    const { code, out, err } = await example.ended;
    assert.deepEqual([code, err], [143, ""]);
    assert.match(out, /every request has been answered\n$/);
    await assert.rejects(fetch(url));
  });
});

describe("The tour", { concurrency: 2 }, () => {
  it("is what npm start runs", () => {
    assert.equal(
      manifest.scripts["start"],
      "node tools/node/run.js --conditions=tsyncio-source examples/tour.ts",
    );
  });

  it("shows that Promise.all leaves requests running and tsyncio none, and exits with 0", async () => {
    const { code, out, err } = await new Example("tour.ts", ["--once"]).ended;
    assert.deepEqual([code, err], [0, ""]);
    assert.ok(!out.includes("\u001B") && !out.includes("\r"), "control sequences in a pipe");
    const rows = [...out.matchAll(/^ {2}(one by one|Promise\.all|tsyncio) +\S+ m?s {3}(\S+).* (\d+)$/gm)];
    assert.deepEqual(
      rows.map((row) => row[1]),
      Array.from({ length: 3 }, () => ["one by one", "Promise.all", "tsyncio"]).flat(),
    );
    assert.deepEqual(
      rows.map((row) => row[2]),
      ["18", "18", "18", ...Array.from({ length: 6 }, () => "error:")],
    );
    const running = rows.map((row) => Number(row[3]));
    assert.deepEqual(running.slice(0, 3), [0, 0, 0]);
    assert.ok(Math.min(running[4] ?? 0, running[7] ?? 0) > 0, `Promise.all left ${running.join(" ")}`);
    assert.deepEqual([running[5], running[8]], [0, 0]);
    for (const line of readFileSync(join(root, "examples/first-program.ts"), "utf8")
      .trimEnd()
      .split("\n")) {
      assert.ok(out.includes(line), `the listing lacks ${line}`);
    }
    assert.match(out, / {4}4000 36000$/m);
  });

  it("with URLs fetches them", async () => {
    const server = createServer((_request, response) => response.end("hello")).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { code, out } = await new Example("tour.ts", [url, "--json"]).ended;
    server.close();
    assert.equal(code, 0);
    assert.match(out, /"ok":true.*\n.*"type":"summary"/);
  });
});
