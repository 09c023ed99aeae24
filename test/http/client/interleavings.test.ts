import assert from "node:assert/strict";

import { describe, it } from "node:test";
import {
  currentRuntime,
  Disposed,
  map,
  sleep,
  withTaskGroup,
  withTimeoutOr,
} from "../../../src/index.ts";
import {
  type HttpClient,
  HttpRequestFailed,
  HttpTimeout,
  retryRequests,
  type HttpClientOptions,
} from "../../../src/http.ts";

import { clientOf, failureOf, offline, ok, rawServer, type RawServer } from "./raw-server.ts";

const nothing = { open: 0, idle: 0, connecting: 0, waiting: 0 };
const oneIdle = { ...nothing, open: 1, idle: 1 };

/** A server that answers once, and a client of one connection. */
function once(
  answer: Parameters<typeof rawServer>[0],
  body: (http: HttpClient, server: RawServer) => Promise<void>,
  options: HttpClientOptions = {},
): () => Promise<void> {
  return offline(async () => {
    await using server = await rawServer(answer);
    await using http = clientOf({ maxConnections: 1, ...options });
    await body(http, server);
  });
}

describe("A response never answers another request", () => {
  it(
    "when bytes come behind a response to HEAD, in the same piece or later",
    once(
      async ({ head, write, connection }) => {
        if (connection > 2) return ok("right");
        await write("HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n");
        if (head.startsWith("HEAD /later")) await sleep(5);
        await write("HTTP/1.1 200 OK\r\n\r\nwrong").catch(() => {});
        return undefined;
      },
      async (http, server) => {
        await http.head("/at-once");
        await sleep(20);
        await http.head("/later");
        await sleep(20);
        assert.equal(await http.get("/").text(), "right");
        assert.equal(server.connections, 3);
      },
    ),
  );

  it(
    "when the call before was cancelled in the midst of it, whatever comes late",
    once(
      async ({ write, connection }) => {
        if (connection > 1) return ok("right");
        await write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        await sleep(10);
        await write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong").catch(() => {});
        return undefined;
      },
      async (http) => {
        assert.equal(await withTimeoutOr(5, () => http.get("/").text(), "gone"), "gone");
        assert.equal(await http.get("/").text(), "right");
      },
    ),
  );

  it(
    "when one came that ended before its request was sent",
    once(
      async ({ stream, connection }) => {
        if (connection > 1) return ok("right");
        await stream.write(ok("early"));
        await stream.readUntil("0\r\n\r\n").catch(() => null);
        await stream.write(ok("wrong")).catch(() => {});
        return undefined;
      },
      async (http) => {
        let ended = 0;
        async function* slow(): AsyncGenerator<string> {
          try {
            yield "one";
            await sleep(50);
            yield "two";
          } finally {
            ended++;
          }
        }
        assert.equal(await http.post("/", { body: slow() }).text(), "early");
        assert.equal(await http.get("/").text(), "right");
        await sleep(100);
        assert.equal(ended, 1);
      },
    ),
  );

  it(
    "when a server sends interim responses without end",
    once(
      async ({ write, connection }) => {
        if (connection > 1) return ok("right");
        for (;;) await write("HTTP/1.1 102 Processing\r\n\r\n");
      },
      async (http) => {
        assert.ok((await failureOf(http.get("/"))) instanceof HttpRequestFailed);
        assert.equal(await http.get("/").text(), "right");
      },
    ),
  );
});

describe("With one connection", () => {
  it(
    "redirects are followed, whatever their bodies are",
    once(
      ({ head }) => {
        const [, path = ""] = head.split(" ");
        const step = Number(path.slice(1));
        if (step === 4) return ok("there");
        const body = "x".repeat([0, 10, 100_000, 60_000][step] ?? 0);
        return ok(body, `Location: /${step + 1}\r\n`).replace("200 OK", "302 Found");
      },
      async (http) => {
        assert.equal(await http.get("/0").text(), "there");
        assert.deepEqual(http.stats(), oneIdle);
      },
    ),
  );

  it(
    "one who asks while it holds an unread response is told by poolMs, and served when that is closed",
    once(
      ({ head }) => ok(head.startsWith("GET /held") ? "x".repeat(1_000_000) : "small"),
      async (http) => {
        const held = await http.get("/held");
        const error = await failureOf(http.get("/", { poolMs: 10 }));
        assert.match(error.message, /its limit poolMs of 10 ms passed while it waited for a connection/);
        await held.close();
        assert.equal(await http.get("/").text(), "small");
      },
    ),
  );
});

describe("A client that is closed at any time", () => {
  for (let at = 0; at <= 24; at += 2)
    it(
      `ends all its requests, and is left with nothing: after ${at} ms`,
      offline(async () => {
        await using _ = await rawServer(async ({ head, write }) => {
          await sleep(2);
          if (head.startsWith("GET /moved"))
            return ok("", "Location: /there\r\n").replace("200 OK", "302 Found");
          await write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
          await sleep(2);
          return "b";
        });
        const http = clientOf({ maxConnections: 1, middleware: [retryRequests({ initialMs: 1 })] });
        async function* slow(): AsyncGenerator<string> {
          yield "a";
          await sleep(2);
        }
        await withTaskGroup(async (group) => {
          const all = [
            group.spawn(() => settled(http.get("/moved").text())),
            group.spawn(() => settled(http.post("/", { body: slow() }).text())),
            group.spawn(() => settled(http.get("/").text())),
          ];
          await sleep(at);
          await http.close();
          assert.deepEqual(http.stats(), nothing);
          for (const each of all) {
            const outcome = await each.join();
            assert.ok(outcome === "ab" || outcome instanceof Disposed, String(outcome));
          }
        });
        assert.deepEqual(http.stats(), nothing);
      }),
    );
});

async function settled(promise: Promise<string>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return error;
  }
}

describe("Many requests that are cancelled at once", () => {
  it(
    "make no connections for each other",
    offline(async () => {
      await using server = await rawServer(() => sleep(1_000));
      await using http = clientOf({ maxConnections: 2 });
      const urls = ["/1", "/2", "/3", "/4", "/5", "/6"];
      await withTimeoutOr(10, () => map(urls, (url) => http.get(url).text()), []);
      assert.deepEqual(http.stats(), nothing);
      await sleep(10);
      assert.equal(server.connections, 2);
      assert.deepEqual(http.stats(), nothing);
    }),
  );
});

describe("The limit connectMs", () => {
  it(
    "is for one who comes upon a connection that is on its way already, as for others",
    offline(async () => {
      const resolve = async (): Promise<never> => {
        await sleep(20_000);
        throw new Error("too late");
      };
      await using http = clientOf({ resolver: { resolve } });
      await withTimeoutOr(10, () => http.get("/"), null);
      assert.equal(http.stats().connecting, 1);
      const began = currentRuntime().now();
      const error = await failureOf(http.get("/", { connectMs: 100, poolMs: 50 }));
      assert.ok(error instanceof HttpTimeout, String(error));
      assert.deepEqual([error.limit, error.phase], ["connectMs", "connect"]);
      assert.equal(currentRuntime().now() - began, 100);
    }),
  );
});

describe("A body that waits to be asked for", () => {
  it(
    "is given up when the server has answered before, and its connection is not used again",
    offline(async () => {
      await using server = await rawServer(() => ok("no need"));
      await using http = clientOf({ expectContinueMs: 1_000 });
      let cancelled = 0;
      let pulled = 0;
      const body = new ReadableStream<string>(
        { pull: () => void pulled++, cancel: () => void cancelled++ },
        { highWaterMark: 0 },
      );
      assert.equal(await http.post("/", { body }).text(), "no need");
      await sleep(2_000);
      assert.deepEqual([cancelled, pulled, http.stats()], [1, 0, nothing]);
      assert.equal(await http.get("/").text(), "no need");
      assert.equal(server.connections, 2);
    }),
  );
});

describe("A response that another task reads", () => {
  it(
    "fails there when the task that asked for it ends",
    offline(async () => {
      await using _ = await rawServer(async ({ write }) => {
        await write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf");
        await sleep(1_000);
      });
      await using http = clientOf();
      await withTaskGroup(async (group) => {
        const asking = group.spawn(async () => {
          const response = await http.get("/");
          const reading = group.spawn(() => failureOf(response.text()));
          await sleep(10);
          return reading;
        });
        const error = await (await asking.join()).join();
        assert.match(error.message, /the task that asked for it has ended/);
      });
      assert.deepEqual(http.stats(), nothing);
    }),
  );

  it(
    "is left by one who breaks out of its lines, or is cancelled in them, and closed",
    offline(async () => {
      await using _ = await rawServer(async ({ write }) => {
        await write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na\nb\n\r\n");
        await sleep(60_000);
      });
      await using http = clientOf();
      for await (const line of http.get("/").lines()) {
        assert.equal(line, "a");
        break;
      }
      assert.deepEqual(http.stats(), nothing);
      const seen: string[] = [];
      await withTimeoutOr(
        10,
        async () => {
          for await (const line of http.get("/").lines()) seen.push(line);
        },
        null,
      );
      assert.deepEqual([seen, http.stats()], [["a", "b"], nothing]);
    }),
  );
});
