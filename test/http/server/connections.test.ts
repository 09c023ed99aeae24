import assert from "node:assert/strict";
import { describe } from "node:test";
import { Event, Future, sleep, withTaskGroup } from "../../../src/index.ts";
import { reply, type Handler } from "../../../src/http.ts";
import { ConnectionReset } from "../../../src/io.ts";
import { client, law, local, timed, withServer } from "./worlds.ts";
import { get, post } from "./raw-client.ts";

const pathOf: Handler = ({ path }) => path;

/** Waits until it holds, looking once in each turn. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(0);
}

describe("A connection of a server", () => {
  law("serves one request after the other", async () => {
    await withServer(pathOf, async (one, server) => {
      for (const path of ["/a", "/b", "/c"]) assert.equal((await one.ask(get(path))).body, path);
      assert.deepEqual([server.stats().connections, server.stats().answered], [1, 3]);
    });
  });

  law("answers pipelined requests in their order, each when the one before has ended", async () => {
    let running = 0;
    const handler: Handler = async ({ path }) => {
      assert.equal(++running, 1);
      await sleep(path === "/slow" ? 3 : 0);
      running--;
      return path;
    };
    await withServer(handler, async (one) => {
      await one.send(get("/slow") + get("/b") + post("/c", "body nobody reads") + get("/d"));
      for (const path of ["/slow", "/b", "/c", "/d"]) assert.equal((await one.response()).body, path);
    });
  });

  law("answers hundreds of requests that came at once without a stack for each", async () => {
    await withServer(pathOf, async (one) => {
      await withTaskGroup(async (group) => {
        group.spawn(() => one.send(get("/x").repeat(300)));
        for (let rest = 300; rest > 0; rest--) assert.equal((await one.response()).body, "/x");
      });
    });
  });

  law("takes a request that comes byte by byte", async () => {
    await withServer(
      async (request) => request.text(),
      async (one) => {
        for (const character of post("/", "tiny")) await one.send(character);
        assert.equal((await one.response()).body, "tiny");
      },
    );
  });

  timed("is not read on while a handler runs and 64 KiB of further requests have come", async () => {
    const go = new Event();
    const served: string[] = [];
    const handler: Handler = async ({ path }) => {
      served.push(path);
      await go.wait();
      return path;
    };
    await withServer(handler, async (one) => {
      const many = get("/x", `X-Pad: ${"p".repeat(1_000)}\r\n`).repeat(400);
      await withTaskGroup(async (group) => {
        group.spawn(() => one.send(many));
        await sleep(100);
        assert.ok(one.stream.stats().unsentBytes > 200_000, "most of it is still with the client");
        assert.deepEqual(served, ["/x"]);
        go.set();
        for (let rest = 400; rest > 0; rest--) assert.equal((await one.response()).body, "/x");
      });
    });
  });

  law("ends when the client says so, after the response", async () => {
    await withServer(pathOf, async (one) => {
      const response = await one.ask(get("/", "Connection: close\r\n"));
      assert.equal(response.fields.get("connection"), "close");
      assert.equal(await one.rest(), "");
    });
  });

  law("is closed when the client closes it between requests", async () => {
    await withServer(pathOf, async (one, server) => {
      await one.ask(get());
      await one.stream.close();
      await until(() => server.stats().connections === 0);
      assert.equal(server.stats().cancelled, 0);
    });
  });

  law("is closed when the client leaves in the middle of a head", async () => {
    await withServer(pathOf, async (one, server) => {
      await one.send("GET / HTTP/1.1\r\nHos");
      await one.stream.close();
      await until(() => server.stats().connections === 0 && server.stats().accepted === 1);
      assert.equal(server.stats().requests, 0);
    });
  });

  law("beyond maxConnections is reset", async () => {
    await using server = await local(pathOf, { maxConnections: 1, closeGraceMs: 0 });
    await using first = await client(server);
    await first.ask(get());
    await assert.rejects(
      async () => {
        await using second = await client(server);
        await second.ask(get());
      },
      (error) => error instanceof ConnectionReset || /ended its data/.test((error as Error).message),
    );
    assert.equal(server.stats().refused, 1);
    assert.equal((await first.ask(get("/still"))).body, "/still");
  });
});

describe("The body of a request", () => {
  law("is read as text, JSON, bytes, form and lines", async () => {
    const handler: Handler = async (request) => {
      switch (request.path) {
        case "/text":
          return request.text();
        case "/json":
          return (await request.json()) as object;
        case "/bytes":
          return [...(await request.bytes())];
        case "/form":
          return Object.fromEntries(await request.form());
        default: {
          const lines: string[] = [];
          for await (const line of request.lines()) lines.push(line);
          return lines;
        }
      }
    };
    await withServer(handler, async (one) => {
      assert.equal((await one.ask(post("/text", "é"))).body, "é");
      assert.equal((await one.ask(post("/json", '{"a":1}'))).body, '{"a":1}');
      assert.equal((await one.ask(post("/bytes", "ab"))).body, "[97,98]");
      assert.equal((await one.ask(post("/form", "a=1&b=2+3"))).body, '{"a":"1","b":"2 3"}');
      assert.equal((await one.ask(post("/lines", "x\ny"))).body, '["x","y"]');
      assert.equal((await one.ask(get("/text"))).body, "");
    });
  });

  law("comes in chunks, with trailers", async () => {
    const handler: Handler = async (request) => {
      const text = await request.text();
      return `${text} ${request.trailers?.get("x-sum") ?? "none"}`;
    };
    await withServer(handler, async (one) => {
      const head = "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
      await one.send(`${head}3\r\nabc\r\n`);
      await one.send("2;x=y\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n");
      assert.equal((await one.response()).body, "abcde 5");
      assert.equal((await one.ask(get())).body, " none");
    });
  });

  law("is sent no faster than it is read", async () => {
    const read = new Event();
    const handler: Handler = async (request) => {
      await read.wait();
      let bytes = 0;
      for await (const chunk of request.body) bytes += chunk.length;
      return String(bytes);
    };
    const bytes = 20_000_000;
    await withServer(handler, async (one) => {
      await withTaskGroup(async (group) => {
        const sending = group.spawn(async () => {
          await one.send(`POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${bytes}\r\n\r\n`);
          for (let rest = bytes; rest > 0; rest -= 1_000_000) await one.send(new Uint8Array(1_000_000));
        });
        for (let turn = 0; turn < 50; turn++) await sleep(0);
        assert.equal(sending.state, "running");
        read.set();
        assert.equal((await one.response()).body, String(bytes));
      });
    });
  });

  law("over its limit gets 413, before it is sent where its length is announced", async () => {
    const handler: Handler = async (request) => request.text();
    await withServer(
      handler,
      async (one) => {
        assert.equal((await one.ask(post("/", "12345678"))).status, 200);
        const announced = await one.ask("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\n");
        assert.equal(announced.status, 413);
        await one.send("123456789");
        const head = "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
        await one.send(`${head}5\r\n12345\r\n`);
        await one.send("5\r\n12345\r\n0\r\n\r\n");
        assert.equal((await one.response()).status, 413);
        assert.equal((await one.ask(post("/", "fine"))).body, "fine");
      },
      { maxBodyBytes: 8 },
    );
  });

  law("that is not what it is read as gets 400, and no record", async () => {
    await withServer(
      async (request) => (await request.json()) as object,
      async (one, server) => {
        const { status, body } = await one.ask(post("/", '{"a":'));
        assert.equal(status, 400);
        assert.match(body, /the body of POST \/ is no JSON/);
        assert.equal(server.stats().failed, 0);
      },
    );
  });

  law("that another request had is none of the client's faults", async () => {
    const foreign = await import("../../../src/http/body/errors.ts");
    const handler: Handler = () => {
      throw new foreign.BodyTooLarge("the response of elsewhere", 5, null);
    };
    await withServer(
      handler,
      async (one, server) => {
        assert.equal((await one.ask(get())).status, 500);
        assert.equal(server.stats().failed, 1);
      },
      { onError: () => {} },
    );
  });

  law("that nobody reads is dropped where it is small, and the connection goes on", async () => {
    await withServer(pathOf, async (one) => {
      await one.send("POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345");
      assert.equal((await one.response()).body, "/a");
      await one.send(`67890${get("/b")}`);
      assert.equal((await one.response()).body, "/b");
    });
  });

  law(
    "that nobody reads, and is large, ends the connection; the response arrives all the same",
    async () => {
      await withServer(pathOf, async (one) => {
        const bytes = 2_000_000;
        await withTaskGroup(async (group) => {
          const sending = group.spawn(async () => {
            await one.send(`POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: ${bytes}\r\n\r\n`);
            for (let rest = bytes; rest > 0; rest -= 100_000) await one.send(new Uint8Array(100_000));
          });
          const response = await one.response();
          assert.deepEqual([response.body, response.fields.get("connection")], ["/a", "close"]);
          assert.equal(await one.rest(), "");
          await sending.join();
        });
      });
    },
  );

  law("that nobody reads, in endless chunks, ends the connection", async () => {
    await withServer(pathOf, async (one, server) => {
      await one.send(
        "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
      );
      assert.equal((await one.response()).body, "/a");
      const chunk = `4000\r\n${"x".repeat(16_384)}\r\n`;
      for (let rest = 5; rest > 0; rest--) await one.send(chunk);
      assert.equal(await one.rest(), "");
      await one.stream.close();
      await until(() => server.stats().connections === 0);
    });
  });

  law("is still to be had, where it had come, when its request is over; else reads fail", async () => {
    const requests: Array<Parameters<Handler>[0]> = [];
    const handler: Handler = (request) => {
      requests.push(request);
      return "done";
    };
    await withServer(handler, async (one) => {
      await one.ask(post("/", "whole"));
      await one.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf");
      await one.response();
      assert.equal(await requests[0]!.text(), "whole");
      await assert.rejects(requests[1]!.text(), /cannot read the body of POST \//);
    });
  });
});

describe("Expect: 100-continue", () => {
  const expecting = (bytes: number): string =>
    `POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: ${bytes}\r\n\r\n`;

  law("is met when the handler first reads", async () => {
    const go = new Event();
    const handler: Handler = async (request) => {
      await go.wait();
      return request.text();
    };
    await withServer(handler, async (one) => {
      await one.send(expecting(5));
      go.set();
      assert.equal((await one.response()).status, 100);
      await one.send("hello");
      assert.equal((await one.response()).body, "hello");
      assert.equal((await one.ask(get())).status, 200);
    });
  });

  law(
    "is not met when the answer comes first; the connection ends, for nobody knows what follows",
    async () => {
      await withServer(
        () => reply("no", { status: 403 }),
        async (one) => {
          const response = await one.ask(expecting(5));
          assert.deepEqual([response.status, response.fields.get("connection")], [403, "close"]);
          assert.equal(await one.rest(), "");
        },
      );
    },
  );

  law("is not met where the body is announced as too long", async () => {
    await withServer(
      async (request) => request.text(),
      async (one) => {
        assert.equal((await one.ask(expecting(5))).status, 413);
      },
      { maxBodyBytes: 4 },
    );
  });

  law("is not met where the body has come along", async () => {
    await withServer(
      async (request) => request.text(),
      async (one) => {
        assert.deepEqual((await one.ask(`${expecting(5)}hello`)).body, "hello");
      },
    );
  });

  law("of anything else gets 417", async () => {
    await withServer(pathOf, async (one) => {
      assert.equal((await one.ask(get("/", "Expect: miracles\r\n"))).status, 417);
      assert.equal(await one.rest(), "");
    });
  });

  law("in HTTP/1.0 says nothing", async () => {
    await withServer(
      async (request) => request.text(),
      async (one) => {
        await one.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        await one.send("hi");
        assert.equal((await one.response()).body, "hi");
      },
    );
  });
});

describe("What is no HTTP", () => {
  const cases: ReadonlyArray<readonly [status: number, text: string]> = [
    [400, "GET / HTTP/1.1\nHost: x\n\n"],
    [400, "GET / HTTP/1.1\r\n\r\n"],
    [400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"],
    [400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"],
    [400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"],
    [400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n"],
    [400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\n"],
    [400, "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"],
    [414, `GET /${"x".repeat(9_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    [431, `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`],
    [431, `GET / HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(101)}\r\n`],
    [501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"],
    [505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"],
  ];

  law("gets its status and a close, and no handler sees it", async () => {
    const served: string[] = [];
    await using server = await local(({ path }) => served.push(path), { closeGraceMs: 0 });
    for (const [status, text] of cases) {
      await using one = await client(server);
      await one.send(text);
      const response = await one.response();
      assert.equal(response.status, status, JSON.stringify(text.slice(0, 80)));
      assert.equal(response.fields.get("connection"), "close");
      assert.equal(await one.rest(), "");
    }
    assert.deepEqual(served, []);
    assert.equal(server.stats().malformed, cases.length);
  });

  law("behind a request leaves that one its answer", async () => {
    await withServer(pathOf, async (one) => {
      await one.send(`${get("/a")}GARBAGE\r\n\r\n${get("/b")}`);
      assert.equal((await one.response()).body, "/a");
      assert.equal((await one.response()).status, 400);
      assert.equal(await one.rest(), "");
    });
  });

  law("in a body that is read gets 400 through the handler", async () => {
    const reading = new Future<void>();
    const handler: Handler = async (request) => {
      reading.resolve();
      return request.text();
    };
    await withServer(handler, async (one, server) => {
      await one.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");
      await reading.wait();
      await one.send("cXX");
      const response = await one.response();
      assert.deepEqual([response.status, response.fields.get("connection")], [400, "close"]);
      assert.equal(await one.rest(), "");
      assert.deepEqual([server.stats().malformed, server.stats().failed], [1, 0]);
    });
  });
});
