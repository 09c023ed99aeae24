/** What clients, handlers and the time can do against a server all at once. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AsyncLocalStorage } from "node:async_hooks";
import { connect } from "node:net";
import {
  ContextVar,
  currentRuntime,
  Event,
  InvalidArgument,
  run,
  sleep,
  withTaskGroup,
} from "../../../src/index.ts";
import {
  HttpError,
  outgoingBody,
  reply,
  serve,
  type Handler,
  type IncomingBody,
} from "../../../src/http.ts";
import { get, post } from "./raw-client.ts";
import { client, law, local, timed, withServer } from "./worlds.ts";
import { logTexts } from "../../log-texts.ts";

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(0);
}

const expecting = (bytes: number): string =>
  `POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: ${bytes}\r\n\r\n`;

describe("An error that a handler throws", () => {
  it("cannot have fields that frame the reply, nor a text that is none", () => {
    const refused = (call: () => unknown, what: RegExp): void => {
      assert.throws(call, (error) => error instanceof InvalidArgument && what.test(error.message));
    };
    refused(
      () => new HttpError(400, "x", { headers: { "transfer-encoding": "chunked" } }),
      /transfer-encoding/,
    );
    refused(() => new HttpError(400, "x", { headers: { connection: "keep-alive" } }), /connection/);
    refused(() => new HttpError(400, "x", { headers: { "content-length": "7" } }), /content-length/);
    refused(() => new HttpError(400, 42 as never), /text of HttpError/);
    refused(() => new HttpError(400, "x", null as never), /options of HttpError/);
  });

  law("that came from its request's body is answered by 4xx, whichever way that was read", async () => {
    const handler: Handler = async ({ body, path }) => {
      if (path === "/json") return (await body.json()) as object;
      return body.text({ maxBytes: 2 });
    };
    const texts = await logTexts(async () => {
      await withServer(handler, async (one) => {
        assert.equal((await one.ask(post("/json", "{"))).status, 400);
        assert.equal((await one.ask(post("/text", "long"))).status, 413);
        await one.send("POST /text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
        await sleep(1);
        await one.send("9\r\n123456789\r\n0\r\n\r\n");
        assert.equal((await one.response()).status, 413);
      });
    });
    assert.deepEqual(texts, []);
  });

  law("never ends the server, even where it cannot be sent", async () => {
    class Odd extends HttpError {
      override readonly fields: string = "content-length: 7\r\n";
    }
    const texts = await logTexts(async () => {
      await withServer(
        ({ path }) => {
          if (path === "/odd") throw new Odd(400, "x");
          return path;
        },
        async (one) => {
          const failed = await one.ask(get("/odd"));
          assert.deepEqual([failed.status, failed.body], [500, "Internal Server Error"]);
          assert.equal((await one.ask(get("/next"))).body, "/next");
        },
      );
    });
    assert.equal(texts.length, 1);
    assert.match(texts[0] ?? "", /TSY_HANDLER_FAILED/);
  });

  law("is told to the log where the client has left, unless that is what it is about", async () => {
    const began = new Event();
    const handler: Handler = async (request) => {
      began.set();
      if (request.path === "/reads") return request.text();
      return sleep(Infinity).catch(() => {
        throw new Error("the clean-up has failed");
      });
    };
    for (const path of ["/fails", "/reads"]) {
      began.clear();
      const texts = await logTexts(async () => {
        await withServer(handler, async (one, server) => {
          await one.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n`);
          await began.wait();
          one.stream.abort();
          await until(() => server.stats().connections === 0 && server.stats().inFlight === 0);
        });
      });
      assert.equal(texts.length, path === "/fails" ? 1 : 0, texts.join("\n"));
    }
  });

  law("in the log's own sink leaves the connection going on", async () => {
    const runtime = currentRuntime();
    const { log, onUnhandled } = runtime;
    const unhandled: unknown[] = [];
    runtime.onUnhandled = (error) => unhandled.push(error);
    runtime.log = () => {
      throw new Error("the disk is full");
    };
    try {
      await withServer(
        ({ path }) => {
          if (path === "/fails") throw new Error("no");
          return path;
        },
        async (one) => {
          assert.equal((await one.ask(get("/1"))).body, "/1");
          assert.equal((await one.ask(get("/fails"))).status, 500);
          assert.equal((await one.ask(get("/2"))).body, "/2");
        },
        { accessLog: true },
      );
    } finally {
      Object.assign(runtime, { log, onUnhandled });
    }
    assert.equal(unhandled.length, 4);
  });

  law("in a promise that onError gives is told to the log", async () => {
    const told = await logTexts(async () => {
      await withServer(
        () => {
          throw new Error("no");
        },
        async (one) => {
          assert.equal((await one.ask(get("/fails"))).status, 500);
          assert.equal((await one.ask(get("/fails"))).status, 500);
        },
        { onError: (() => Promise.reject(new Error("nobody to report to"))) as () => void },
      );
    });
    assert.match(told.join("\n"), /onError of serve failed itself.*nobody to report to/s);
  });
});

describe("A reply", () => {
  law("of trailers without a body ends, and nothing of it is taken for the next one", async () => {
    await withServer(
      ({ path }) => (path === "/" ? reply(null, { status: 200, trailers: { a: "1" } }) : path),
      async (one) => {
        const first = await one.ask(get());
        assert.deepEqual([first.status, first.body, first.trailers], [200, "", "a: 1"]);
        assert.equal((await one.ask(get("/next"))).body, "/next");
      },
    );
  });

  law("of status 304 may say how long the whole one were; one of 204 says nothing of that", async () => {
    await withServer(
      ({ path }) =>
        path === "/304"
          ? reply(null, { status: 304, headers: { "content-length": "100" } })
          : reply(null, { headers: { "Content-Length": "0", a: "b" } }),
      async (one) => {
        const unchanged = await one.ask(get("/304"));
        assert.deepEqual([unchanged.status, unchanged.fields.get("content-length")], [304, "100"]);
        const nothing = await one.ask(get("/204"));
        assert.deepEqual(
          [nothing.status, nothing.fields.has("content-length"), nothing.fields.get("a")],
          [204, false, "b"],
        );
      },
    );
  });

  it("is no body of another reply, and a promise is none either", () => {
    for (const body of [reply("x"), new Response("x"), Promise.resolve("x")])
      assert.throws(() => reply(body), InvalidArgument);
    assert.throws(() => reply("x", null as never), InvalidArgument);
    const lengths = [
      ["content-length", "100"],
      ["Content-Length", "1"],
    ];
    assert.throws(() => reply("x", { headers: lengths as never }), /several/);
  });

  law(
    "of chunks that are none gets 500 before anything is sent; so does a web response that was read",
    async () => {
      const used = new Response("x");
      await used.text();
      const values = [
        reply(outgoingBody([new ArrayBuffer(3)] as never)),
        used,
        new Response("x", { headers: { "x-a": "\x01" } }),
      ];
      await logTexts(async () => {
        await withServer(
          ({ query }) => values[Number(query.get("n"))],
          async (one) => {
            for (const n of [0, 1, 2])
              assert.equal((await one.ask(get(`/?n=${n}`))).status, 500, String(n));
          },
        );
      });
    },
  );

  timed(
    "of large chunks is sent in parts, each of which has its time",
    async () => {
      const part = "x".repeat(65_536);
      await withServer(
        async function* () {
          yield part.repeat(4);
          yield new TextEncoder().encode(part.repeat(4));
        } as Handler,
        async (one) => {
          await one.send(get("/", "Connection: close\r\n"));
          let bytes = 0;
          for (let piece = await one.stream.read(16_384); piece !== null;) {
            bytes += piece.length;
            await sleep(200);
            piece = await one.stream.read(16_384);
          }
          assert.ok(bytes > 8 * 65_536, String(bytes));
        },
        { sendMs: 2_000 },
      );
    },
    16_384,
  );

  timed("that begins when its time is over is not begun: the client gets 503", async () => {
    const handler: Handler = async () => {
      await sleep(2_000).catch(() => {});
      return "x".repeat(100_000);
    };
    await withServer(
      handler,
      async (one) => {
        assert.equal((await one.ask(get())).status, 503);
      },
      { handlerMs: 1_000 },
    );
  });

  law("to CONNECT ends the connection: what follows may be meant for another", async () => {
    const paths: string[] = [];
    await withServer(
      ({ path }) => {
        paths.push(path);
        return path;
      },
      async (one) => {
        await one.send(
          `CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n${get("/smuggled")}`,
        );
        const refused = await one.response();
        assert.deepEqual([refused.status, refused.fields.get("connection")], [501, "close"]);
        assert.equal(await one.rest(), "");
      },
    );
    assert.deepEqual(paths, []);
  });
});

describe("A client that was told to send its body", () => {
  timed("and does not gets 408", async () => {
    await withServer(
      async (request) => request.text(),
      async (one) => {
        await one.send(expecting(5));
        assert.equal((await one.response()).status, 100);
        assert.equal((await one.response()).status, 408);
      },
    );
  });

  timed("and was answered meanwhile does not hold its handler for ever", async () => {
    const handler: Handler = (request) =>
      (async function* () {
        yield "first";
        yield await request.text();
      })();
    const texts = await logTexts(async () => {
      await withServer(handler, async (one, server) => {
        await one.send(expecting(5));
        assert.equal((await one.response(true)).status, 200);
        await until(() => server.stats().inFlight === 1);
        await sleep(11_000);
        assert.equal(server.stats().inFlight, 0);
      });
    });
    assert.equal(texts.length, 0, texts.join("\n"));
  });
});

describe("A body that is no HTTP any more", () => {
  timed("leaves its handler alone, and is not counted as late besides", async () => {
    const handler: Handler = async () => {
      await sleep(20_000);
      return "done";
    };
    await withServer(handler, async (one, server) => {
      await one.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
      await until(() => server.stats().inFlight === 1);
      await one.send("zz\r\n");
      const response = await one.response();
      assert.deepEqual([response.body, response.fields.get("connection")], ["done", "close"]);
      assert.deepEqual([server.stats().malformed, server.stats().timedOut], [1, 0]);
    });
  });
});

describe("A body that is read when its request is over", () => {
  timed("does not meddle with the request that came next", async () => {
    const bodies: IncomingBody[] = [];
    const go = new Event();
    const seen: number[] = [];
    const piece = 65_536;
    const handler: Handler = async ({ body, path }) => {
      bodies.push(body);
      if (path === "/first") {
        while (!body.isComplete) await sleep(1);
        return "kept";
      }
      await go.wait();
      seen.push(body.bufferedBytes);
      return path;
    };
    await withServer(
      handler,
      async (one) => {
        const first = one.ask(post("/first", "x".repeat(100_000)));
        await sleep(5);
        assert.equal((await first).body, "kept");
        await withTaskGroup(async (group) => {
          group.spawn(() => one.send(post("/second", "y".repeat(40 * piece))));
          await sleep(50);
          const before = bodies[1]?.bufferedBytes ?? 0;
          await bodies[0]?.bytes();
          await sleep(50);
          assert.equal(bodies[1]?.bufferedBytes, before);
          group.cancelTasks();
        });
        one.stream.abort();
      },
      { maxBodyBytes: Infinity },
    );
  });
});

describe("A context", () => {
  it("that one request enters is not that of the next on its connection", async () => {
    const foreign = new AsyncLocalStorage<string>();
    const own = new ContextVar<string>("own", "none");
    const seen: unknown[] = [];
    const handler: Handler = ({ path }) => {
      seen.push(foreign.getStore(), own.get());
      foreign.enterWith(path);
      if (path === "/later") return sleep(1).then(() => path);
      return own.run(path, () => path);
    };
    await withServer(handler, async (one) => {
      await one.send(get("/1") + get("/2") + get("/later") + get("/3"));
      for (let count = 0; count < 4; count++) await one.response();
    });
    assert.deepEqual(seen, [undefined, "none", undefined, "none", undefined, "none", undefined, "none"]);
  });
});

describe("A queued request", () => {
  const slow: Handler = async ({ path }) => {
    if (path === "/endless") await sleep(Infinity);
    return path;
  };

  timed("is not begun when the time to close is over: its client gets 503", async () => {
    const began: string[] = [];
    const server = await local(
      (request) => {
        began.push(request.path);
        return slow(request);
      },
      { maxRequests: 1, queueMs: 60_000 },
    );
    await using first = await client(server);
    await using second = await client(server);
    await first.send(get("/endless"));
    await until(() => server.stats().inFlight === 1);
    await second.send(`${get("/endless")}${get("/endless")}`);
    await until(() => server.stats().queued === 1);
    await withTaskGroup(async (group) => {
      group.spawn(() => server.close({ drainMs: 1_000 }));
      assert.equal((await first.response()).status, 503);
      const refused = await second.response();
      assert.deepEqual([refused.status, refused.fields.get("connection")], [503, "close"]);
      assert.equal(await second.rest(), "");
    });
    assert.deepEqual(began, ["/endless"]);
    assert.equal(server.stats().connections, 0);
    assert.equal(server.stats().queued, 0);
  });

  timed("has its record when its client leaves", async () => {
    const texts = await logTexts(async () => {
      await withServer(
        slow,
        async (one, server) => {
          await one.send(get("/endless"));
          await until(() => server.stats().inFlight === 1);
          await using second = await client(server);
          await second.send(get("/queued"));
          await until(() => server.stats().queued === 1);
          second.stream.abort();
          await until(() => server.stats().queued === 0);
          one.stream.abort();
          await until(() => server.stats().connections === 0 && server.stats().inFlight === 0);
        },
        { maxRequests: 1, queueMs: 60_000, accessLog: true },
      );
    });
    assert.equal(texts.length, 2, texts.join("\n"));
    assert.match(texts[0] ?? "", /"GET \/queued HTTP\/1.1" 0, 0 bytes, .* no reply$/);
  });
});

describe("The access log", () => {
  timed("counts bytes of the body that were sent, not characters", async () => {
    const texts = await logTexts(async () => {
      await withServer(
        ({ path }) => (path === "/reply" ? reply("é") : "é"),
        async (one) => {
          await one.ask(get("/plain"));
          await one.ask(get("/reply"));
          await one.ask("HEAD /plain HTTP/1.1\r\nHost: a\r\n\r\n");
          await one.ask("HEAD /reply HTTP/1.1\r\nHost: a\r\n\r\n");
        },
        { accessLog: true },
      );
    });
    assert.deepEqual(
      texts.map((text) => /" 200, (\d+) bytes/.exec(text)?.[1]),
      ["2", "2", "0", "0"],
    );
  });

  timed("has a record of a request whose body is no HTTP", async () => {
    const texts = await logTexts(async () => {
      await withServer(
        ({ path }) => path,
        async (one) => {
          const response = await one.ask(
            "POST /bad HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          );
          assert.equal(response.status, 400);
        },
        { accessLog: true },
      );
    });
    assert.equal(texts.length, 1, texts.join("\n"));
    assert.match(texts[0] ?? "", /"POST \/bad HTTP\/1.1" 400/);
  });
});

describe("A client that ends its data, where it may", () => {
  timed(
    "in the middle of the second of two bodies leaves the first its answer, and is closed at once",
    async (time) => {
      await withServer(
        async (request) => {
          await sleep(100);
          return request.text();
        },
        async (one) => {
          const start = time.now();
          await one.send(
            post("/", "one") + "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
          );
          await one.end();
          assert.equal((await one.response()).body, "one");
          assert.equal(await one.rest(), "");
          assert.ok(time.now() - start < 1_000, String(time.now() - start));
        },
        { allowHalfClose: true },
      );
    },
  );
});

describe("serve", () => {
  it("refuses options of the wrong kind", async () => {
    const refused = (call: () => Promise<unknown>, what: RegExp): Promise<void> =>
      assert.rejects(call, (error) => error instanceof InvalidArgument && what.test(error.message));
    const handler = (): string => "";
    await refused(() => serve(handler, null as never), /options of serve/);
    await refused(() => serve(handler, 8080 as never), /options of serve/);
    await refused(() => serve(handler, { limits: 5 as never }), /limits of serve/);
    await refused(() => serve(handler, { requestIdHeader: 5 as never }), /requestIdHeader/);
    await refused(() => serve(handler, { requestIdHeader: "a b" }), /requestIdHeader/);
    await refused(() => serve(handler, { allowHalfClose: 1 as never }), /allowHalfClose/);
    await refused(() => serve(handler, { accessLog: "yes" as never }), /accessLog/);
  });
});

describe("A server whose program ends", () => {
  it("tells clients so, begins nothing any more, and closes their connections", async () => {
    const began: string[] = [];
    const received = Promise.withResolvers<string>();
    await run(async () => {
      const running = new Event();
      const server = await local(async ({ path }) => {
        began.push(path);
        running.set();
        await sleep(Infinity);
      });
      // A client of another program.
      const socket = connect(server.port, "127.0.0.1", () => {
        socket.write(get("/1") + get("/2"));
      });
      let text = "";
      socket.setEncoding("latin1").on("data", (data: string) => (text += data));
      socket.on("error", received.reject).on("close", () => received.resolve(text));
      await running.wait();
    });
    const text = await received.promise;
    assert.match(text, /^HTTP\/1\.1 503 [^]*connection: close\r\n[^]*shutting down$/);
    assert.equal(text.split("HTTP/1.1 503").length, 2);
    assert.deepEqual(began, ["/1"]);
  });
});
