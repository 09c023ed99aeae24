/** curl as a judge of our server. Run by `npm run test:peers`, apart from `npm test`: it needs programs that npm does not bring. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { sleep } from "../../src/index.ts";
import { serve, type HttpServer } from "../../src/http.ts";
import { digest, Endless, judged, MIB, pattern, piecesDigest, soon } from "./judged.ts";
import { Folder, pathOf, run, Running } from "./programs.ts";

const LARGE = pattern(24 * MIB);
const authority = join(import.meta.dirname, "../fixtures/tls/authority.pem");
const pem = (name: string): Buffer => readFileSync(join(import.meta.dirname, "../fixtures/tls", name));

let server: HttpServer;
let folder: Folder;
let large = "";

const at = (path: string): string => `${server.url}${path}`;
/** curl's own words about what went over the wire (`-v`) are in `complaints`. */
const curl = (...args: string[]) => run("curl", ["-sS", ...args]);

interface Counted {
  readonly method: string;
  readonly bytes: number;
  readonly digest: string;
  readonly length: string | null;
}

const counted = (text: string): Counted => JSON.parse(text) as Counted;

before(async () => {
  pathOf("curl");
  folder = new Folder();
  large = folder.at("large");
  writeFileSync(large, LARGE);
  server = await judged();
});

after(async () => {
  await server.close({ drainMs: 0 });
  folder[Symbol.dispose]();
});

describe("curl", () => {
  it("gets two URLs on one connection", async () => {
    const { accepted } = server.stats();
    const { text } = await curl("-w", " %{num_connects}\n", at("/hello"), at("/json"));
    assert.equal(text, 'hello 1\n{"hello":"world"} 0\n');
    assert.equal(server.stats().accepted - accepted, 1);
  });

  it("gets fifty URLs at the same time", async () => {
    const { text } = await curl("-Z", "--parallel-max", "50", `${at("/stream")}?bytes=[1000-1049]`);
    assert.equal(text.length > 0, true);
    const { output } = await curl("-Z", `${at("/stream")}?bytes=[1000-1049]`);
    assert.equal(output.length, (50 * (1_000 + 1_049)) / 2);
  });

  it("puts a file with its length", async () => {
    const { text, complaints } = await curl("-v", "-T", large, at("/count"));
    const { method, bytes, digest: got, length } = counted(text);
    assert.deepEqual([method, bytes, length], ["PUT", LARGE.length, String(LARGE.length)]);
    assert.equal(got, digest(LARGE));
    assert.match(complaints, /< HTTP\/1\.1 100 Continue/);
  });

  it("puts what it reads from a pipe, in chunks", async () => {
    const { text } = await run("curl", ["-sS", "-T", "-", at("/count")], { input: LARGE });
    const { bytes, digest: got, length } = counted(text);
    assert.deepEqual([bytes, length, got], [LARGE.length, null, digest(LARGE)]);
  });

  it("gets back what it sends, while it sends it", async () => {
    const { output } = await curl("-H", "Expect:", "-T", large, at("/echo"));
    assert.equal(digest(output), digest(LARGE));
  });

  it("sends a body when it is told to continue", async () => {
    const args = ["-v", "-H", "Expect: 100-continue", "--expect100-timeout", "20"];
    const { text, complaints } = await curl(...args, "--data-binary", `@${large}`, at("/count"));
    assert.equal(counted(text).digest, digest(LARGE));
    assert.match(complaints, /< HTTP\/1\.1 100 Continue[^]*< HTTP\/1\.1 200 OK/);
  });

  it("sends no body that is refused before", async () => {
    const args = ["-v", "-H", "Expect: 100-continue", "--expect100-timeout", "20"];
    const format = "\n%{http_code} %{size_upload}";
    const body = ["--data-binary", `@${large}`];
    const { text, complaints } = await curl(...args, "-w", format, ...body, at("/refuse"));
    assert.equal(text, "this is too much\n413 0");
    assert.doesNotMatch(complaints, /100 Continue/);
  });

  it("sends no body that is announced to be too long for a handler that wants it whole", async () => {
    const args = [
      "-H",
      "Expect: 100-continue",
      "--expect100-timeout",
      "20",
      "-w",
      "\n%{http_code} %{size_upload}",
    ];
    const { text } = await curl(...args, "--data-binary", `@${large}`, at("/whole"));
    assert.match(text, /\n413 0$/);
  });

  it("hears an answer that comes while it still sends", async () => {
    const { text } = await curl("-H", "Expect:", "-w", "\n%{http_code}", "-T", large, at("/refuse"));
    assert.equal(text, "this is too much\n413");
    const { text: chunked } = await run(
      "curl",
      ["-sS", "-H", "Expect:", "-w", "\n%{http_code}", "-T", "-", at("/refuse")],
      { input: LARGE },
    );
    assert.equal(chunked, "this is too much\n413");
  });

  it("gets chunks, and the trailer behind them", async () => {
    const { text, output } = await curl("-D", folder.at("heads"), at("/trailers"));
    assert.equal(digest(output), piecesDigest(100_000));
    assert.equal(text.includes("x-digest"), false);
    const heads = readFileSync(folder.at("heads"), "utf8");
    assert.match(heads, /transfer-encoding: chunked\r\n/i);
    assert.match(heads, new RegExp(`\r\n\r\nx-digest: ${piecesDigest(100_000)}\r\n`));
    const { output: raw } = await curl("--raw", at("/trailers"));
    assert.match(raw.toString("latin1"), /^[0-9a-f]+\r\n[^]*\r\n0\r\nx-digest: [0-9a-f]{64}\r\n\r\n$/);
  });

  it("gets a stream of a length that was announced", async () => {
    const { output } = await curl("-D", folder.at("heads"), at("/sized?bytes=5000000"));
    assert.equal(digest(output), piecesDigest(5_000_000));
    assert.match(readFileSync(folder.at("heads"), "utf8"), /content-length: 5000000\r\n/);
  });

  it("asks for a head, and uses the connection again", async () => {
    const { accepted } = server.stats();
    for (const path of ["/hello", "/stream?bytes=70000", "/sized?bytes=70000", "/trailers"]) {
      const { text } = await curl("-I", at(path), at("/json"));
      assert.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
    }
    assert.equal(server.stats().accepted - accepted, 4);
    const { text } = await curl("-I", at("/hello"));
    assert.match(text, /content-length: 5\r\n/);
  });

  it("gets no body with 204, and uses the connection again", async () => {
    const { text } = await curl("-w", "%{http_code} %{num_connects}\n", at("/nothing"), at("/hello"));
    assert.equal(text, "204 1\nhello200 0\n");
  });

  it("speaks HTTP/1.0", async () => {
    const { text } = await curl("-0", "-i", at("/hello"));
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n\r\nhello$/);
    const { output } = await curl("-0", "-D", folder.at("heads"), at("/stream?bytes=3000000"));
    assert.equal(digest(output), piecesDigest(3_000_000));
    assert.doesNotMatch(readFileSync(folder.at("heads"), "utf8"), /transfer-encoding|content-length/i);
    const { text: kept } = await curl(
      "-0",
      "-H",
      "Connection: keep-alive",
      "-w",
      " %{num_connects}\n",
      at("/hello"),
      at("/hello"),
    );
    assert.equal(kept, "hello 1\nhello 0\n");
    const { text: posted } = await curl("-0", "--data-binary", "a=b&c=d", at("/form"));
    assert.equal(posted, '{"a":"b","c":"d"}');
  });

  it("gets no compressed body from a server that has none", async () => {
    const { text } = await curl("--compressed", "-i", at("/hello"));
    assert.doesNotMatch(text, /content-encoding/i);
    assert.match(text, /\r\n\r\nhello$/);
  });

  it("follows a redirect, keeps a cookie, and sends a form", async () => {
    assert.equal((await curl("-L", at("/redirect"))).text, "hello");
    const jar = folder.at("jar");
    assert.equal((await curl("-b", jar, "-c", jar, at("/cookies"), at("/cookies"))).text, "nonea=b");
    assert.equal((await curl("--data-urlencode", "a=ä &", at("/form"))).text, '{"a":"ä &"}');
  });

  it("gets 404 and 500 without details, on one connection", async () => {
    const { text } = await curl(
      "-w",
      "|%{http_code} %{num_connects}\n",
      at("/a%20b"),
      at("/fail"),
      at("/hello"),
    );
    assert.equal(text, "there is nothing at /a%20b|404 1\nInternal Server Error|500 0\nhello|200 0\n");
  });

  it("gets each line when it is there", async () => {
    const asked = Promise.withResolvers<undefined>();
    await using lines = await serve(
      async function* () {
        yield "one\n";
        await asked.promise;
        yield "two\n";
      },
      { host: "127.0.0.1" },
    );
    await using reader = new Running("curl", ["-sSN", lines.url]);
    await reader.wrote(/^one\n$/);
    asked.resolve(undefined);
    await reader.wrote(/^one\ntwo\n$/);
    await reader.ended();
  });

  it("has its handler cancelled when it is killed", async () => {
    const fate: string[] = [];
    await using patient = await serve(
      async () => {
        fate.push("begun");
        try {
          await sleep(Infinity);
        } catch (error) {
          fate.push((error as Error).name);
          throw error;
        }
      },
      { host: "127.0.0.1" },
    );
    await using asker = new Running("curl", ["-sS", patient.url]);
    await soon("a handler", () => fate.length === 1);
    asker.signal("SIGKILL");
    await asker.ended();
    await soon("its end", () => patient.stats().connections === 0);
    assert.deepEqual(fate, ["begun", "Cancelled"]);
    assert.deepEqual([patient.stats().cancelled, patient.stats().answered], [1, 0]);
  });

  it("has its handler cancelled when it is killed in the midst of a reply", async () => {
    const endless = new Endless();
    await using source = await serve(() => endless.body(), { host: "127.0.0.1" });
    await using reader = new Running("curl", ["-sS", "-o", "/dev/null", source.url]);
    await soon("a reply", () => endless.begun === 1);
    reader.signal("SIGKILL");
    await reader.ended();
    await soon("the end of the handler", () => endless.ended === 1 && source.stats().connections === 0);
    const { answered, cancelled, inFlight, failed } = source.stats();
    assert.deepEqual([answered, cancelled, inFlight, failed], [0, 1, 0, 0]);
  });

  it("has its handler cancelled when it is killed while it uploads", async () => {
    let fate = "";
    await using sink = await serve(
      async (request) => {
        try {
          for await (const piece of request.body) fate = piece.length > 0 ? "reading" : fate;
        } catch (error) {
          fate = (error as Error).name;
          throw error;
        }
        return "all";
      },
      { host: "127.0.0.1" },
    );
    await using writer = new Running("curl", ["-sS", "-T", "-", sink.url]);
    writer.child.stdin.on("error", () => {});
    writer.child.stdin.write(pattern(200_000));
    await soon("a part of the body", () => fate === "reading");
    writer.signal("SIGKILL");
    await writer.ended();
    await soon(
      "the end of the handler",
      () => sink.stats().inFlight === 0 && sink.stats().connections === 0,
    );
    assert.notEqual(fate, "reading");
    assert.deepEqual([sink.stats().answered, sink.stats().failed], [0, 0]);
  });

  it("trusts our TLS by its authority alone", async () => {
    const tls = { certificate: pem("local.pem"), key: pem("local.key") };
    await using secure = await judged({ tls });
    const url = (path: string): string => `https://localhost:${secure.port}${path}`;
    const known = ["--cacert", authority];
    const { text } = await curl(...known, "-4", "-w", " %{num_connects}\n", url("/hello"), url("/hello"));
    assert.equal(text, "hello 1\nhello 0\n");
    assert.equal((await curl("-k", "-4", url("/hello"))).text, "hello");
    await run("curl", ["-sS", "-4", url("/hello")], { code: 60 });
    const { text: put } = await curl(...known, "-4", "-T", large, url("/count"));
    assert.equal(counted(put).digest, digest(LARGE));
    const { output } = await curl(...known, "-4", url("/stream?bytes=5000000"));
    assert.equal(digest(output), piecesDigest(5_000_000));
    assert.equal((await curl(...known, "-4", "--tls-max", "1.2", url("/hello"))).text, "hello");
  });

  it("gets no tunnel", async () => {
    const args = [
      "-sS",
      "-p",
      "-x",
      server.url,
      "-w",
      "%{http_connect} %{http_code}",
      "http://a.example/",
    ];
    const { text } = await run("curl", args, { code: 56 });
    assert.equal(text, "501 000");
  });

  it("speaks through a Unix socket", async () => {
    const path = folder.at("socket");
    await using local = await judged({ path });
    const { text } = await curl("--unix-socket", path, "http://any.name/hello", "http://any.name/who");
    assert.match(text, /^hello\{"host":"any.name","clientAddress":"unix"/);
    assert.equal(local.stats().accepted, 1);
  });
});
