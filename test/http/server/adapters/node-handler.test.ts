import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, it } from "node:test";
import express from "express";
import { Event, Queue, sleep, withCancelScope } from "../../../../src/index.ts";
import type { ByteStream } from "../../../../src/io.ts";
import { BodyUsed, HttpClient, HttpError, reply, toNodeHandler } from "../../../../src/http.ts";
import { listening, mounted, talk, type Mounted } from "./mounted.ts";

describe("A handler in a node:http server", () => {
  it("gets the request, and answers with what it returns", async () => {
    await using server = await mounted(async (request) => ({
      method: request.method,
      path: request.path,
      name: request.query.get("name"),
      field: request.headers.get("x-a"),
      scheme: request.scheme,
      client: request.clientAddress,
      url: request.url.pathname,
      body: await request.json(),
    }));
    await using http = new HttpClient();
    const response = await http.post(`${server.url}/a/b?name=cake`, {
      json: [1],
      headers: [
        ["x-a", "1"],
        ["x-a", "2"],
      ],
    });
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.deepEqual(await response.json(), {
      method: "POST",
      path: "/a/b",
      name: "cake",
      field: "1, 2",
      scheme: "http",
      client: "127.0.0.1",
      url: "/a/b",
      body: [1],
    });
  });

  it("answers with all kinds of replies, on one connection", async () => {
    async function* pieces(): AsyncGenerator<string> {
      yield "in ";
      await sleep(1);
      yield "pieces";
    }
    const replies: Record<string, () => unknown> = {
      "/text": () => "text",
      "/bytes": () => new Uint8Array([104, 105]),
      "/none": () => undefined,
      "/created": () =>
        reply("made", {
          status: 201,
          reason: "Done",
          headers: [
            ["set-cookie", "a=1"],
            ["set-cookie", "b=2"],
          ],
        }),
      "/stream": () => pieces(),
      "/trailers": () => reply(pieces(), { trailers: { "x-sum": "7" } }),
      "/web": () => new Response("web", { status: 202 }),
    };
    await using server = await mounted(({ path }) => replies[path]?.() as string);
    await using http = new HttpClient({ baseUrl: server.url });
    const got = async (path: string): Promise<unknown[]> => {
      const response = await http.get(path);
      return [response.status, await response.text()];
    };
    assert.deepEqual(await got("/text"), [200, "text"]);
    assert.deepEqual(await got("/bytes"), [200, "hi"]);
    assert.deepEqual(await got("/none"), [204, ""]);
    assert.deepEqual(await got("/stream"), [200, "in pieces"]);
    assert.deepEqual(await got("/web"), [202, "web"]);
    const created = await http.get("/created");
    assert.deepEqual([created.status, created.headers.getAll("set-cookie")], [201, ["a=1", "b=2"]]);
    await created.text();
    const trailers = await http.get("/trailers");
    assert.equal(await trailers.text(), "in pieces");
    assert.equal(trailers.trailers?.get("x-sum") ?? "7", "7");
    const head = await http.head("/text");
    assert.deepEqual([head.headers.get("content-length"), await head.text()], ["4", ""]);
    assert.equal(http.stats().open, 1);
  });

  it("answers what it throws: an HttpError as it says, what is wrong with the body by 4xx, anything else by 500 and one report", async () => {
    const errors: unknown[] = [];
    const broken = new Error("secret detail");
    await using server = await mounted(
      async (request) => {
        if (request.path === "/teapot")
          throw new HttpError(418, "short and stout", { headers: { "x-a": "1" } });
        if (request.path === "/json") return await request.json();
        if (request.path === "/large") return await request.text();
        throw broken;
      },
      { maxBodyBytes: 10, onError: (error) => errors.push(error) },
    );
    await using http = new HttpClient({ baseUrl: server.url });
    const teapot = await http.get("/teapot");
    assert.deepEqual(
      [teapot.status, teapot.headers.get("x-a"), await teapot.text()],
      [418, "1", "short and stout"],
    );
    assert.equal((await http.post("/json", { body: "{" })).status, 400);
    assert.equal((await http.post("/large", { body: "x".repeat(11) })).status, 413);
    assert.deepEqual(errors, []);
    const failed = await http.get("/");
    assert.deepEqual([failed.status, (await failed.text()).includes("secret")], [500, false]);
    assert.deepEqual(errors, [broken]);
  });

  it("cuts a reply that fails midway, so that the client sees it is not whole", async () => {
    const errors: unknown[] = [];
    async function* broken(): AsyncGenerator<string> {
      yield "begun";
      await sleep(1);
      throw new Error("midway");
    }
    await using server = await mounted(() => broken(), { onError: (error) => errors.push(error) });
    await using http = new HttpClient();
    await assert.rejects(http.get(server.url).text(), { code: "TSY_HTTP_REQUEST_FAILED" });
    assert.equal((errors[0] as Error).message, "midway");
  });

  for (const [what, request] of [
    ["a GET", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a POST whose body it has read", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"],
  ] as const)
    it(`is cancelled, with all it began, when the client of ${what} leaves`, async () => {
      const begun = new Event();
      const ended = new Queue<string>({ capacity: 10 });
      await using server = await mounted(async ({ method, body }) => {
        if (method === "POST") await body.text();
        try {
          begun.set();
          await sleep(60_000);
        } finally {
          ended.tryPut("handler");
        }
        return "";
      });
      const stream = await talk(server, request);
      await begun.wait();
      stream.abort();
      assert.equal(await ended.get(), "handler");
    });

  it("is cancelled when a body breaks off while it reads", async () => {
    const begun = new Event();
    const seen = new Queue<unknown>({ capacity: 1 });
    await using server = await mounted(async ({ body }) => {
      try {
        await body.read();
        begun.set();
        return await body.text();
      } catch (error) {
        seen.tryPut((error as { code?: string }).code);
        throw error;
      }
    });
    const stream = await talk(server, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhi");
    await begun.wait();
    stream.abort();
    assert.match(String(await seen.get()), /TSY_CANCELLED|TSY_CONNECTION_RESET/);
  });

  it("makes a stream no faster than the client takes it", async () => {
    let made = 0;
    const piece = new Uint8Array(65_536);
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        made++;
        yield piece;
      }
    }
    const stopped = new Event();
    await using server = await mounted(async () => {
      async function* watched(): AsyncGenerator<Uint8Array> {
        try {
          yield* endless();
        } finally {
          stopped.set();
        }
      }
      return watched();
    });
    const stream = await talk(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await stream.readUntil("\r\n\r\n");
    let before = -1;
    while (made !== before) {
      before = made;
      await sleep(30);
    }
    assert.ok(made < 1_000, `${made} pieces`);
    stream.abort();
    await stopped.wait();
  });

  it("reads a body no faster than it comes to it, and in pieces", async () => {
    await using server = await mounted(async ({ body }) => {
      let bytes = 0;
      for await (const piece of body) {
        bytes += piece.length;
        if (bytes < 300_000) await sleep(1);
      }
      return String(bytes);
    });
    await using http = new HttpClient();
    async function* upload(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
      for (let n = 0; n < 32; n++) yield new Uint8Array(65_536);
    }
    assert.equal(await http.post(server.url, { body: upload() }).text(), String(32 * 65_536));
  });

  it("gets its time limit, and the client 503", async () => {
    await using server = await mounted(() => sleep(60_000).then(() => ""), { handlerMs: 5 });
    await using http = new HttpClient();
    assert.equal((await http.get(server.url)).status, 503);
  });

  it("leaves a body alone that it does not want, and the connection is used again", async () => {
    await using server = await mounted(() => "no, thanks");
    await using http = new HttpClient();
    for (let n = 0; n < 3; n++)
      assert.equal(await http.post(server.url, { body: "x".repeat(1_000) }).text(), "no, thanks");
    assert.equal(http.stats().open, 1);
  });

  it("runs in the context of whoever mounted it, not under the scope that did", async () => {
    let server: Mounted | null = null;
    await withCancelScope(async () => {
      server = await mounted(() => sleep(1).then(() => "alive"));
    });
    await using alive = server as unknown as Mounted;
    await using http = new HttpClient();
    assert.equal(await http.get(alive.url).text(), "alive");
  });
});

describe("A handler in a framework", () => {
  it("answers below the path where Express mounts it, and leaves the rest to Express", async () => {
    const app = express();
    app.get("/own", (_request, response) => void response.send("express"));
    app.use(
      "/api",
      toNodeHandler(async (request) => `${request.method} ${request.path} ${await request.text()}`),
    );
    await using server = await listening(createServer(app));
    await using http = new HttpClient({ baseUrl: server.url });
    assert.equal(await http.get("/own").text(), "express");
    assert.equal(await http.post("/api/items?x", { body: "cake" }).text(), "POST /items cake");
    assert.equal((await http.get("/elsewhere")).status, 404);
  });

  it("has the path below its mount, and the target and the URL that the client asked for", async () => {
    const app = express();
    const router = express.Router();
    router.use(
      "/v1",
      toNodeHandler(({ path, target, url, query }) => ({ path, target, url, x: query.get("x") })),
    );
    app.use("/api", router);
    await using server = await listening(createServer(app));
    await using http = new HttpClient();
    assert.deepEqual(await http.get(`${server.url}/api/v1/items/7?x=1`).json(), {
      path: "/items/7",
      target: "/api/v1/items/7?x=1",
      url: `${server.url}/api/v1/items/7?x=1`,
      x: "1",
    });
    assert.deepEqual(await http.get(`${server.url}/api/v1`).json(), {
      path: "/",
      target: "/api/v1",
      url: `${server.url}/api/v1`,
      x: null,
    });
  });

  for (const [what, parse] of [
    ["express.json()", () => express.json()],
    ["express.text()", () => express.text({ type: () => true })],
  ] as const)
    it(`says what is wrong where ${what} has read the body before it`, async () => {
      const errors: unknown[] = [];
      const app = express();
      app.use(parse());
      app.use(
        toNodeHandler(async (request) => await request.json(), {
          onError: (error) => errors.push(error),
        }),
      );
      await using server = await listening(createServer(app));
      await using http = new HttpClient();
      assert.equal((await http.post(server.url, { json: { a: 1 } })).status, 500);
      assert.equal(errors.length, 1);
      assert.ok(errors[0] instanceof BodyUsed, String(errors[0]));
      assert.match(errors[0].message, /express\.json\(\)[^]*Mount the handler before/);
    });

  it("reads what a parser has left alone", async () => {
    const app = express();
    app.use(express.json());
    app.use(toNodeHandler((request) => request.text()));
    await using server = await listening(createServer(app));
    await using http = new HttpClient();
    assert.equal(await http.post(server.url, { body: "plain" }).text(), "plain");
    assert.equal(await http.get(server.url).text(), "");
  });
});

describe("What a handler in a node:http server gives", () => {
  it("is as long as it says, or nothing of it is sent", async () => {
    const seen: unknown[] = [];
    await using server = await mounted(
      ({ path }) => (path === "/" ? reply("hello", { headers: { "content-length": "3" } }) : path),
      { onError: (error) => seen.push(error) },
    );
    await using stream = await talk(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const head = await stream.readUntil("\r\n\r\n");
    assert.match(new TextDecoder().decode(head), /^HTTP\/1\.1 500 /);
    assert.equal(seen.length, 1);
  });

  it("is closed where it is a stream of ours, sent or not", async () => {
    const streams: ByteStream[] = [];
    await using source = await listening(
      createServer((_request, response) => void response.end("from there")),
    );
    await using server = await mounted(async ({ method }) => {
      const stream = await talk(source, "GET / HTTP/1.0\r\n\r\n");
      streams.push(stream);
      await stream.readUntil("\r\n\r\n");
      return method === "HEAD" ? reply(stream, { status: 202 }) : stream;
    });
    await using http = new HttpClient();
    assert.equal(await http.get(server.url).text(), "from there");
    assert.equal((await http.head(server.url)).status, 202);
    for (const stream of streams) await assert.rejects(stream.read(), /closed/);
  });

  it("that the other server does not take is reported, and cut", async () => {
    const reported = new Queue<unknown>({ capacity: 1 });
    const handler = toNodeHandler(() => "too late", { onError: (error) => void reported.tryPut(error) });
    await using server = await listening(
      createServer((request, response) => {
        response.write("already begun");
        handler(request, response);
      }),
    );
    await using stream = await talk(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await assert.rejects(async () => {
      while ((await stream.read()) !== null);
      throw new Error("it ended");
    });
    assert.match(String(await reported.get()), /ERR_HTTP_HEADERS_SENT|headers/i);
  });

  it("is an error that is reported, also where its client has left", async () => {
    const reported = new Queue<unknown>({ capacity: 1 });
    const begun = new Event();
    const failure = new Error("the clean-up has failed");
    await using server = await mounted(
      async () => {
        begun.set();
        await sleep(Infinity).catch(() => {
          throw failure;
        });
      },
      { onError: (error) => void reported.tryPut(error) },
    );
    const stream = await talk(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await begun.wait();
    stream.abort();
    assert.equal(await reported.get(), failure);
  });
});
