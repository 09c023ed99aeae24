/** Rows of the client's matrix in `docs/http-comparison.md`: what a request can say, and who gets to hear it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HttpClient, HttpProtocolError, HttpRequestFailed, serve } from "../../../src/http.ts";
import type { BodyInit } from "../../../src/http.ts";
import { memoryPipe } from "../../../src/testing.ts";
import { clientOf, failureOf, offline, ok, rawServer } from "../client/raw-server.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("The body of a request", () => {
  it("may be of every kind in hand, or a stream of any kind, and arrives as it was meant", async () => {
    await using server = await serve(
      async (request) => `${request.headers.get("content-type") ?? "none"}: ${await request.text()}`,
      { host: "127.0.0.1" },
    );
    await using http = new HttpClient({ baseUrl: server.url });
    const said = async (body: BodyInit): Promise<string> => http.post("/", { body }).text();
    const [near, far] = memoryPipe();
    await far.write("of a stream");
    await far.end();
    const pieces = async function* (): AsyncGenerator<string | Uint8Array> {
      yield "of an ";
      yield bytesOf("iterable");
    };
    const web = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytesOf("of the web"));
        controller.close();
      },
    });
    const bytes = "none";
    assert.equal(await said("text"), "text/plain;charset=UTF-8: text");
    assert.equal(await said(bytesOf("bytes")), `${bytes}: bytes`);
    assert.equal(await said(bytesOf("buffer").buffer as ArrayBuffer), `${bytes}: buffer`);
    assert.equal(await said(new Blob(["blob"], { type: "image/png" })), "image/png: blob");
    assert.equal(
      await said(new URLSearchParams({ a: "1 2" })),
      "application/x-www-form-urlencoded;charset=UTF-8: a=1+2",
    );
    assert.match(await said(near), /: of a stream$/);
    assert.match(await said(pieces()), /: of an iterable$/);
    assert.match(await said(web), /: of the web$/);
    assert.equal(
      await http.post("/", { json: { a: [1, null] } }).text(),
      'application/json: {"a":[1,null]}',
    );
    assert.match(await http.post("/", { form: { a: "é", b: ["1", "2"] } }).text(), /: a=%C3%A9&b=1&b=2$/);
  });
});

describe("Who asks", () => {
  it(
    "is said by name and password or by a token, of the client or of the call",
    offline(async () => {
      await using server = await rawServer(() => ok(""));
      await using http = clientOf({ auth: { username: "Aladdin", password: "open sesame" } });
      await http.get("/").text();
      await http.get("/", { auth: { bearer: "t0ken" } }).text();
      await http.get("/", { auth: null }).text();
      const said = server.heads.map((head) => /^Authorization: (.*)\r$/im.exec(head)?.[1]);
      assert.deepEqual(said, ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Bearer t0ken", undefined]);
    }),
  );
});

describe("The head of a response", () => {
  const heads: ReadonlyArray<readonly [rule: string, head: string]> = [
    ["status-line-length", `HTTP/1.1 200 ${"a".repeat(8_192)}\r\n\r\n`],
    ["head-length", `HTTP/1.1 200 OK\r\nA: ${"a".repeat(16_384)}\r\n\r\n`],
    ["field-count", `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(101)}\r\n`],
  ];
  for (const [rule, head] of heads)
    it(
      `is refused where it is over a limit: ${rule}`,
      offline(async () => {
        await using server = await rawServer(() => head);
        await using http = clientOf();
        const error = await failureOf(http.get("/"));
        assert.ok(error instanceof HttpRequestFailed);
        assert.ok(error.cause instanceof HttpProtocolError);
        assert.equal(error.cause.rule, rule);
        assert.equal(http.stats().open, 0);
        assert.equal(server.connections, 1);
      }),
    );
});
