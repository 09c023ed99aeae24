/** Our client against node:http. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { readFileSync } from "node:fs";
import type { AddressInfo, Server, Socket } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { CookieJar, HttpClient } from "../../src/http.ts";
import { withTaskGroup } from "../../src/index.ts";
import { digest, inPieces, MIB, pattern, pieces, piecesDigest, soon, times } from "./judged.ts";

const LARGE = pattern(8 * MIB);
const TEXT = "All work and no play makes a long text.\n".repeat(20_000);

async function count(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash("sha256");
  for await (const piece of request) hash.update(piece as Buffer);
  const { method, headers, trailers } = request;
  const length = headers["content-length"] ?? null;
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({
      method,
      digest: hash.digest("hex"),
      length,
      expect: headers.expect ?? null,
      trailers,
    }),
  );
}

const routes: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => unknown>> =
  {
    "/hello": (_, response) => response.end("hello"),
    "/count": count,
    "/echo": (request, response) => pipeline(request, response),
    "/stream": async (_, response) => {
      for await (const piece of pieces(3_000_000))
        if (!response.write(piece)) await once(response, "drain");
      response.end();
    },
    "/trailers": (_, response) => {
      response.writeHead(200, { trailer: "X-Digest" });
      response.write("some");
      response.addTrailers({ "X-Digest": digest(Buffer.from("some")) });
      response.end();
    },
    "/hints": (_, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
      response.writeProcessing();
      response.end("hello");
    },
    "/gzip": (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(TEXT)),
    "/deflate": (_, response) =>
      response.writeHead(200, { "content-encoding": "deflate" }).end(deflateSync(TEXT)),
    "/br": (_, response) =>
      response.writeHead(200, { "content-encoding": "br" }).end(brotliCompressSync(TEXT)),
    "/zstd": (_, response) =>
      response.writeHead(200, { "content-encoding": "zstd" }).end(zstdCompressSync(TEXT)),
    "/bomb": (_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(new Uint8Array(100 * MIB))),
    "/truncated": (_, response) => {
      response.writeHead(200, { "content-length": 1_000 });
      response.write("hello", () => response.destroy());
    },
    "/truncated-chunks": (_, response) => response.write("hello", () => response.destroy()),
    "/until-the-end": (_, response) => {
      response.sendDate = false;
      response.socket?.end("HTTP/1.1 200 OK\r\n\r\nuntil the end");
    },
    // The connection stays, and takes what comes: else the answer would be thrown away with what was not taken.
    "/early": (_, response) => response.writeHead(403).end("no"),
    "/set": (_, response) =>
      response.setHeader("set-cookie", ["a=1; Path=/", "b=2; HttpOnly"]).end("set"),
    "/cookies": ({ headers }, response) => response.end(headers.cookie ?? "none"),
    "/307": (_, response) => response.writeHead(307, { location: "/count" }).end(),
    "/303": (_, response) => response.writeHead(303, { location: "/count" }).end(),
    "/auth": ({ headers }, response) => response.end(headers.authorization ?? "none"),
  };

const listener: RequestListener = (request, response) => {
  const route = routes[new URL(request.url ?? "", "http://localhost").pathname];
  if (route === undefined) response.writeHead(404).end("nothing there");
  else void Promise.resolve(route(request, response)).catch(() => response.destroy());
};

interface Peer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  connections: number;
}

async function peer(made: Server = createServer(listener), scheme = "http"): Promise<Peer> {
  made.listen(0, "127.0.0.1");
  await once(made, "listening");
  const { port } = made.address() as AddressInfo;
  const it: Peer = {
    url: `${scheme}://localhost:${port}`,
    port,
    server: made,
    connections: 0,
    async [Symbol.asyncDispose]() {
      made.close();
      if ("closeAllConnections" in made) (made.closeAllConnections as () => void)();
      await once(made, "close");
    },
  };
  made.on("connection", () => it.connections++);
  return it;
}

interface Counted {
  readonly method: string;
  readonly digest: string;
  readonly length: string | null;
  readonly expect: string | null;
}

describe("our client and node:http", () => {
  it("uses few connections for many requests", async () => {
    await using server = await peer();
    await using http = new HttpClient({ baseUrl: server.url, maxConnections: 5 });
    await times(1_000, 50, async () => assert.equal(await http.get("/hello").text(), "hello"));
    assert.equal(server.connections, 5);
  });

  it("sends bodies of each kind", async () => {
    await using server = await peer();
    await using http = new HttpClient({ baseUrl: server.url });
    const whole = String(LARGE.length);
    const kinds = [
      [LARGE, whole],
      [new Blob([LARGE]), whole],
      [inPieces(LARGE), null],
      [ReadableStream.from(inPieces(LARGE)), null],
    ] as const;
    for (const [body, length] of kinds) {
      const counted = (await http.post("/count", { body }).json()) as Counted;
      assert.deepEqual([counted.digest, counted.length, counted.expect], [digest(LARGE), length, null]);
    }
    assert.equal(server.connections, 1);
  });

  it("is told to continue, goes on where it is not told, and asks no more where it is refused", async () => {
    const silent = createServer(listener);
    silent.on(
      "checkContinue",
      (request: IncomingMessage, response: ServerResponse) => void count(request, response),
    );
    const refusing = createServer(listener);
    refusing.on("checkContinue", (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(417, { "content-length": 2 }).end("no");
    });
    await using usual = await peer();
    await using without = await peer(silent);
    await using against = await peer(refusing);
    await using http = new HttpClient();
    const send = (server: Peer, expectContinueMs: number) =>
      http.post(`${server.url}/count`, { body: LARGE, expectContinueMs });
    for (const server of [usual, without]) {
      const counted = (await send(server, server === usual ? 20_000 : 20).json()) as Counted;
      assert.deepEqual([counted.digest, counted.expect], [digest(LARGE), "100-continue"]);
    }
    const repeated = (await send(against, 20_000).json()) as Counted;
    assert.deepEqual([repeated.digest, repeated.expect], [digest(LARGE), null]);
  });

  it("gets chunks and trailers, and passes over hints", async () => {
    await using server = await peer();
    await using http = new HttpClient({ baseUrl: server.url });
    assert.equal(digest(await http.get("/stream").bytes()), piecesDigest(3_000_000));
    await using response = await http.get("/trailers");
    assert.equal(await response.text(), "some");
    assert.equal(response.trailers?.get("x-digest"), digest(Buffer.from("some")));
    assert.equal(await http.get("/hints").text(), "hello");
    assert.equal(server.connections, 1);
  });

  it("receives while it sends", async () => {
    await using server = await peer();
    await using http = new HttpClient({ baseUrl: server.url });
    let resume = Promise.withResolvers<undefined>();
    async function* paced(): AsyncGenerator<string> {
      for (let i = 0; i < 20; i++) {
        yield `line ${i}\n`;
        await resume.promise;
        resume = Promise.withResolvers();
      }
    }
    const lines: string[] = [];
    for await (const line of http.post("/echo", { body: paced() }).lines()) {
      lines.push(line);
      resume.resolve(undefined);
    }
    assert.deepEqual(
      lines,
      Array.from({ length: 20 }, (_, index) => `line ${index}`),
    );
  });

  it("takes apart what is compressed, and no bomb", async () => {
    await using server = await peer();
    await using http = new HttpClient({ baseUrl: server.url, maxBodyBytes: 4 * MIB });
    for (const coding of ["gzip", "deflate", "br", "zstd"])
      assert.equal(await http.get(`/${coding}`).text(), TEXT, coding);
    assert.equal(server.connections, 1);
    await assert.rejects(http.get("/bomb").bytes(), { name: "BodyTooLarge" });
    assert.equal(await http.get("/hello").text(), "hello");
  });

  it("sees that a body is not whole", async () => {
    await using server = await peer();
    await using http = new HttpClient({ baseUrl: server.url });
    for (const path of ["/truncated", "/truncated-chunks"])
      await assert.rejects(http.get(path).text(), { name: "HttpRequestFailed", phase: "body" });
    assert.equal(await http.get("/until-the-end").text(), "until the end");
    assert.equal(http.stats().open, 0);
  });

  it("hears an answer that comes while it still sends", async () => {
    await using server = await peer();
    await using http = new HttpClient({ baseUrl: server.url });
    for (const body of [pattern(32 * MIB), inPieces(pattern(32 * MIB))]) {
      const response = await http.post("/early", { body });
      assert.deepEqual([response.status, await response.text()], [403, "no"]);
    }
    assert.equal(await http.get("/hello").text(), "hello");
  });

  it("keeps cookies, and shows credentials", async () => {
    await using server = await peer();
    await using http = new HttpClient({ baseUrl: server.url, cookies: new CookieJar() });
    await http.get("/set").text();
    assert.equal(await http.get("/cookies").text(), "a=1; b=2");
    const auth = { username: "me", password: "ä:b" };
    const shown = `Basic ${Buffer.from("me:ä:b").toString("base64")}`;
    assert.equal(await http.get("/auth", { auth }).text(), shown);
    assert.equal(await http.get("/auth", { auth: { bearer: "token" } }).text(), "Bearer token");
    assert.equal(await http.get("/auth").text(), "none");
  });

  it("sends a body again with 307, and none with 303", async () => {
    await using server = await peer();
    await using http = new HttpClient({ baseUrl: server.url });
    const again = (await http.post("/307", { body: LARGE }).json()) as Counted;
    assert.deepEqual([again.method, again.digest], ["POST", digest(LARGE)]);
    const none = (await http.post("/303", { body: LARGE }).json()) as Counted;
    assert.deepEqual([none.method, none.length], ["GET", null]);
    await assert.rejects(http.post("/307", { body: inPieces(LARGE) }), { name: "RedirectRefused" });
  });

  it("loses no request where connections end while they idle", async () => {
    const server = createServer({ keepAliveTimeout: 20 }, listener);
    await using short = await peer(server);
    await using http = new HttpClient({ baseUrl: short.url });
    for (let i = 0; i < 50; i++) {
      assert.equal(await http.get("/hello").text(), "hello");
      const until = performance.now() + 15 + (i % 12);
      await soon("a time", () => performance.now() >= until);
    }
  });

  it("loses no request where all connections that have answered are cut, at any time", async () => {
    const answered = new Set<Socket>();
    const server = createServer((request, response) => {
      answered.delete(request.socket);
      response.end("hello", () => answered.add(request.socket));
    });
    await using cut = await peer(server);
    await using http = new HttpClient({ baseUrl: cut.url, maxConnections: 8 });
    await withTaskGroup(async (group) => {
      let goesOn = true;
      for (let i = 0; i < 8; i++)
        group.spawn(async () => {
          while (goesOn) assert.equal(await http.get("/hello").text(), "hello");
        });
      for (let i = 0; i < 100; i++) {
        const seen = cut.connections;
        for (const socket of answered) {
          answered.delete(socket);
          if (i % 2 === 0) socket.destroy();
          else socket.resetAndDestroy();
        }
        await soon("another connection", () => cut.connections > seen);
      }
      goesOn = false;
    });
  });

  it("speaks through TLS, and only with whom it trusts", async () => {
    const pem = (name: string): Buffer =>
      readFileSync(join(import.meta.dirname, "../fixtures/tls", name));
    const secure = createSecureServer({ cert: pem("local.pem"), key: pem("local.key") }, listener);
    await using server = await peer(secure, "https");
    await using http = new HttpClient({ baseUrl: server.url, tls: { ca: pem("authority.pem") } });
    await times(200, 10, async () => assert.equal(await http.get("/hello").text(), "hello"));
    const counted = (await http.put("/count", { body: inPieces(LARGE) }).json()) as Counted;
    assert.equal(counted.digest, digest(LARGE));
    assert.equal(digest(await http.get("/stream").bytes()), piecesDigest(3_000_000));
    await using stranger = new HttpClient({ baseUrl: server.url });
    await assert.rejects(stranger.get("/hello"), { name: "HttpRequestFailed", phase: "connect" });
  });

  it("closes the connection of a body that nobody reads, and of a request that is cancelled", async () => {
    await using server = await peer();
    await using http = new HttpClient({ baseUrl: server.url });
    await withTaskGroup(async (group) => {
      const task = group.spawn(async () => (await http.get("/stream")).status);
      assert.equal(await task.join(), 200);
    });
    await soon("no connection", () => http.stats().open === 0);
    assert.equal(await text((await fetch(`${server.url}/hello`)).body as never), "hello");
  });
});
