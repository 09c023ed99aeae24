/** Our client against nginx: files, compressed bodies, slow ones, early answers, and connections that nginx closes when it likes. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { HttpClient, HttpTimeout } from "../../src/http.ts";
import { withTaskGroup, withTimeout } from "../../src/index.ts";
import { digest, inPieces, MIB, pattern, soon, times } from "./judged.ts";
import { Nginx } from "./nginx.ts";
import { Folder } from "./programs.ts";

const LARGE = pattern(16 * MIB);
const TEXT = "All work and no play makes a long text.\n".repeat(50_000);

let nginx: Nginx;

before(async () => {
  const folder = new Folder();
  mkdirSync(folder.at("www", "put"), { recursive: true });
  writeFileSync(folder.at("www", "hello"), "hello");
  writeFileSync(folder.at("www", "large"), LARGE);
  writeFileSync(folder.at("www", "text"), TEXT);
  for (let i = 0; i < 100; i++) writeFileSync(folder.at("www", `file${i}`), `file ${i}`);
  nginx = await Nginx.start(
    `
    client_max_body_size 1k;
    location /gzip/ { rewrite ^/gzip(/.*)$ $1 break; gzip on; gzip_types *; gzip_proxied any; }
    location /few/ { rewrite ^/few(/.*)$ $1 break; keepalive_requests 3; }
    location /short/ { rewrite ^/short(/.*)$ $1 break; keepalive_timeout 1s 1s; }
    location /unsaid/ { rewrite ^/unsaid(/.*)$ $1 break; keepalive_timeout 40ms; }
    location /slow/ { rewrite ^/slow(/.*)$ $1 break; limit_rate 4m; limit_rate_after 64k; }
    location /trickle/ { rewrite ^/trickle(/.*)$ $1 break; limit_rate 100; limit_rate_after 4k; }
    location = /301 { return 301 /302; }
    location = /302 { return 302 $scheme://$http_host/hello; }
    location = /loop { return 302 /loop; }
    location = /444 { return 444; }
    location = /nothing { return 204; }
    location = /old { if_modified_since before; add_header Last-Modified "Thu, 01 Jan 2026 00:00:00 GMT"; return 304; }
    location /put/ { client_max_body_size 0; dav_methods PUT DELETE; }
    `,
    "",
    folder,
  );
});

after(() => nginx[Symbol.asyncDispose]());

describe("our client and nginx", () => {
  it("gets files, each once and right, on few connections", async () => {
    await using http = new HttpClient({ baseUrl: nginx.url, maxConnections: 8 });
    await times(1_000, 40, async (index) => {
      assert.equal(await http.get(`/file${index % 100}`).text(), `file ${index % 100}`);
      assert.ok(http.stats().open <= 8);
    });
    assert.deepEqual(http.stats(), { open: 8, idle: 8, connecting: 0, waiting: 0 });
  });

  it("gets a large file, by the whole and by the piece", async () => {
    await using http = new HttpClient({ baseUrl: nginx.url });
    assert.equal(digest(await http.get("/large").bytes()), digest(LARGE));
    await using response = await http.get("/large");
    assert.equal(response.headers.get("content-length"), String(LARGE.length));
    const got: Uint8Array[] = [];
    for await (const piece of response.body) got.push(piece);
    assert.equal(digest(Buffer.concat(got)), digest(LARGE));
    assert.equal(http.stats().open, 1);
  });

  it("takes what is compressed as what it is", async () => {
    await using http = new HttpClient({ baseUrl: nginx.url });
    await using response = await http.get("/gzip/text");
    assert.equal(response.headers.get("transfer-encoding"), "chunked");
    assert.equal(await response.text(), TEXT);
    const coded = await http.get("/gzip/text", {
      decompress: false,
      headers: { "accept-encoding": "gzip" },
    });
    assert.equal(coded.headers.get("content-encoding"), "gzip");
    const bytes = await coded.bytes();
    assert.deepEqual([bytes[0], bytes[1]], [0x1f, 0x8b]);
    assert.equal(http.stats().open, 1);
  });

  it("follows redirects, and gives up on a circle", async () => {
    await using http = new HttpClient({ baseUrl: nginx.url });
    const response = await http.get("/301");
    assert.equal(await response.text(), "hello");
    assert.deepEqual([response.status, response.url], [200, `${nginx.url}/hello`]);
    assert.deepEqual(
      response.history.map(({ status }) => status),
      [301, 302],
    );
    await assert.rejects(http.get("/loop"), { name: "TooManyRedirects" });
    assert.equal((await http.get("/301", { maxRedirects: 0 })).status, 301);
  });

  it("takes 404, 204, 304 and a head for what they are", async () => {
    await using http = new HttpClient({ baseUrl: nginx.url });
    const missing = await http.get("/missing");
    assert.equal(missing.status, 404);
    assert.match(await missing.text(), /404 Not Found/);
    await assert.rejects(http.get("/missing", { throwOnStatus: true }), {
      name: "StatusError",
      status: 404,
    });
    assert.equal(await http.get("/nothing").text(), "");
    const old = await http.get("/old");
    assert.deepEqual([old.status, await old.text()], [304, ""]);
    const head = await http.head("/large");
    assert.deepEqual([head.headers.get("content-length"), await head.text()], [String(LARGE.length), ""]);
    assert.equal(await http.get("/hello").text(), "hello");
    // The body of what was refused may still have been on its way.
    assert.ok(http.stats().open <= 2);
  });

  it("fails when the server closes in place of an answer, and says so", async () => {
    await using http = new HttpClient({ baseUrl: nginx.url });
    await assert.rejects(http.get("/444"), { name: "HttpRequestFailed", phase: "head" });
    await http.get("/hello").text();
    await assert.rejects(http.get("/444"), { name: "HttpRequestFailed", phase: "head", attempt: 1 });
    assert.equal(http.stats().open, 0);
  });

  it("waits for a slow body, which no limit forbids, and ends one that is too slow", async () => {
    await using http = new HttpClient({ baseUrl: nginx.url });
    assert.equal(await http.get("/slow/text").text(), TEXT);
    await using response = await http.get("/trickle/text", { gapMs: 100 });
    await assert.rejects(
      response.text(),
      (error) => error instanceof HttpTimeout && error.limit === "gapMs",
    );
    await assert.rejects(http.get("/trickle/text", { totalMs: 100 }).text(), { name: "HttpTimeout" });
    await assert.rejects(
      withTimeout(100, () => http.get("/trickle/text").text()),
      { name: "TimeoutError" },
    );
    await soon("no connection for what was given up", () => http.stats().open <= 1);
  });

  it("hears an answer that comes while it still sends", async () => {
    await using http = new HttpClient({ baseUrl: nginx.url });
    for (let i = 0; i < 10; i++) {
      const response = await http.put("/file1", { body: LARGE });
      assert.equal(response.status, 413);
      await response.close();
      const streamed = await http.put("/file1", { body: inPieces(LARGE) });
      assert.ok(streamed.status === 405 || streamed.status === 413, String(streamed.status));
      await streamed.close();
    }
    assert.equal(await http.get("/hello").text(), "hello");
  });

  it("puts files, and deletes them", async () => {
    await using http = new HttpClient({ baseUrl: nginx.url });
    const bodies = [LARGE, "", new Blob([LARGE]), inPieces(LARGE)];
    const digests = [digest(LARGE), digest(new Uint8Array(0)), digest(LARGE), digest(LARGE)];
    for (const [index, body] of bodies.entries())
      for (const expectContinueMs of index < 2 ? [5_000, undefined] : [index === 2 ? 5_000 : 0]) {
        const options = expectContinueMs === undefined ? { body } : { body, expectContinueMs };
        const response = await http.put("/put/file", options);
        assert.ok(response.ok, String(response.status));
        await response.text();
        assert.equal(digest(readFileSync(nginx.folder.at("www", "put", "file"))), digests[index]);
        assert.equal((await http.delete("/put/file")).status, 204);
      }
    assert.equal(http.stats().open, 1);
  });

  it("loses no request where nginx closes connections after a few", async () => {
    await using http = new HttpClient({ baseUrl: nginx.url, maxConnections: 8 });
    await times(500, 16, async (index) => {
      assert.equal(await http.get(`/few/file${index % 100}`).text(), `file ${index % 100}`);
    });
  });

  it("keeps no connection for longer than nginx says that it does", async () => {
    await using http = new HttpClient({ baseUrl: nginx.url });
    const response = await http.get("/short/hello");
    assert.equal(response.headers.get("keep-alive"), "timeout=1");
    await response.text();
    await soon("the connection is closed before nginx does it", () => http.stats().open === 0, 1_500);
  });

  it("loses no request where nginx closes idle connections without a word", async () => {
    await using http = new HttpClient({ baseUrl: nginx.url });
    let reused = 0;
    for (let i = 0; i < 60; i++) {
      const response = await http.get("/unsaid/hello");
      assert.equal(await response.text(), "hello");
      if (response.timings.isReused) reused++;
      // Around the 40 ms after which it closes.
      const until = performance.now() + 36 + (i % 10);
      await soon("a time", () => performance.now() >= until);
    }
    assert.ok(reused < 60);
  });

  it("loses no request while nginx reads its configuration again", async () => {
    await using http = new HttpClient({ baseUrl: nginx.url, maxConnections: 8 });
    let goesOn = true;
    let count = 0;
    await withTaskGroup(async (group) => {
      for (let i = 0; i < 8; i++)
        group.spawn(async () => {
          while (goesOn) {
            const name = `file${count++ % 100}`;
            assert.equal(await http.get(`/${name}`).text(), name.replace("file", "file "));
          }
        });
      for (let i = 0; i < 6; i++) await nginx.reload();
      goesOn = false;
    });
    assert.ok(count > 100);
  });
});
