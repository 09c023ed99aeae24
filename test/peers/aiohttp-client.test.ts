/** Debian's aiohttp client against our server. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { serve, type HttpServer } from "../../src/http.ts";
import { answer, Endless, judged, soon } from "./judged.ts";
import { run } from "./programs.ts";
import { checkAiohttp } from "./aiohttp.ts";

async function ask(server: HttpServer, what: string): Promise<unknown> {
  await checkAiohttp();
  const { text } = await run("python3", [
    join(import.meta.dirname, "aiohttp_client.py"),
    server.url,
    what,
  ]);
  return JSON.parse(text);
}

describe("the client of aiohttp", () => {
  it("gets 500 answers on 20 connections", async () => {
    await using server = await judged();
    assert.equal(await ask(server, "many"), true);
    const { accepted, answered } = server.stats();
    assert.equal(answered, 500);
    assert.ok(accepted <= 20, `${accepted} connections`);
  });

  it("uploads in chunks, with a length, and when it is told to continue, on one connection", async () => {
    await using server = await judged();
    assert.deepEqual(await ask(server, "uploads"), [true, true, true, null, "6553600"]);
    assert.equal(server.stats().accepted, 1);
  });

  it("uploads nothing that is refused before", async () => {
    await using server = await judged();
    assert.deepEqual(await ask(server, "refused"), [413, "this is too much"]);
  });

  it("sends and receives at the same time", async () => {
    await using server = await judged();
    assert.equal(await ask(server, "echo"), true);
  });

  it("sends forms and cookies, and takes redirects, heads, errors and nothing, on one connection", async () => {
    await using server = await judged();
    assert.deepEqual(await ask(server, "others"), [
      { a: "ä &" },
      "5",
      ["hello", 1],
      "a=b",
      500,
      [204, ""],
    ]);
    assert.equal(server.stats().accepted, 1);
  });

  it("has its handlers cancelled when it leaves", async () => {
    const endless = new Endless();
    await using server = await serve(
      (request) => (request.path === "/endless" ? endless.body() : answer(request)),
      { host: "127.0.0.1" },
    );
    assert.equal(await ask(server, "leave"), true);
    await soon("the end of the handlers", () => endless.ended === 5 && server.stats().connections === 0);
    assert.equal(endless.begun, 5);
  });
});
