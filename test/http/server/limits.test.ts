import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgument, Semaphore, sleep, withTaskGroup } from "../../../src/index.ts";
import { reply, serve, type Handler } from "../../../src/http.ts";
import { ConnectionReset } from "../../../src/io.ts";
import { get } from "./raw-client.ts";
import { client, local, timed, withServer } from "./worlds.ts";

const pathOf: Handler = ({ path }) => path;

describe("A client that sends the head of a request slowly", () => {
  timed("is served when it is done within headMs, counted from its first byte", async () => {
    await withServer(pathOf, async (one) => {
      await one.ask(get());
      await sleep(50_000);
      await one.send("GET /slow HTTP/1.1\r\n");
      await sleep(9_900);
      await one.send("Host: test\r\n\r\n");
      assert.equal((await one.response()).body, "/slow");
    });
  });

  timed("gets 408 and a close when it is not, however it spreads its bytes", async (time) => {
    await withServer(pathOf, async (one, server) => {
      const text = get("/slow", "X-Pad: 1\r\n".repeat(3));
      await withTaskGroup(async (group) => {
        const start = time.now();
        const drip = group.spawn(async () => {
          for (const character of text) {
            await one.send(character);
            await sleep(200);
          }
        });
        const response = await one.response();
        assert.deepEqual([response.status, response.fields.get("connection")], [408, "close"]);
        assert.ok(time.now() - start >= 9_990 && time.now() - start < 10_100, String(time.now() - start));
        drip.cancel();
      });
      assert.equal(server.stats().timedOut, 1);
    });
  });

  timed("is closed without a word when nothing of it has come since it connected", async (time) => {
    await withServer(
      pathOf,
      async (one) => {
        const start = time.now();
        assert.equal(await one.rest(), "");
        assert.ok(time.now() - start >= 1_990 && time.now() - start < 2_100);
      },
      { headMs: 2_000 },
    );
  });
});

describe("A connection between requests", () => {
  timed("stays for idleMs, and is closed then", async (time) => {
    await withServer(pathOf, async (one) => {
      await one.ask(get());
      await sleep(59_900);
      assert.equal((await one.ask(get("/again"))).body, "/again");
      const start = time.now();
      assert.equal(await one.rest(), "");
      assert.ok(time.now() - start >= 59_990 && time.now() - start < 60_100);
    });
  });

  timed("is not idle while its handler runs", async () => {
    const handler: Handler = async () => {
      await sleep(3_600_000);
      return "an hour";
    };
    await withServer(handler, async (one) => {
      assert.equal((await one.ask(get())).body, "an hour");
    });
  });
});

describe("A client that sends a body slowly", () => {
  const head = (bytes: number): string =>
    `POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${bytes}\r\n\r\n`;
  const textOf: Handler = async (request) => request.text();

  timed("is served where it sends minBodyBytesPerSecond", async () => {
    await withServer(textOf, async (one) => {
      await one.send(head(12_000));
      for (let sent = 0; sent < 12_000; sent += 300) {
        await sleep(1_000);
        await one.send("x".repeat(300));
      }
      assert.equal((await one.response()).body.length, 12_000);
    });
  });

  timed("gets 408 through its handler where it sends less", async (time) => {
    await withServer(textOf, async (one, server) => {
      await one.send(head(12_000));
      await withTaskGroup(async (group) => {
        const drip = group.spawn(async () => {
          for (;;) {
            await sleep(1_000);
            await one.send("x".repeat(230));
          }
        });
        const start = time.now();
        const response = await one.response();
        assert.deepEqual([response.status, response.body], [408, "the body came too slowly"]);
        assert.ok(time.now() - start < 10_100);
        assert.equal(server.stats().failed, 0);
        drip.cancel();
      });
    });
  });

  timed("gets time while the handler does not read, for then we are the slow ones", async () => {
    const handler: Handler = async (request) => {
      await sleep(600_000);
      return String((await request.bytes({ maxBytes: Infinity })).length);
    };
    await withServer(handler, async (one) => {
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          await one.send(head(1_000_000));
          for (let rest = 10; rest > 0; rest--) await one.send(new Uint8Array(100_000));
        });
        assert.equal((await one.response()).body, "1000000");
      });
    });
  });

  timed("is closed where the reply has been sent, and the rest of its body does not come", async () => {
    await withServer(pathOf, async (one, server) => {
      await one.send(head(100));
      assert.equal((await one.response()).body, "/");
      assert.equal(await one.rest(), "");
      assert.equal(server.stats().timedOut, 1);
    });
  });

  timed("may take its time where it was not told to send", async () => {
    const handler: Handler = async (request) => {
      await sleep(600_000);
      return request.text();
    };
    await withServer(handler, async (one) => {
      await one.send(
        "POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
      );
      assert.equal((await one.response()).status, 100);
      await one.send("hi");
      assert.equal((await one.response()).body, "hi");
    });
  });
});

describe("A client that takes its reply slowly", () => {
  const big = "x".repeat(1_000_000);

  timed(
    "is served as long as it takes 64 KiB within sendMs",
    async () => {
      await withServer(
        () => big,
        async (one) => {
          await one.send(get());
          let bytes = 0;
          for (let part = 0; part < 50; part++) {
            await sleep(10_000);
            bytes += (await one.stream.readExactly(20_000)).length;
          }
          assert.equal(bytes, 1_000_000);
        },
      );
    },
    1_000,
  );

  timed(
    "is cut when it takes nothing for sendMs, and its handler is cancelled",
    async (time) => {
      await withServer(
        () => big,
        async (one, server) => {
          await one.send(get());
          await sleep(61_000);
          assert.equal(server.stats().connections, 0);
          assert.equal(server.stats().inFlight, 0);
          assert.deepEqual([server.stats().timedOut, server.stats().answered], [1, 0]);
          await assert.rejects(one.rest(), ConnectionReset);
          assert.ok(time.now() >= 60_000);
        },
      );
    },
    1_000,
  );

  timed(
    "of one piece, is cut all the same",
    async () => {
      await withServer(
        () => "y".repeat(60_000),
        async (one, server) => {
          // The client reads the first one ahead.
          await one.send(get() + get());
          await sleep(59_000);
          assert.equal(server.stats().connections, 1);
          await sleep(2_000);
          assert.equal(server.stats().connections, 0);
          assert.equal(server.stats().timedOut, 1);
        },
      );
    },
    1_000,
  );

  timed(
    "holds no more than a piece of a stream in memory",
    async () => {
      let made = 0;
      const handler: Handler = () =>
        (async function* () {
          for (; made < 1_000; made++) yield new Uint8Array(10_000);
        })();
      await withServer(handler, async (one) => {
        await one.send(get());
        await sleep(1_000);
        assert.ok(made < 20, `${made} pieces were made`);
      });
    },
    1_000,
  );
});

describe("Admission", () => {
  timed("handles maxRequests at a time; others wait in their order", async () => {
    let running = 0;
    let most = 0;
    const order: string[] = [];
    const handler: Handler = async ({ path }) => {
      most = Math.max(most, ++running);
      order.push(path);
      await sleep(100);
      running--;
      return path;
    };
    await using server = await local(handler, { maxRequests: 2, closeGraceMs: 0 });
    await withTaskGroup((group) => {
      for (let n = 0; n < 8; n++)
        group.spawn(async () => {
          await sleep(n);
          await using one = await client(server);
          assert.equal((await one.ask(get(`/${n}`))).body, `/${n}`);
        });
    });
    assert.equal(most, 2);
    assert.deepEqual(
      order,
      Array.from({ length: 8 }, (_, n) => `/${n}`),
    );
  });

  timed(
    "answers 503 with Retry-After at once where the queue is full, and keeps the connection",
    async () => {
      const gate = new Semaphore(1);
      const hold = await gate.acquire();
      const handler: Handler = async () => {
        using _ = await gate.acquire();
        return "served";
      };
      await using server = await local(handler, {
        maxRequests: 1,
        maxQueuedRequests: 1,
        queueMs: 5_000,
        closeGraceMs: 0,
      });
      await using first = await client(server);
      await using second = await client(server);
      await using third = await client(server);
      await first.send(get());
      await sleep(1);
      await second.send(get());
      await sleep(1);
      const refused = await third.ask(get());
      assert.deepEqual([refused.status, refused.fields.get("retry-after")], [503, "1"]);
      assert.equal(refused.fields.has("connection"), false);
      assert.deepEqual(
        [server.stats().inFlight, server.stats().queued, server.stats().overloaded],
        [1, 1, 1],
      );
      hold.release();
      assert.equal((await first.response()).body, "served");
      assert.equal((await second.response()).body, "served");
      assert.equal((await third.ask(get())).body, "served");
    },
  );

  timed("answers 503 when a request has waited for queueMs, and not before", async (time) => {
    const handler: Handler = async () => {
      await sleep(10_000);
      return "served";
    };
    await using server = await local(handler, { maxRequests: 1, queueMs: 3_000, closeGraceMs: 0 });
    await using first = await client(server);
    await using second = await client(server);
    await first.send(get());
    await sleep(1);
    const start = time.now();
    assert.equal((await second.ask(get())).status, 503);
    assert.ok(time.now() - start >= 2_990 && time.now() - start < 3_100);
    assert.equal((await first.response()).body, "served");
  });

  timed("does not stack up calls when many that waited are answered at once", async () => {
    let first = true;
    const handler: Handler = ({ path }) => {
      if (!first) return path;
      first = false;
      return sleep(100).then(() => path);
    };
    await using server = await local(handler, {
      maxRequests: 1,
      maxQueuedRequests: 500,
      closeGraceMs: 0,
    });
    await withTaskGroup((group) => {
      for (let n = 0; n < 300; n++)
        group.spawn(async () => {
          await using one = await client(server);
          assert.equal((await one.ask(get("/x"))).body, "/x");
        });
    });
    assert.equal(server.stats().answered, 300);
  });
});

describe("serve", () => {
  it("refuses options that it cannot work with, and names them", async () => {
    const refused = (call: () => Promise<unknown>, what: RegExp): Promise<void> =>
      assert.rejects(call, (error) => error instanceof InvalidArgument && what.test(error.message));
    await refused(() => serve(undefined as never), /handler/);
    await refused(() => serve(pathOf, { port: 65_536 }), /port.*65536/);
    await refused(() => serve(pathOf, { host: "" }), /host/);
    await refused(() => serve(pathOf, { path: "" }), /path/);
    await refused(() => serve(pathOf, { maxRequests: 0 }), /maxRequests/);
    await refused(() => serve(pathOf, { tls: {} as never }), /no certificate/);
    await refused(() => serve(pathOf, { trustProxy: ["10.0.0.0/33"] }), /trustProxy.*10.0.0.0\/33/);
    await refused(() => serve(pathOf, { trustProxy: ["proxy.example"] }), /trustProxy/);
    await refused(() => serve(pathOf, { trustProxy: -1 }), /trustProxy/);
    await refused(() => serve(pathOf, { limits: { headbytes: 1 } as never }), /headbytes/);
    await refused(() => serve(pathOf, { limits: { headBytes: -1 } }), /headBytes/);
  });

  it("refuses a limit that is negative or no number, and a part of a count, and says what is allowed", async () => {
    const counts = ["maxConnections", "maxRequests", "maxQueuedRequests", "maxBodyBytes"];
    const times = ["headMs", "idleMs", "queueMs", "handlerMs", "handlerGraceMs", "sendMs", "drainMs"];
    const refused = async (options: object, name: string): Promise<void> => {
      const isNamed = (error: unknown): boolean =>
        error instanceof InvalidArgument &&
        error.message.includes(`${name} of serve is `) &&
        /at least [01], or Infinity/.test(error.message);
      await assert.rejects(serve(pathOf, options), isNamed);
    };
    for (const name of [...counts, "minBodyBytesPerSecond", ...times, "closeGraceMs", "keepAliveMs"])
      for (const value of [-1, -Infinity, Number.NaN, "5", null, 5n])
        await refused({ [name]: value }, name);
    for (const name of counts) await refused({ [name]: 1.5 }, name);
    await using server = await local(pathOf, {
      headMs: 1_000.5,
      idleMs: Infinity,
      sendMs: 1_000,
      handlerGraceMs: 0,
      maxQueuedRequests: 0,
      maxConnections: Infinity,
    });
    await using one = await client(server);
    assert.equal((await one.ask(get("/x"))).body, "/x");
  });

  timed("keeps to limits that it is given", async () => {
    await withServer(
      () => reply("ok"),
      async (one) => {
        assert.equal((await one.ask(get("/", `X: ${"x".repeat(100)}\r\n`))).status, 200);
        assert.equal((await one.ask(get("/", `X: ${"x".repeat(300)}\r\n`))).status, 431);
      },
      { limits: { headBytes: 300 } },
    );
  });
});
