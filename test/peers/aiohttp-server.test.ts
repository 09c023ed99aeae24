/** Our client against Debian's aiohttp.web. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { CookieJar, HttpClient } from "../../src/http.ts";
import { checkAiohttp } from "./aiohttp.ts";
import { digest, inPieces, MIB, pattern, soon, times } from "./judged.ts";
import { Running } from "./programs.ts";

const LARGE = pattern(4 * MIB);
const PIECE = Uint8Array.from({ length: 65_536 }, (_, index) => index);

interface Peer extends AsyncDisposable {
  readonly url: string;
}

async function peer(keepAliveSeconds: number): Promise<Peer> {
  await checkAiohttp();
  const script = join(import.meta.dirname, "aiohttp_server.py");
  const running = new Running("python3", [script, String(keepAliveSeconds)]);
  const [, port] = await running.wrote(/port (\d+)/);
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

interface Counted {
  readonly method: string;
  readonly digest: string;
  readonly length: string | null;
}

let server: Peer;

before(async () => {
  server = await peer(30);
});

after(() => server[Symbol.asyncDispose]());

describe("our client and aiohttp.web", () => {
  it("gets 500 answers on a few connections", async () => {
    await using http = new HttpClient({ baseUrl: server.url, maxConnections: 8 });
    await times(500, 32, async () => assert.equal(await http.get("/hello").text(), "hello"));
    assert.equal(http.stats().open, 8);
  });

  it("sends bodies with a length, in chunks, and when it is told to continue, on one connection", async () => {
    await using http = new HttpClient({ baseUrl: server.url });
    for (const expectContinueMs of [undefined, 10_000])
      for (const body of [LARGE, inPieces(LARGE)]) {
        const options = expectContinueMs === undefined ? { body } : { body, expectContinueMs };
        const counted = (await http.put("/count", options).json()) as Counted;
        assert.equal(counted.digest, digest(LARGE));
        assert.equal(counted.length, body === LARGE ? String(LARGE.length) : null);
      }
    assert.equal(http.stats().open, 1);
  });

  it("sends no body that is refused before", async () => {
    await using http = new HttpClient({ baseUrl: server.url });
    const refused = await http.put("/refusing", { body: LARGE, expectContinueMs: 10_000 });
    assert.deepEqual([refused.status, await refused.text()], [401, "no"]);
    assert.equal(await http.get("/hello").text(), "hello");
  });

  it("asks no more where it is told that nobody is to ask", async () => {
    await using http = new HttpClient({ baseUrl: server.url });
    const counted = (await http.put("/old", { body: LARGE, expectContinueMs: 10_000 }).json()) as Counted;
    assert.equal(counted.digest, digest(LARGE));
  });

  it("receives while it sends", async () => {
    await using http = new HttpClient({ baseUrl: server.url });
    await using response = await http.post("/echo", { body: inPieces(LARGE) });
    const hash = createHash("sha256");
    for await (const piece of response.body) hash.update(piece);
    assert.equal(hash.digest("hex"), digest(LARGE));
  });

  it("gets streams, compressed bodies, redirects and cookies", async () => {
    await using http = new HttpClient({ baseUrl: server.url, cookies: new CookieJar() });
    const bytes = await http.get("/stream").bytes();
    assert.equal(bytes.length, 100 * PIECE.length);
    assert.ok(Buffer.from(bytes.buffer, bytes.byteOffset, PIECE.length).equals(PIECE));
    const response = await http.get("/compressed");
    assert.ok(["gzip", "deflate"].includes(response.headers.get("content-encoding") ?? ""));
    assert.equal(await response.text(), "All work and no play. ".repeat(10_000));
    const redirected = await http.get("/redirect");
    assert.deepEqual([await redirected.text(), redirected.history.length], ["hello", 1]);
    assert.equal(await http.get("/cookies").text(), "none");
    assert.equal(await http.get("/cookies").text(), "b");
    // The body of the redirect may still have been on its way.
    assert.ok(http.stats().open <= 2);
  });

  it("hears an answer that comes while it still sends", async () => {
    await using http = new HttpClient({ baseUrl: server.url });
    for (const body of [pattern(32 * MIB), inPieces(pattern(32 * MIB))]) {
      const response = await http.post("/early", { body });
      assert.deepEqual([response.status, await response.text()], [403, "no"]);
    }
    assert.equal(await http.get("/hello").text(), "hello");
  });

  it("loses no request where connections end while they idle", async () => {
    await using short = await peer(0.03);
    await using http = new HttpClient({ baseUrl: short.url });
    for (let i = 0; i < 40; i++) {
      assert.equal(await http.get("/hello").text(), "hello");
      const until = performance.now() + 25 + (i % 10);
      await soon("a time", () => performance.now() >= until);
    }
  });
});
