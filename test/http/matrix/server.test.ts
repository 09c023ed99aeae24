/** Rows of the server's matrix in `docs/http-comparison.md` that need several parts of the library at once. */
import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { sleep, withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import { HttpClient, MockTransport, reply, serve, toFetch, type Handler } from "../../../src/http.ts";
import { offline } from "../client/raw-server.ts";

const at = { host: "shop", port: 80, closeGraceMs: 0 };

describe("A limit for one route", () => {
  it(
    "is withTimeoutOr around it: what takes too long is cancelled with all it began, and answered as it says",
    offline(async () => {
      const ended: string[] = [];
      const work = (name: string) => async (): Promise<void> => {
        try {
          await sleep(60_000);
        } finally {
          ended.push(name);
        }
      };
      const report = (): Promise<void> =>
        withTaskGroup(async (group) => {
          group.spawn(work("child"));
          await work("body")();
        });
      const handler: Handler = ({ path }) =>
        path === "/report" ? withTimeoutOr(20, report, reply("too slow", { status: 504 })) : "quick";
      await using server = await serve(handler, at);
      await using http = new HttpClient({ baseUrl: server.url });
      const late = await http.get("/report");
      assert.deepEqual([late.status, await late.text()], [504, "too slow"]);
      assert.deepEqual(ended.sort(), ["body", "child"]);
      assert.equal(await http.get("/").text(), "quick");
      assert.equal(http.stats().open, 1);
      assert.deepEqual([server.stats().answered, server.stats().failed], [2, 0]);
    }),
  );
});

describe("A stream", () => {
  it(
    "goes through a handler, from request to reply, piece by piece, and no faster than its reader takes it",
    offline(async () => {
      await using server = await serve(({ body }) => body, at);
      await using http = new HttpClient({ baseUrl: server.url });
      let made = 0;
      const pieces = async function* (): AsyncGenerator<Uint8Array> {
        for (; made < 1_000; made++) yield new Uint8Array(16_384);
      };
      await using response = await http.post("/", { body: pieces() });
      await sleep(1_000);
      assert.ok(made < 100, `${made} pieces were made while nobody read`);
      let length = 0;
      for await (const piece of response.body) length += piece.length;
      assert.deepEqual([made, length], [1_000, 1_000 * 16_384]);
    }),
  );
});

describe("A handler in a test", () => {
  it("is called without a socket, as fetch and behind a client", async () => {
    const handler: Handler = async (request) => ({ got: await request.json() });
    const fetch = toFetch(handler);
    const request = new Request("http://shop/", { method: "POST", body: '{"a":1}' });
    assert.deepEqual(await (await fetch(request)).json(), { got: { a: 1 } });
    const mock = new MockTransport().mount("http://shop", handler);
    await using http = new HttpClient({ baseUrl: "http://shop/", transport: mock.send });
    assert.deepEqual(await http.post("/", { json: { b: 2 } }).json(), { got: { b: 2 } });
  });
});

describe("An address", () => {
  it(
    "serves several servers where they reuse the port",
    { skip: process.platform !== "linux" },
    async () => {
      const options = { host: "127.0.0.1", reusePort: true, closeGraceMs: 0 };
      await using first = await serve(() => "first", options);
      const second = await serve(() => "second", { ...options, port: first.port });
      assert.equal(second.port, first.port);
      await second.close();
      await using http = new HttpClient({ baseUrl: first.url });
      assert.equal(await http.get("/").text(), "first");
    },
  );

  it("is one of several of the same handler: each is a server of its own, and all end with their scope", async () => {
    const handler: Handler = ({ local }) => String("port" in local && local.port);
    await using one = await serve(handler, { host: "127.0.0.1", closeGraceMs: 0 });
    await using two = await serve(handler, { host: "127.0.0.1", closeGraceMs: 0 });
    await using http = new HttpClient();
    for (const { url, port } of [one, two]) assert.equal(await http.get(url).text(), String(port));
  });
});
