import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  currentRuntime,
  InvalidArgument,
  sleep,
  withTaskGroup,
  withTimeoutOr,
} from "../../../../src/index.ts";
import {
  CookieJar,
  forEachStep,
  HttpError,
  limitPerOrigin,
  logRequests,
  MockTransport,
  NoMockRoute,
  reply,
  type RequestLogEntry,
} from "../../../../src/http.ts";
import type { Middleware } from "../../../../src/http/client/exchange.ts";
import { virtual } from "../../../../src/testing.ts";
import { requestOf, sendThrough } from "./requests.ts";

const moved = { status: 302, headers: { location: "/b" } };

describe("Middleware", () => {
  it("stands around a request in its order, the first outermost; marked, around each step", async () => {
    const log: string[] = [];
    const named =
      (name: string): Middleware =>
      async (request, next) => {
        log.push(`${name} ${request.url.path}`);
        const response = await next(request);
        log.push(`${name} ${response.status}`);
        return response;
      };
    const mock = new MockTransport().on("GET", "/a", moved).on("GET", "/b", "");
    const middleware = [named("one"), forEachStep(named("step")), named("two")];
    await sendThrough(mock.send, requestOf("GET", "http://x/a", { middleware }));
    const expected = "one /a, two /a, step /a, step 302, step /b, step 200, two 200, one 200";
    assert.equal(log.join(", "), expected);
  });

  it("may answer by itself", async () => {
    const mock = new MockTransport();
    const cached = await sendThrough(
      new MockTransport().on("GET", "/", "cached").send,
      requestOf("GET", "http://x/"),
    );
    const response = await sendThrough(
      mock.send,
      requestOf("GET", "http://x/", { middleware: [async () => cached] }),
    );
    assert.equal(await response.text(), "cached");
    assert.equal(mock.calls.length, 0);
  });
});

describe("Cookies of a client", () => {
  it("are kept and sent, each step of a redirect by itself", async () => {
    const mock = new MockTransport()
      .on("GET", "http://a.example/login", {
        status: 303,
        headers: [
          ["set-cookie", "id=1; Path=/"],
          ["set-cookie", "t=2"],
          ["location", "/home"],
        ],
      })
      .on("GET", "http://a.example/home", { status: 302, headers: { location: "http://b.example/" } })
      .on("GET", "http://b.example/", "");
    const cookies = new CookieJar();
    await sendThrough(mock.send, requestOf("GET", "http://a.example/login", { cookies }));
    assert.deepEqual(
      mock.calls.map(({ headers }) => headers.get("cookie")),
      [null, "id=1; t=2", null],
    );
    await sendThrough(
      mock.send,
      requestOf("GET", "http://a.example/home", { cookies, headers: { cookie: "t=own" } }),
    );
    assert.deepEqual(
      mock.calls.slice(3).map(({ headers }) => headers.get("cookie")),
      ["t=own; id=1", null],
    );
  });
});

describe("limitPerOrigin", () => {
  it(
    "bounds requests under way, and lets the others wait",
    virtual(async (time) => {
      const mock = new MockTransport().on("GET", "/", { delayMs: 10, body: "" });
      const middleware = [limitPerOrigin({ concurrency: 2 })];
      const ends: number[] = [];
      await withTaskGroup((group) => {
        for (const host of ["a", "a", "a", "b"])
          group.spawn(async () => {
            await (
              await sendThrough(mock.send, requestOf("GET", `http://${host}/`, { middleware }))
            ).text();
            ends.push(time.now());
          });
      });
      assert.deepEqual(ends, [10, 10, 10, 20]);
    }),
  );
});

describe("logRequests", () => {
  it(
    "tells of each request what became of it",
    virtual(async () => {
      const mock = new MockTransport()
        .on("GET", "/a", { ...moved, delayMs: 12 })
        .on("GET", "/b", new Error("broken"));
      const entries: RequestLogEntry[] = [];
      const middleware = [logRequests({ log: (entry) => entries.push(entry) })];
      await assert.rejects(
        sendThrough(mock.send, requestOf("GET", "http://u:secret@x/a", { middleware })),
      );
      assert.deepEqual(
        entries.map(({ status }) => status),
        [302, null],
      );
      assert.equal(entries[0]?.text, "GET http://x/a 302 in 12 ms");
      assert.match(
        entries[1]?.text ?? "",
        /^GET http:\/\/x\/b failed after 0\.0 ms: TSY_HTTP_REQUEST_FAILED: .*broken/,
      );
    }),
  );

  it(
    "tells the runtime's log where nobody else is named",
    virtual(async () => {
      const messages: string[] = [];
      currentRuntime().log = ({ level, code, message }) => messages.push(`${level} ${code} ${message}`);
      const mock = new MockTransport().on("GET", "/", "");
      await sendThrough(mock.send, requestOf("GET", "http://x/", { middleware: [logRequests()] }));
      assert.deepEqual(messages, ["info TSY_HTTP_REQUEST GET http://x/ 200 in 0.0 ms"]);
    }),
  );
});

describe("MockTransport", () => {
  const ask = (mock: MockTransport, url: string, method = "GET"): Promise<string> =>
    sendThrough(mock.send, requestOf(method, url)).then((response) => response.text());

  it("finds a route by URL, path, pattern and function, the first that matches", async () => {
    const mock = new MockTransport()
      .on("GET", "http://a.example/x?y=1", "with query")
      .on("GET", "http://a.example/x", "url")
      .on("GET", "/items/*", "star")
      .on("*", /^http:\/\/r\./g, "expression")
      .on("GET", (url) => url.hostname === "f.example", "function")
      .on("GET", "https://*.example", "host")
      .on("DELETE", "/(x)", "literal");
    for (let twice = 0; twice < 2; twice++) {
      assert.equal(await ask(mock, "http://a.example/x?y=1"), "with query");
      assert.equal(await ask(mock, "http://a.example/x?z"), "url");
      assert.equal(await ask(mock, "http://any/items/7/8"), "star");
      assert.equal(await ask(mock, "http://r.example/", "PUT"), "expression");
      assert.equal(await ask(mock, "http://f.example/"), "function");
      assert.equal(await ask(mock, "https://shop.example/"), "host");
      assert.equal(await ask(mock, "http://x/(x)", "DELETE"), "literal");
    }
    assert.equal(mock.stats().calls, 14);
    assert.deepEqual(mock.stats().routes[2], { name: "GET /items/*", calls: 2 });
  });

  it("fails what it has no route for, and says what it has", async () => {
    await assert.rejects(
      ask(new MockTransport(), "http://a/"),
      /has no route for GET http:\/\/a\/\. It has no routes\./,
    );
    const mock = new MockTransport().on("GET", "/a", "").on("*", /b/, "");
    await assert.rejects(ask(mock, "http://u:p@x/a", "POST"), (error: unknown) => {
      assert.ok(error instanceof NoMockRoute);
      assert.match(error.message, /no route for POST http:\/\/x\/a\. It has GET \/a, \* \/b\/\./);
      return true;
    });
    assert.equal(mock.calls.length, 1);
  });

  it("gives replies in their order, and keeps the last", async () => {
    const mock = new MockTransport().on("GET", "/", "1", "2");
    assert.deepEqual(
      [await ask(mock, "http://a/"), await ask(mock, "http://a/"), await ask(mock, "http://a/")],
      ["1", "2", "2"],
    );
  });

  it(
    "gives what a reply says: status, fields, JSON, bytes, delays, errors, and what a function makes of the call",
    virtual(async (time) => {
      const mock = new MockTransport()
        .on("GET", "/json", { status: 201, headers: { "x-a": "b" }, json: [1], delayMs: 50 })
        .on("GET", "/bytes", new Uint8Array([104, 105]))
        .on("GET", "/error", new Error("broken"))
        .on("POST", "/echo", async ({ text, headers }) => ({ body: `${headers.get("x-a")} ${text}` }));
      const json = await sendThrough(mock.send, requestOf("GET", "http://a/json"));
      assert.deepEqual(
        [
          json.status,
          json.reason,
          json.headers.get("x-a"),
          json.headers.get("content-type"),
          await json.json(),
        ],
        [201, "Created", "b", "application/json", [1]],
      );
      assert.equal(time.now(), 50);
      assert.equal(await ask(mock, "http://a/bytes"), "hi");
      await assert.rejects(ask(mock, "http://a/error"), { code: "TSY_HTTP_REQUEST_FAILED" });
      async function* body(): AsyncGenerator<string | Uint8Array<ArrayBuffer>> {
        yield "in ";
        yield new TextEncoder().encode("pieces");
      }
      const echo = await sendThrough(
        mock.send,
        requestOf("POST", "http://a/echo", { body: body(), headers: { "x-a": "1" } }),
      );
      assert.equal(await echo.text(), "1 in pieces");
    }),
  );

  it(
    "hands requests to a handler that is mounted, and cancels it with them",
    virtual(async () => {
      const log: string[] = [];
      const mock = new MockTransport().mount("http://shop/*", async (request) => {
        if (request.path === "/throws") throw new HttpError(409, "conflict");
        if (request.path === "/slow")
          try {
            await sleep(1_000);
          } finally {
            log.push("ended");
          }
        return reply(
          { path: request.path, body: await request.text() },
          { status: 201, headers: { "x-a": "b" } },
        );
      });
      const made = await sendThrough(mock.send, requestOf("POST", "http://shop/x?y", { body: "hello" }));
      assert.deepEqual(
        [made.status, made.headers.get("x-a"), await made.json()],
        [201, "b", { path: "/x", body: "hello" }],
      );
      const failed = await sendThrough(mock.send, requestOf("GET", "http://shop/throws"));
      assert.deepEqual([failed.status, await failed.text()], [409, "conflict"]);
      assert.equal(
        await withTimeoutOr(10, () => ask(mock, "http://shop/slow"), "cancelled"),
        "cancelled",
      );
      await sleep(1);
      assert.deepEqual(log, ["ended"]);
    }),
  );

  it("refuses what is no route", () => {
    const mock = new MockTransport();
    assert.throws(() => mock.on("GET", "/"), InvalidArgument);
    assert.throws(() => mock.on("", "/", ""), InvalidArgument);
    assert.throws(() => mock.on("GET", "", ""), InvalidArgument);
    assert.throws(() => mock.on("GET", "/", 7 as never), InvalidArgument);
    assert.throws(() => mock.on("GET", "/", { json: 1, body: "" }), InvalidArgument);
    assert.throws(() => mock.on("GET", "/", { delayMs: NaN }), InvalidArgument);
  });
});
