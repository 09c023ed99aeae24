/** curl and fetch against a handler of ours that stands in a `node:http` server, and behind Express. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import express from "express";
import { writeFileSync } from "node:fs";
import { toNodeHandler } from "../../src/http.ts";
import { answer, digest, Endless, MIB, pattern, piecesDigest, soon } from "./judged.ts";
import { Folder, run, Running } from "./programs.ts";

const LARGE = pattern(8 * MIB);
const curl = (...args: string[]) => run("curl", ["-sS", ...args]);

interface Host extends AsyncDisposable {
  readonly url: string;
  connections: number;
}

async function host(listener: RequestListener): Promise<Host> {
  const server: Server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const it: Host = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: 0,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  server.on("connection", () => it.connections++);
  return it;
}

describe("a handler of ours in node:http", () => {
  it("answers curl as it does in our server", async () => {
    using folder = new Folder();
    writeFileSync(folder.at("large"), LARGE);
    await using server = await host(toNodeHandler(answer, { onError: () => {} }));
    const at = (path: string): string => `${server.url}${path}`;
    const { text } = await curl("-w", " %{num_connects}\n", at("/hello"), at("/json"));
    assert.equal(text, 'hello 1\n{"hello":"world"} 0\n');
    for (const from of [folder.at("large"), "-"]) {
      const { text: counted } = await run("curl", ["-sS", "-T", from, at("/count")], { input: LARGE });
      assert.equal((JSON.parse(counted) as { digest: string }).digest, digest(LARGE));
    }
    const { output: echo } = await curl("-H", "Expect:", "-T", folder.at("large"), at("/echo"));
    assert.equal(digest(echo), digest(LARGE));
    const { output } = await curl("-D", folder.at("heads"), at("/trailers"));
    assert.equal(digest(output), piecesDigest(100_000));
    const { output: sized } = await curl(at("/sized?bytes=3000000"));
    assert.equal(digest(sized), piecesDigest(3_000_000));
    const { text: heads } = await curl("-I", at("/stream?bytes=7"), at("/hello"));
    assert.match(
      heads,
      /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*content-length: 5\r\n/i,
    );
    const codes = await curl("-o", folder.at("none"), "-w", "%{http_code}", at("/fail"));
    assert.equal(codes.text, "500");
  });

  it("is cancelled when its client is killed", async () => {
    const endless = new Endless();
    await using server = await host(toNodeHandler(() => endless.body()));
    await using reader = new Running("curl", ["-sS", "-o", "/dev/null", server.url]);
    await soon("a reply", () => endless.begun === 1);
    reader.signal("SIGKILL");
    await reader.ended();
    await soon("the end of the handler", () => endless.ended === 1);
  });

  it("stands behind Express", async () => {
    const app = express();
    app.get("/theirs", (_, response) => void response.send("theirs"));
    app.use(toNodeHandler(answer));
    await using server = await host(app);
    const { text } = await curl(`${server.url}/theirs`, `${server.url}/hello`);
    assert.equal(text, "theirshello");
    const { text: counted } = await run("curl", ["-sS", "-T", "-", `${server.url}/count`], {
      input: LARGE,
    });
    assert.equal((JSON.parse(counted) as { digest: string }).digest, digest(LARGE));
    assert.equal((await curl(`${server.url}/nowhere`)).text, "there is nothing at /nowhere");
  });
});
