/** What a program sees that shows an object of the client. */
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { describe, it } from "node:test";
import {
  HttpClient,
  HttpHeaders,
  MockTransport,
  StatusError,
  type ClientRequest,
  type Middleware,
} from "../../../src/http.ts";
import { clientOf, failureOf, offline, ok, rawServer } from "./raw-server.ts";

const show = (value: unknown): string =>
  inspect(value, { breakLength: Infinity, compact: 10, depth: 10 });

describe("What is shown of", () => {
  it("headers is names and values, but of what vouches for somebody the names alone", () => {
    const headers = HttpHeaders.from([
      ["Content-Type", "text/plain"],
      ["Via", "a"],
      ["Via", "b"],
      ["Set-Cookie", "sid=hush"],
      ["Authorization", "Bearer hush"],
      ["WWW-Authenticate", "Basic"],
      ["X-Api-Key", "hush"],
    ]);
    assert.equal(
      show(headers),
      "HttpHeaders { 'content-type': 'text/plain', via: [ 'a', 'b' ], 'set-cookie': '***', authorization: '***', 'www-authenticate': 'Basic', 'x-api-key': '***' }",
    );
    assert.equal(show(HttpHeaders.from({})), "HttpHeaders {}");
  });

  it("headers is right whatever a server calls its fields", () => {
    const names = ["constructor", "__proto__", "__proto__", "valueof"];
    const headers = HttpHeaders.from(names.map((name) => [name, "x"] as const));
    assert.match(
      show(headers),
      /^HttpHeaders { constructor: 'x', \[?'__proto__'\]?: \[ 'x', 'x' \], valueof: 'x' }$/,
    );
  });

  it("a proxy of an object, or what inherits from one, is what the platform makes of it", () => {
    const headers = HttpHeaders.from({ a: "hush" });
    for (const other of [new Proxy(headers, {}), Object.create(headers)])
      assert.doesNotMatch(show([other]), /hush/);
  });

  it(
    "a response is what was answered, and how far its body is",
    offline(async () => {
      await using _ = await rawServer(async ({ head, write }) => {
        if (head.startsWith("GET /slow")) await write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour");
        else return ok("hello", "Set-Cookie: sid=hush\r\n");
        return undefined;
      });
      await using http = clientOf();
      const response = await http.get("http://me:hush@shop/a");
      const head =
        "HttpResponse { status: 200, reason: 'OK', url: 'http://shop/a', headers: HttpHeaders { 'set-cookie': '***', 'content-length': '5' }, body:";
      assert.equal(show(response), `${head} '5 bytes to be read, all has come' }`);
      await response.text();
      assert.equal(show(response), `${head} 'at its end' }`);
      await using slow = await http.get("/slow");
      assert.match(show(slow), /body: '4 bytes to be read, more is to come' }$/);
      assert.match(show({ slow }), /^{ slow: HttpResponse { status: 200/);
    }),
  );

  it("a request, in middleware, is where it goes and with what, without credentials", async () => {
    const seen: string[] = [];
    const watch: Middleware = (request: ClientRequest, next) => {
      seen.push(show(request));
      return next(request);
    };
    const mock = new MockTransport().on("*", "*", "");
    await using http = new HttpClient({
      auth: { bearer: "hush" },
      proxy: "http://me:hush@proxy:3128",
      headers: { authorization: "Bearer hush", accept: "text/plain", "user-agent": "shop" },
      middleware: [watch],
      transport: mock.send,
    });
    await http.post("http://me:hush@shop/a?b=c", { body: "hello" });
    await http.get("http://shop/");
    const headers = /headers: RequestHeaders {.* accept: 'text\/plain'.*}/;
    for (const text of seen) {
      assert.match(text.toLowerCase(), new RegExp(headers.source.toLowerCase()));
      assert.doesNotMatch(text, /hush/);
    }
    assert.match(
      seen[0] ?? "",
      /^ClientRequest { method: 'POST', url: 'http:\/\/shop\/a\?b=c', attempt: 1, /,
    );
    assert.match(seen[0] ?? "", /body: '5 bytes, text\/plain;charset=UTF-8' }$/);
    assert.match(seen[1] ?? "", /body: null }$/);
  });

  it(
    "a client is its base URL and its figures",
    offline(async () => {
      await using _ = await rawServer(() => ok(""));
      await using http = new HttpClient({
        baseUrl: "http://me:hush@shop/api/",
        auth: { bearer: "hush" },
        headers: { authorization: "hush" },
      });
      await http.get("/").text();
      assert.equal(
        show(http),
        "HttpClient { baseUrl: 'http://shop/api/', open: 1, idle: 1, connecting: 0, waiting: 0 }",
      );
      assert.match(show(new HttpClient()), /^HttpClient { baseUrl: null, open: 0,/);
    }),
  );

  it(
    "an error is what it is, with the fields of the response that may be seen",
    offline(async () => {
      await using _ = await rawServer(
        () => "HTTP/1.1 403 No\r\nSet-Cookie: sid=hush\r\nContent-Length: 0\r\n\r\n",
      );
      await using http = clientOf({ throwOnStatus: true, auth: { bearer: "hush" } });
      const error = await failureOf(http.get("http://me:hush@shop/a"));
      assert.ok(error instanceof StatusError);
      const text = show(error);
      assert.match(text, /GET http:\/\/shop\/a was answered with 403 No/);
      assert.match(text, /headers: HttpHeaders { 'set-cookie': '\*\*\*', 'content-length': '0' }/);
      assert.doesNotMatch(text, /hush/);
    }),
  );
});
