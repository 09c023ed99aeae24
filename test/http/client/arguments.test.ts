import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HttpClient, type HttpClientOptions, type RequestOptions } from "../../../src/http.ts";
import { InvalidArgument } from "../../../src/index.ts";
import { clientOf, offline, ok, rawServer } from "./raw-server.ts";

function assertInvalid(call: () => unknown, message: RegExp): void {
  assert.throws(call, (error: Error) => {
    assert.ok(error instanceof InvalidArgument, String(error));
    assert.match(error.message, message);
    return true;
  });
}

describe("What cannot be a client", () => {
  const wrong: ReadonlyArray<readonly [options: unknown, message: RegExp]> = [
    [{ maxConnections: 0 }, /maxConnections of HttpClient is 0/],
    [{ maxConnectionsPerOrigin: 1.5 }, /maxConnectionsPerOrigin of HttpClient is 1.5/],
    [{ keepAliveMs: "5s" }, /keepAliveMs of HttpClient is "5s"/],
    [{ totalMs: NaN }, /totalMs of HttpClient is NaN/],
    [{ throwOnStatus: 1 }, /throwOnStatus of HttpClient is 1/],
    [{ timeout: 5 }, /HttpClient has no option "timeout"\. It has attemptDelayMs, /],
    [{ headers: "a: b" }, /headers of HttpClient is "a: b"/],
    [{ headers: { host: "other" } }, /headers of HttpClient has "host", which the client writes itself/],
    [{ headers: { "a\r\nb": "c" } }, /the name of a header field is/],
    [{ baseUrl: "example.com" }, /It has no scheme: write "http:\/\/\.\.\."/],
    [{ baseUrl: "ftp://example.com" }, /Its scheme is "ftp"/],
    [{ middleware: [1] }, /each middleware of HttpClient is 1/],
    [{ unixSocket: "" }, /unixSocket of HttpClient is ""/],
    [{ localAddress: "here" }, /localAddress of HttpClient is "here"/],
    [{ tls: { certificate: "x" } }, /a certificate without its key/],
    [null, /options of HttpClient is null/],
  ];
  for (const [options, message] of wrong)
    it(`is refused at once: ${JSON.stringify(options)}`, () => {
      assertInvalid(() => new HttpClient(options as HttpClientOptions), message);
    });
});

describe("What cannot be a request", () => {
  const http = new HttpClient();
  const wrong: ReadonlyArray<readonly [url: unknown, options: unknown, message: RegExp]> = [
    ["/items", undefined, /the URL of a request is "\/items"\. It has no scheme/],
    ["http://", undefined, /the URL of a request is "http:\/\/"/],
    ["http://user:secret@", undefined, /"http:\/\/\*\*\*@"/],
    ["http://shop:0/", undefined, /Port 0/],
    ["ws://shop/", undefined, /Its scheme is "ws"/],
    [42, undefined, /the URL of a request is 42\. Give a string or a URL/],
    ["http://shop/", { body: "a", json: 1 }, /more than one of body, json and form/],
    ["http://shop/", { body: { a: 1 } }, /for JSON say so/],
    ["http://shop/", { json: 1n }, /which JSON cannot express/],
    ["http://shop/", { headers: { a: "b\r\nc: d" } }, /the value of the header field "a"/],
    ["http://shop/", { headers: { "content-length": "5" } }, /which the client writes itself/],
    ["http://shop/", { maxConnections: 5 }, /a request has no option "maxConnections"/],
    ["http://shop/", { query: "a=b" }, /query of a request is "a=b"/],
    ["http://shop/", { gapMs: "1" }, /gapMs of a request is "1"/],
    ["http://shop/", "options", /options of a request is "options"/],
    ["http://shop/", { maxRedirects: -1 }, /maxRedirects of a request is -1/],
  ];
  for (const [url, options, message] of wrong)
    it(`is refused at once: ${String(url)} ${JSON.stringify(options, (_, value: unknown) => (typeof value === "bigint" ? "1n" : value))}`, () => {
      assertInvalid(() => http.get(url as string, options as RequestOptions), message);
    });

  for (const method of ["", "GE T", "get\r\n", "CONNECT", 5])
    it(`is refused at once: the method ${JSON.stringify(method)}`, () => {
      assertInvalid(() => http.request(method as string, "http://shop/"), /method is /);
    });
});

describe("The options of a request", () => {
  it(
    "go over those of the client: fields are replaced, added, and taken away",
    offline(async () => {
      await using server = await rawServer(() => ok(""));
      await using http = clientOf({
        headers: { "X-A": "client", "X-B": "client", "user-agent": "mine" },
      });
      await http.get("/", {
        headers: { "x-a": "call", "x-b": undefined, "X-C": ["1", "2"], Accept: "text/html" },
      });
      assert.equal(
        server.heads[0],
        "GET / HTTP/1.1\r\nHost: shop\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nuser-agent: mine\r\nx-a: call\r\nX-C: 1\r\nX-C: 2\r\nAccept: text/html\r\n\r\n",
      );
      await http.get("/");
      assert.match(server.heads[1] ?? "", /X-A: client\r\nX-B: client\r\n/);
    }),
  );

  it(
    "add parameters to the URL",
    offline(async () => {
      await using server = await rawServer(() => ok(""));
      await using http = clientOf({ baseUrl: "http://shop/api/" });
      await http.get("items?a=1", { query: { b: "x y", c: [1, 2], d: undefined, e: true } });
      await http.get(new URL("http://shop/x"), { query: [["a", "ä&b"]] });
      assert.deepEqual(
        server.heads.map((head) => head.split(" ")[1]),
        ["/api/items?a=1&b=x+y&c=1&c=2&e=true", "/x?a=%C3%A4%26b"],
      );
    }),
  );

  it(
    "send a field whose value is beyond ASCII a byte for each character",
    offline(async () => {
      await using server = await rawServer(() => ok("x"));
      await using http = clientOf();
      await http.get("/", { headers: { "x-name": "Zoë" } }).text();
      await http.post("/", { headers: { "x-name": "Zoë" }, body: "ü" }).text();
      assert.match(server.heads[0] ?? "", /x-name: Zo\u00eb\r\n/);
      assert.match(server.heads[1] ?? "", /x-name: Zo\u00eb\r\n/);
    }),
  );

  it(
    "say who asks: by the name and password in the URL, which go nowhere else",
    offline(async () => {
      await using server = await rawServer(() => ok(""));
      await using http = clientOf();
      const response = await http.get("http://me:p%C3%A4ss@shop/");
      assert.match(server.heads[0] ?? "", /Authorization: Basic bWU6cMOkc3M=\r\n/);
      assert.ok(!(server.heads[0] ?? "").includes("me:"));
      assert.equal(response.url, "http://shop/");
    }),
  );
});
