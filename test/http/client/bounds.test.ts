/** The bounds of a client that nobody has set, just kept and just broken; those that are set are tested where they are at work. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { map, sleep } from "../../../src/index.ts";
import { BodyTooLarge, HttpRequestFailed, HttpTimeout, TooManyRedirects } from "../../../src/http.ts";
import { LimitOverrun, withNetwork } from "../../../src/io.ts";
import { virtual } from "../../../src/testing.ts";
import { ScriptedNetwork } from "../../io/net/scripted-network.ts";
import { clientOf, failureOf, offline, ok, rawServer } from "./raw-server.ts";

describe("A client for which nobody has set bounds", () => {
  it(
    "has 100 connections, and the next request waits",
    offline(async () => {
      await using _ = await rawServer(async () => {
        await sleep(10);
        return ok("");
      });
      await using http = clientOf();
      const requests = map(Array.from({ length: 101 }), () => http.get("/").text());
      await sleep(5);
      assert.deepEqual(http.stats(), { open: 100, idle: 0, connecting: 0, waiting: 1 });
      await requests;
    }),
  );

  it(
    "keeps a connection for 15 seconds",
    offline(async () => {
      await using _ = await rawServer(() => ok(""));
      await using http = clientOf();
      await http.get("/").text();
      await sleep(14_999);
      assert.equal(http.stats().idle, 1);
      await sleep(1);
      assert.equal(http.stats().idle, 0);
    }),
  );

  it(
    "waits 30 seconds for a connection",
    virtual(async () => {
      for (const ms of [29_999, 30_001]) {
        const names = { shop: { ms: 0, value: [{ address: "10.0.0.1", family: 4 as const }] } };
        const peers = { "10.0.0.1:80": { ms, code: "ECONNREFUSED" } };
        await withNetwork(new ScriptedNetwork({ names, peers }), async () => {
          await using http = clientOf();
          assert.equal((await failureOf(http.get("/"))) instanceof HttpTimeout, ms > 30_000);
        });
      }
    }),
  );

  it(
    "follows 10 redirects",
    offline(async () => {
      await using _ = await rawServer(({ head }) => {
        const left = Number(/^GET \/(\d+)/.exec(head)?.[1]);
        if (left === 0) return ok("there");
        return `HTTP/1.1 302 Found\r\nLocation: /${left - 1}\r\nContent-Length: 0\r\n\r\n`;
      });
      await using http = clientOf();
      assert.equal(await http.get("/10").text(), "there");
      assert.ok((await failureOf(http.get("/11"))) instanceof TooManyRedirects);
    }),
  );

  it(
    "reads 64 MiB of a body by the whole, and a line of 64 KiB with its end",
    offline(async () => {
      await using _ = await rawServer(({ head, stream }) => {
        const bytes = /^GET \/(\d+)/.exec(head)?.[1];
        if (bytes === undefined) return ok(`${"x".repeat(65_535)}\n${"x".repeat(65_536)}\n`);
        const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`;
        // Of one that may be read it sends some, and hangs up.
        return bytes === "67108864" ? stream.write(`${answer}xyz`).then(() => null) : answer;
      });
      await using http = clientOf();
      assert.ok((await failureOf(http.get("/67108864").bytes())) instanceof HttpRequestFailed);
      assert.ok((await failureOf(http.get("/67108865").bytes())) instanceof BodyTooLarge);
      await using response = await http.get("/lines");
      const lines = response.lines();
      assert.equal((await lines.next()).value?.length, 65_535);
      assert.ok((await failureOf(lines.next())) instanceof LimitOverrun);
    }),
  );
});

describe("maxBodyBytes", () => {
  for (const framing of ["Content-Length: 4", "Transfer-Encoding: chunked"])
    it(
      `takes a body that is as long, and not a byte more: ${framing}`,
      offline(async () => {
        const body = framing.startsWith("C") ? "four" : "4\r\nfour\r\n0\r\n\r\n";
        await using _ = await rawServer(() => `HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${body}`);
        await using http = clientOf();
        assert.equal(await http.get("/", { maxBodyBytes: 4 }).text(), "four");
        assert.equal(await http.get("/").text({ maxBytes: 4 }), "four");
        assert.ok((await failureOf(http.get("/", { maxBodyBytes: 3 }).text())) instanceof BodyTooLarge);
        assert.ok((await failureOf(http.get("/").text({ maxBytes: 3 }))) instanceof BodyTooLarge);
      }),
    );
});
