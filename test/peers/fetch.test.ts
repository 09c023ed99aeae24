/** undici against our server: Node's global fetch, and the package with its pool. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Pool, request } from "undici";
import { serve, type HttpServer } from "../../src/http.ts";
import { digest, Endless, inPieces, judged, MIB, pattern, piecesDigest, soon } from "./judged.ts";

const LARGE = pattern(8 * MIB);
let server: HttpServer;
const at = (path: string): string => `${server.url}${path}`;

before(async () => {
  server = await judged();
});

after(() => server.close({ drainMs: 0 }));

/** undici wants to know that a body in pieces is sent before there is an answer. */
function streaming(body: AsyncIterable<Uint8Array>): RequestInit {
  return { method: "POST", body: ReadableStream.from(body), duplex: "half" } as RequestInit;
}

describe("fetch", () => {
  it("gets text, JSON and nothing", async () => {
    const hello = await fetch(at("/hello"));
    assert.deepEqual(
      [hello.status, hello.headers.get("content-type")],
      [200, "text/plain;charset=UTF-8"],
    );
    assert.equal(await hello.text(), "hello");
    assert.deepEqual(await (await fetch(at("/json"))).json(), { hello: "world" });
    const nothing = await fetch(at("/nothing"));
    assert.deepEqual([nothing.status, nothing.body], [204, null]);
    assert.equal((await fetch(at("/hello"), { method: "HEAD" })).headers.get("content-length"), "5");
  });

  it("gets 300 answers at the same time, each to its request", async () => {
    const lengths = Array.from({ length: 300 }, (_, index) => 1_000 + index * 37);
    const digests = await Promise.all(
      lengths.map(async (length) => {
        const response = await fetch(at(`/stream?bytes=${length}`));
        return digest(new Uint8Array(await response.arrayBuffer()));
      }),
    );
    assert.deepEqual(digests, lengths.map(piecesDigest));
  });

  it("streams both ways", async () => {
    const up = await fetch(at("/count"), streaming(inPieces(LARGE)));
    assert.equal(((await up.json()) as { digest: string }).digest, digest(LARGE));
    const whole = await fetch(at("/count"), { method: "PUT", body: LARGE });
    assert.equal(((await whole.json()) as { digest: string }).digest, digest(LARGE));
    const echo = await fetch(at("/echo"), streaming(inPieces(LARGE)));
    const got: Uint8Array[] = [];
    for await (const piece of echo.body ?? []) got.push(piece as Uint8Array);
    assert.equal(digest(Buffer.concat(got)), digest(LARGE));
  });

  it("sends a form, follows a redirect, and hears an early answer", async () => {
    const form = await fetch(at("/form"), { method: "POST", body: new URLSearchParams({ a: "ä &" }) });
    assert.deepEqual(await form.json(), { a: "ä &" });
    assert.equal(await (await fetch(at("/redirect"))).text(), "hello");
    assert.equal((await fetch(at("/refuse"), { method: "POST", body: "much" })).status, 413);
    assert.equal((await fetch(at("/fail"))).status, 500);
  });

  it("has its handler cancelled when it is aborted", async () => {
    const endless = new Endless();
    await using source = await serve(() => endless.body(), { host: "127.0.0.1" });
    const stop = new AbortController();
    const response = await fetch(source.url, { signal: stop.signal });
    await response.body?.getReader().read();
    stop.abort();
    await soon("the end of the handler", () => endless.ended === 1 && source.stats().connections === 0);
  });

  it("notices that a reply broke off", async () => {
    await using broken = await serve(
      async function* () {
        yield "one";
        await Promise.resolve();
        throw new Error("and no more");
      },
      { host: "127.0.0.1", onError: () => {} },
    );
    const response = await fetch(broken.url).catch((error: unknown) => error);
    if (response instanceof Response) await assert.rejects(response.text());
    else assert.ok(response instanceof TypeError);
  });
});

describe("undici", () => {
  it("uses its connections again and again", async () => {
    const { accepted, answered } = server.stats();
    const pool = new Pool(server.url, { connections: 4 });
    const texts = await Promise.all(
      Array.from({ length: 1_000 }, async () => {
        const { body } = await pool.request({ path: "/hello", method: "GET" });
        return body.text();
      }),
    );
    await pool.close();
    assert.deepEqual([...new Set(texts)], ["hello"]);
    assert.deepEqual(
      [server.stats().accepted - accepted, server.stats().answered - answered],
      [4, 1_000],
    );
  });

  it("sends requests behind each other without waiting (pipelining), and gets the answers in their order", async () => {
    const pool = new Pool(server.url, { connections: 1, pipelining: 10 });
    const { accepted } = server.stats();
    const lengths = Array.from({ length: 200 }, (_, index) => 10 + index * 331);
    const digests = await Promise.all(
      lengths.map(async (length) => {
        const { body } = await pool.request({ path: `/stream?bytes=${length}`, method: "GET" });
        return digest(new Uint8Array(await body.arrayBuffer()));
      }),
    );
    await pool.close();
    assert.deepEqual(digests, lengths.map(piecesDigest));
    assert.equal(server.stats().accepted - accepted, 1);
  });

  it("gets trailers", async () => {
    const { body, trailers } = await request(at("/trailers"));
    assert.equal(digest(new Uint8Array(await body.arrayBuffer())), piecesDigest(100_000));
    assert.equal(trailers["x-digest"], piecesDigest(100_000));
  });

  it("sees a connection closed that idles for too long, and goes on with another one", async () => {
    await using quick = await judged({ idleMs: 30 });
    const pool = new Pool(quick.url, { connections: 1 });
    for (let i = 0; i < 5; i++) {
      const { body } = await pool.request({ path: "/hello", method: "GET" });
      assert.equal(await body.text(), "hello");
      await soon("the end of the connection", () => quick.stats().connections === 0);
    }
    await pool.close();
    assert.equal(quick.stats().accepted, 5);
  });
});
