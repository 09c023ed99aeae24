/** What somebody meets who uses client and server for the first time, and does not always mean what is written. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { currentRuntime, InvalidArgument, sleep } from "../../../src/index.ts";
import {
  HttpClient,
  HttpRequestFailed,
  HttpTimeout,
  MockTransport,
  reply,
  retryRequests,
  serve,
  type Handler,
  type Middleware,
  type Reply,
  type ServeOptions,
} from "../../../src/http.ts";
import { listen, withNetwork } from "../../../src/io.ts";
import { MemoryNetwork, virtual } from "../../../src/testing.ts";

/** A server in memory, and a client that knows it. */
function withShop(
  handler: Handler,
  body: (http: HttpClient, url: string) => Promise<void>,
  options: ServeOptions = {},
): () => Promise<void> {
  return virtual(() =>
    withNetwork(new MemoryNetwork(), async () => {
      await using server = await serve(handler, { host: "shop", port: 80, ...options });
      await using http = new HttpClient({ baseUrl: server.url });
      await body(http, server.url);
    }),
  );
}

describe("A form", () => {
  it(
    "of another content type is refused with 415, and no field of it is read",
    withShop(
      async (request) => [...(await request.form())],
      async (http) => {
        const data = new FormData();
        data.append("user", "ann");
        const wrong = await http.post("/", { body: data });
        assert.equal(wrong.status, 415);
        assert.match(await wrong.text(), /multipart\/form-data/);
        assert.equal((await http.post("/", { json: { a: 1 } })).status, 415);
        assert.deepEqual(await http.post("/", { form: { user: "ann" } }).json(), [["user", "ann"]]);
      },
    ),
  );
});

describe("A handler that returns the response of another server", () => {
  const upstream: Handler = ({ path }) =>
    path === "/missing"
      ? reply("none", { status: 404, headers: { "x-from": "upstream", "set-cookie": ["a=1", "b=2"] } })
      : reply(gzipSync("x".repeat(5_000)), {
          headers: { "content-encoding": "gzip", "content-type": "text/x" },
        });

  it("hands on its status, its fields and its body, decoded", async () => {
    const loopback = { host: "127.0.0.1" };
    await using server = await serve(upstream, loopback);
    await using http = new HttpClient({ baseUrl: server.url });
    await using gateway = await serve(({ target }) => http.get(target), loopback);
    const missing = await http.get(`${gateway.url}/missing`);
    assert.deepEqual([missing.status, await missing.text()], [404, "none"]);
    assert.equal(missing.headers.get("x-from"), "upstream");
    assert.deepEqual(missing.headers.getAll("set-cookie"), ["a=1", "b=2"]);
    const coded = await http.get(`${gateway.url}/coded`);
    assert.equal(coded.headers.get("content-encoding"), null);
    assert.equal(coded.headers.get("content-type"), "text/x");
    assert.equal((await coded.text()).length, 5_000);
  });
});

describe("A reply that JSON would lose", () => {
  for (const value of [new Map([["a", 1]]), new Set([1]), new Error("x"), /x/, [1].values()])
    it(
      `is refused, and not sent as {}: ${Object.prototype.toString.call(value)}`,
      withShop(
        () => value as Reply,
        async (http) => {
          const runtime = currentRuntime();
          let told = "";
          runtime.log = ({ message }) => (told = message);
          assert.equal((await http.get("/")).status, 500);
          assert.match(told, /would be sent as \{\}/);
        },
      ),
    );
});

describe("Names that are not known", () => {
  const wrong = { maxBodyByte: 5 } as ServeOptions;

  it("are refused by serve, which lists those it has", async () => {
    await assert.rejects(
      serve(() => "", wrong),
      /no option "maxBodyByte".*maxBodyBytes/s,
    );
    await assert.rejects(
      serve(() => "", { limits: { head: 1 } as never }),
      /no option "head"/,
    );
  });

  it("are refused as limits of a client", () => {
    assert.throws(() => new HttpClient({ limits: { head: 1 } as never }), /headBytes/);
  });

  it(
    "are refused where a body is read, and so is a schema that is none",
    withShop(
      async (request) => {
        const schema = { parse: (value: unknown): unknown => value };
        await assert.rejects(async () => request.json(schema as never), InvalidArgument);
        await assert.rejects(async () => request.text({ maxByte: 2 } as never), /maxBytes/);
        return await request.text();
      },
      async (http) => assert.equal(await http.post("/", { body: "read" }).text(), "read"),
    ),
  );
});

describe("The limits of a client", () => {
  it(
    "on heads can be raised",
    withShop(
      () => reply("", { headers: { "x-long": "x".repeat(20_000) } }),
      async (http, url) => {
        await assert.rejects(Promise.resolve(http.get("/")), HttpRequestFailed);
        await using patient = new HttpClient({ limits: { headBytes: 32_768 } });
        assert.equal((await patient.get(url)).status, 200);
      },
    ),
  );

  it(
    "hold for a mock that is late",
    virtual(async (time) => {
      const mock = new MockTransport().on("GET", "/", { body: "late", delayMs: 5_000 });
      await using http = new HttpClient({ baseUrl: "http://shop", transport: mock.send, totalMs: 1_000 });
      const late = async (options: object): Promise<HttpTimeout> => {
        const error: unknown = await http.get("/", options).catch((thrown: unknown) => thrown);
        assert.ok(error instanceof HttpTimeout);
        return error;
      };
      assert.equal((await late({})).limit, "totalMs");
      assert.equal(time.now(), 1_000);
      assert.equal((await late({ firstByteMs: 20 })).limit, "firstByteMs");
      assert.equal(time.now(), 1_020);
      assert.equal(await http.get("/", { totalMs: 6_000 }).text(), "late");
    }),
  );

  it(
    "say what holds the connections, where none becomes free",
    withShop(
      () => new Response(new Blob(["x".repeat(200_000)]).stream()),
      async (_http, url) => {
        await using http = new HttpClient({ maxConnections: 1, poolMs: 10 });
        await using held = await http.get(url);
        await assert.rejects(Promise.resolve(http.get(url)), /neither read nor closed/);
        assert.equal(held.status, 200);
      },
    ),
  );
});

describe("A middleware", () => {
  const wrong: ReadonlyArray<readonly [string, Middleware, RegExp]> = [
    ["gives no response", (() => Promise.resolve()) as never, /gave undefined/],
    ["gives another kind", (() => Promise.resolve(new Response())) as never, /Return the response/],
    ["forgets the request", ((_: unknown, next: () => unknown) => next()) as never, /called next with/],
  ];
  for (const [what, middleware, message] of wrong)
    it(
      `that ${what} is told so`,
      withShop(
        () => "",
        async (_http, url) => {
          await using http = new HttpClient({ middleware: [retryRequests(), middleware] });
          await assert.rejects(Promise.resolve(http.get(url)), message);
        },
      ),
    );
});

describe("A request that nobody awaits before its client is closed", () => {
  it(
    "is named by the error",
    withShop(
      () => sleep(1_000),
      async (_http, url) => {
        const http = new HttpClient();
        const failure = http.get(`${url}/slow`).catch((error: unknown) => error);
        await sleep(1);
        await http.close();
        assert.match(String(await failure), /GET http:\/\/shop\/slow was on its way\. Await/);
      },
    ),
  );
});

describe("onError that fails itself", () => {
  it(
    "is told to the log, and the server goes on",
    withShop(
      ({ path }) => {
        if (path === "/") return "on";
        throw new Error("broken");
      },
      async (http) => {
        const told: string[] = [];
        currentRuntime().log = ({ message }) => told.push(message);
        assert.equal((await http.get("/broken")).status, 500);
        assert.equal(await http.get("/").text(), "on");
        assert.match(told.join(), /onError of serve failed itself.*no good.*broken/s);
      },
      {
        onError: () => {
          throw new Error("no good");
        },
      },
    ),
  );
});

describe("A server with TLS", () => {
  it("does not begin with a key that is none", async () => {
    const tls = { certificate: "junk", key: "junk" };
    const at = { host: "127.0.0.1", port: 0 };
    await assert.rejects(
      serve(() => "", { ...at, tls }),
      /cannot be used.*private key/s,
    );
    await assert.rejects(async () => listen(at, () => {}, { tls }), /cannot be used.*private key/s);
  });
});

describe("Headers", () => {
  it(
    "are seen by JSON",
    withShop(
      ({ headers }) => headers,
      async (http) => {
        const seen = await http.get("/", { headers: { "x-a": "1" } }).json();
        assert.equal((seen as Record<string, string>)["x-a"], "1");
      },
    ),
  );
});
