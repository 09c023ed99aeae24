import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { describe, it } from "node:test";
import {
  ContextVar,
  currentRuntime,
  InvalidArgument,
  sleep,
  withTaskGroup,
  withTimeoutOr,
} from "../../../src/index.ts";
import {
  HttpClient,
  limitPerOrigin,
  logRequests,
  RedirectRefused,
  retryRequests,
  type CookieStore,
  type HttpClientOptions,
  type Middleware,
  type RequestOptions,
} from "../../../src/http.ts";
import { Pool } from "../../../src/http/client/pool.ts";
import { virtual } from "../../../src/testing.ts";
import { runProgram } from "../../fixtures/child.ts";
import { clientOf, failureOf, offline, ok, rawServer } from "./raw-server.ts";

const nothing = { open: 0, idle: 0, connecting: 0, waiting: 0 };
const oneIdle = { ...nothing, open: 1, idle: 1 };

describe("What a middleware makes of a request", () => {
  const setting =
    (name: string, value: string): Middleware =>
    (request, next) => {
      request.headers.set(name, value);
      return next(request);
    };

  for (const [name, value] of [
    ["x-a", "1\r\nx-b: 2"],
    ["Transfer-Encoding", "chunked"],
    ["content-length", "5"],
    ["Host", "other"],
  ] as const)
    it(
      `fails that request alone, and costs no connection, where it cannot be sent: ${name}`,
      offline(async () => {
        await using server = await rawServer(() => ok("x"));
        await using http = clientOf({ maxConnections: 1, middleware: [setting(name, value)] });
        const error = await failureOf(http.get("/"));
        assert.ok(error instanceof InvalidArgument, String(error));
        assert.deepEqual(http.stats(), nothing);
        assert.equal(server.connections, 0);
      }),
    );

  it(
    "fails it alone where it is spoilt while it waits in line, and the others go on",
    offline(async () => {
      await using _ = await rawServer(async () => {
        await sleep(5);
        return ok("x");
      });
      const spoilt: Middleware = async (request, next) => {
        if (!request.url.path.startsWith("/spoilt")) return next(request);
        const sent = next(request);
        request.headers.set("x", "a\nb");
        return sent;
      };
      await using http = clientOf({ maxConnections: 1, middleware: [spoilt] });
      await withTaskGroup(async (group) => {
        const first = group.spawn(() => http.get("/1").text());
        const second = group.spawn(() => failureOf(http.get("/spoilt")));
        const third = group.spawn(() => http.get("/3").text());
        assert.equal(await first.join(), "x");
        assert.ok((await second.join()) instanceof InvalidArgument);
        assert.equal(await third.join(), "x");
      });
      assert.deepEqual(http.stats(), oneIdle);
    }),
  );
});

describe("A request with a streamed body", () => {
  it("that fails and that nobody waits for is one unhandled rejection, as any is", async () => {
    const { output } = await runProgram("http-unhandled.ts");
    assert.deepEqual(output.trim().split("\n"), ["get: 1", "text: 1", "whole: 1", "streamed: 1"]);
  });

  it(
    "is not held to gapMs while it is sent, whatever interim responses came",
    offline(async () => {
      await using _ = await rawServer(async ({ write, stream }) => {
        await write("HTTP/1.1 100 Continue\r\n\r\n");
        await stream.readUntil("0\r\n\r\n");
        return ok("done");
      });
      await using http = clientOf({ gapMs: 100, expectContinueMs: 1_000 });
      async function* slow(): AsyncGenerator<string> {
        yield "one";
        await sleep(500);
        yield "two";
      }
      assert.equal(await http.post("/", { body: slow() }).text(), "done");
    }),
  );
});

describe("A coded body that has wholly come and was not decoded", () => {
  const code = gzipSync(new Uint8Array(3_000_000).map((_, i) => (i * 2_654_435_761) >>> 13));
  const answer: Parameters<typeof rawServer>[0] = async ({ write, stream }) => {
    await write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${code.length}\r\n\r\n`);
    await stream.write(code);
  };

  // As much as can be decoded and not read has its code in one packet.
  const short = gzipSync(new Uint8Array(1_000_000));
  const answerShort: Parameters<typeof rawServer>[0] = async ({ write, stream }) => {
    await write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${short.length}\r\n\r\n`);
    await sleep(1);
    await stream.write(short);
  };

  it(
    "is given up when its response is closed, and its connection stays",
    offline(async () => {
      await using _ = await rawServer(answerShort);
      await using http = clientOf();
      const response = await http.get("/");
      await sleep(10);
      assert.deepEqual(http.stats(), oneIdle, "all has come");
      assert.ok(!response.body.isComplete);
      await response.close();
      assert.match((await failureOf(response.text())).message, /its response was closed/);
      assert.deepEqual(http.stats(), oneIdle);
    }),
  );

  it(
    "is given up when the task that asked for it ends",
    offline(async () => {
      await using _ = await rawServer(answerShort);
      await using http = clientOf();
      const response = await withTaskGroup((group) =>
        group
          .spawn(async () => {
            const got = await http.get("/");
            await sleep(10);
            assert.ok(!got.body.isComplete);
            return got;
          })
          .join(),
      );
      const error = await failureOf(response.text());
      assert.match(error.message, /the task that asked for it has ended/);
      assert.deepEqual(http.stats(), oneIdle);
    }),
  );

  it(
    "is read to its end, and holds nothing then",
    offline(async () => {
      await using _ = await rawServer(answer);
      await using http = clientOf();
      assert.equal((await http.get("/").bytes()).length, 3_000_000);
      assert.deepEqual(http.stats(), oneIdle);
    }),
  );
});

describe("One who wants a fresh connection", () => {
  it("is not passed over for ever by those who take any, where its origin is at its limit", () => {
    const pool = new Pool<string, string>({ maxConnections: Infinity, maxPerOrigin: 1 });
    const [dial] = pool.wanted("first", "a", false, 0);
    assert.ok(dial?.kind === "dial");
    const [lend] = pool.dialed(dial.dial, "connection", 10);
    assert.ok(lend?.kind === "lend");
    pool.wanted("fresh", "a", true, 0);
    for (let turn = 0; ; turn++) {
      assert.ok(turn < 10, "it waits for ever");
      pool.wanted(`other ${turn}`, "a", false, 0);
      const actions = pool.released(lend.slot, 10);
      if (actions.some((action) => action.kind === "dial" && action.waiter === "fresh")) break;
    }
  });
});

describe("A redirect", () => {
  for (const user of ["a%3Ab", "a%0Ab", "a:b%00"])
    it(
      `to a URL whose user nobody can be is refused as a redirect: ${user}`,
      offline(async () => {
        await using _ = await rawServer(() =>
          ok("").replace("200 OK", `302 Found\r\nLocation: http://${user}@shop/there`),
        );
        await using http = clientOf();
        assert.ok((await failureOf(http.get("/"))) instanceof RedirectRefused);
      }),
    );
});

describe("Arguments that make no sense", () => {
  it("show no password, however the URL is written", () => {
    const http = new HttpClient();
    for (const url of [
      "http://user:pa ss@host:99999/",
      "http://user:pa/ss@host/",
      "http:/user:secret#pass@ho st:99999/",
      "http:user:pass@host:99999",
      "ftp://user:p@ss@host/",
    ])
      assert.throws(
        () => http.get(url),
        (error: Error) =>
          error instanceof InvalidArgument && !/user|pa|ss@|secret/.test(error.message.slice(0, 60)),
        url,
      );
  });

  const client: ReadonlyArray<readonly [options: unknown, message: RegExp]> = [
    [{ middleware: 5 }, /middleware of HttpClient is 5/],
    [{ cookies: 5 }, /cookies of HttpClient is 5/],
    [{ transport: 5 }, /transport of HttpClient is 5/],
  ];
  for (const [options, message] of client)
    it(`are refused when the client is made: ${JSON.stringify(options)}`, () => {
      assert.throws(
        () => new HttpClient(options as HttpClientOptions),
        (error: Error) => error instanceof InvalidArgument && message.test(error.message),
      );
    });

  for (const query of [[1], [["a"]], { a: null }, { a: {} }, { a: [undefined] }])
    it(`are refused when a request is made: query ${JSON.stringify(query)}`, () => {
      assert.throws(
        () => new HttpClient().get("http://shop/", { query } as unknown as RequestOptions),
        (error: Error) =>
          error instanceof InvalidArgument && /query of a request has/.test(error.message),
      );
    });

  it("are refused by what makes middleware, in name and kind", () => {
    for (const options of [null, 5, { retries: 3 }])
      for (const make of [retryRequests, limitPerOrigin, logRequests])
        assert.throws(() => make(options as never), InvalidArgument);
  });

  it("are refused by retryRequests", () => {
    for (const options of [
      { budget: { ratio: NaN } },
      { budget: { most: -1 } },
      { budget: { perSecond: "1" } },
      { methods: "GET" },
      { statuses: 503 },
    ])
      assert.throws(() => retryRequests(options as never), InvalidArgument);
  });
});

describe("The option query", () => {
  it(
    "leaves the query that the URL has as it is written",
    offline(async () => {
      await using server = await rawServer(() => ok(""));
      await using http = clientOf();
      await http.get("/?flag&sig=a%20b~", { query: { c: 1 } });
      assert.match(server.heads[0] ?? "", /^GET \/\?flag&sig=a%20b~&c=1 HTTP/);
    }),
  );
});

describe("A cookie store", () => {
  it(
    "that hangs is not waited for by one who is cancelled",
    offline(async () => {
      const hanging: CookieStore = {
        getCookieString: () => new Promise(() => {}),
        setCookie: async () => {},
      };
      await using http = clientOf({ cookies: hanging });
      assert.equal(await withTimeoutOr(10, () => http.get("/"), "gone"), "gone");
    }),
  );
});

describe("A client that is closed", () => {
  it(
    "waits no longer than 5 seconds for a resolver that does not stop",
    offline(async () => {
      let settle: ((addresses: readonly []) => void) | null = null;
      const resolve = (): Promise<readonly []> => new Promise((done) => (settle = done));
      const http = clientOf({ baseUrl: "http://nowhere/", resolver: { resolve } });
      const failed = failureOf(http.get("/"));
      await sleep(1);
      const began = currentRuntime().now();
      await http.close();
      assert.ok(currentRuntime().now() - began <= 5_000);
      await failed;
      (settle as ((addresses: readonly []) => void) | null)?.([]);
    }),
  );
});

describe("A client", () => {
  it("keeps no pool of a runtime in which it has no connection any more", async () => {
    const http = new HttpClient();
    for (let turn = 0; turn < 3; turn++) {
      await virtual(() => failureOf(http.get("http://nowhere/")))();
      assert.deepEqual(http.stats(), nothing);
    }
    await http.close();
  });

  it(
    "finds the pool of its network, whatever other variables the caller has",
    offline(async () => {
      await using server = await rawServer(() => ok("x"));
      await using http = clientOf();
      const variable = new ContextVar<number>("turn");
      for (let turn = 0; turn < 3; turn++)
        assert.equal(await variable.run(turn, () => http.get("/").text()), "x");
      assert.equal(server.connections, 1);
    }),
  );
});
