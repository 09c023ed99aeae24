/** openssl as a TLS client that knows no HTTP: what is said within the connection is written out here. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { HttpServer } from "../../src/http.ts";
import { judged, piecesDigest, digest, soon } from "./judged.ts";
import { run } from "./programs.ts";

const fixture = (name: string): string => join(import.meta.dirname, "../fixtures/tls", name);
const pem = (name: string): Buffer => readFileSync(fixture(name));
const local = { certificate: pem("local.pem"), key: pem("local.key") };

/** What came back for what was sent, of which the last request closes. */
async function talk(server: HttpServer, input: string, ...more: string[]): Promise<Buffer> {
  const at = `127.0.0.1:${server.port}`;
  const args = ["s_client", "-quiet", "-connect", at, "-servername", "localhost", "-verify_return_error"];
  const { output } = await run("openssl", [...args, "-CAfile", fixture("authority.pem"), ...more], {
    input,
    code: null,
  });
  return output;
}

const get = (path: string, fields = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;
const CLOSE = "Connection: close\r\n";

describe("openssl s_client", () => {
  for (const version of ["-tls1_2", "-tls1_3"])
    it(`gets answers to requests that it sends at once (${version})`, async () => {
      await using server = await judged({ tls: local });
      const text = (
        await talk(server, get("/hello") + get("/json") + get("/who", CLOSE), version)
      ).toString();
      const bodies = text.split(/HTTP\/1\.1 200 OK\r\n[^]*?\r\n\r\n/);
      assert.deepEqual(bodies.slice(0, 3), ["", "hello", '{"hello":"world"}']);
      assert.match(bodies[3] ?? "", /"scheme":"https"/);
      assert.equal(bodies.length, 4);
      await soon("the end of the connection", () => server.stats().connections === 0);
    });

  it("gets a long body whole before the connection ends", async () => {
    await using server = await judged({ tls: local });
    const output = await talk(server, get("/sized?bytes=3000000", CLOSE));
    const body = output.subarray(output.indexOf("\r\n\r\n") + 4);
    assert.equal(digest(body), piecesDigest(3_000_000));
  });

  it("is told what is wrong with a request", async () => {
    await using server = await judged({ tls: local });
    const text = (await talk(server, "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n")).toString();
    assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n[^]*connection: close\r\n/);
    await soon("the end of the connection", () => server.stats().connections === 0);
  });

  it("agrees on http/1.1, and not on h2", async () => {
    await using server = await judged({ tls: { ...local, alpnProtocols: ["http/1.1"] } });
    const at = ["s_client", "-connect", `127.0.0.1:${server.port}`, "-servername", "localhost"];
    const { text } = await run("openssl", [...at, "-alpn", "h2,http/1.1"], { code: null });
    assert.match(text, /ALPN protocol: http\/1\.1/);
    await run("openssl", [...at, "-alpn", "h2"], { code: 1 });
    await soon("the end of the connections", () => server.stats().connections === 0);
    assert.equal((await talk(server, get("/hello", CLOSE))).toString().endsWith("\r\n\r\nhello"), true);
  });

  it("is refused with a version that is too old, and without a certificate that is required", async () => {
    const tls = { ...local, clientCertificate: "require", ca: pem("client-authority.pem") } as const;
    await using server = await judged({ tls });
    assert.equal((await talk(server, get("/hello", CLOSE), "-tls1_1")).length, 0);
    assert.equal((await talk(server, get("/hello", CLOSE))).length, 0);
    const own = ["-cert", fixture("client.pem"), "-key", fixture("client.key")];
    assert.match((await talk(server, get("/hello", CLOSE), ...own)).toString(), /\r\n\r\nhello$/);
    await soon("the end of the connections", () => server.stats().connections === 0);
    assert.equal(server.stats().requests, 1);
  });

  it("gets 400, and no handshake, from a server without TLS", async () => {
    await using server = await judged();
    await run("openssl", ["s_client", "-connect", `127.0.0.1:${server.port}`], { code: 1 });
    await soon("the end of the connection", () => server.stats().connections === 0);
    assert.deepEqual([server.stats().malformed, server.stats().requests], [1, 0]);
  });

  it("is not harmed by one that speaks without TLS to a server with it", async () => {
    await using server = await judged({ tls: local });
    await run("curl", ["-sS", `http://127.0.0.1:${server.port}/hello`], { code: null });
    await soon("the end of the connection", () => server.stats().connections === 0);
    assert.equal(server.stats().handshakeErrors, 1);
    assert.match((await talk(server, get("/hello", CLOSE))).toString(), /\r\n\r\nhello$/);
  });
});
