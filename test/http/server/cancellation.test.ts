import assert from "node:assert/strict";
import { describe } from "node:test";
import {
  Cancelled,
  currentDeadline,
  currentRuntime,
  Event,
  Future,
  InvalidArgument,
  sleep,
  withShield,
  withTaskGroup,
} from "../../../src/index.ts";
import { reply, type Handler, type HttpServer } from "../../../src/http.ts";
import { ConnectionReset, UnexpectedEnd } from "../../../src/io.ts";
import { get, post, type RawClient } from "./raw-client.ts";
import { client, law, local, timed, withServer } from "./worlds.ts";
import { logTexts } from "../../log-texts.ts";

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(0);
}

/** A handler that runs until it is cancelled, with a child, and tells of both. */
class Endless {
  readonly began: Event = new Event();
  readonly log: string[] = [];

  readonly handler: Handler = async () => {
    try {
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          try {
            await sleep(Infinity);
          } finally {
            this.log.push("child ended");
          }
        });
        this.began.set();
        await sleep(Infinity);
      });
    } catch (error) {
      this.log.push(error instanceof Cancelled ? "handler cancelled" : "?");
      throw error;
    }
    return "never";
  };
}

/** Each way in which a client can leave. */
const departures: ReadonlyArray<readonly [how: string, leave: (one: RawClient) => unknown]> = [
  ["closes", (one) => one.stream.close()],
  ["resets", (one) => one.stream.abort()],
  ["ends its data", (one) => one.end()],
];

describe("A handler whose client leaves", () => {
  for (const [how, leave] of departures) {
    law(`is cancelled with all it began when the client ${how}`, async () => {
      const endless = new Endless();
      const texts = await logTexts(async () => {
        await withServer(endless.handler, async (one, server) => {
          await one.send(get());
          await endless.began.wait();
          await leave(one);
          await until(() => server.stats().connections === 0 && server.stats().inFlight === 0);
          assert.deepEqual(endless.log, ["child ended", "handler cancelled"]);
          assert.deepEqual([server.stats().cancelled, server.stats().answered], [1, 0]);
        });
      });
      assert.deepEqual(texts, []);
    });
  }

  law("is cancelled too where it was a POST whose body was read", async () => {
    const endless = new Endless();
    const handler: Handler = async (request) => {
      assert.equal(await request.text(), "data");
      return endless.handler(request);
    };
    await withServer(handler, async (one, server) => {
      await one.send(post("/", "data"));
      await endless.began.wait();
      await one.stream.close();
      await until(() => server.stats().cancelled === 1);
    });
  });

  law("in the middle of its body gets an error from its read, and is cancelled", async () => {
    for (const [, leave] of departures) {
      const reading = new Event();
      const errors: unknown[] = [];
      const handler: Handler = async (request) => {
        reading.set();
        try {
          return await withShield(Infinity, () => request.text());
        } catch (error) {
          errors.push(error);
          throw error;
        }
      };
      const texts = await logTexts(async () => {
        await withServer(handler, async (one, server) => {
          await one.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf");
          await reading.wait();
          await leave(one);
          await until(() => server.stats().connections === 0 && server.stats().inFlight === 0);
        });
      });
      assert.ok(errors[0] instanceof ConnectionReset);
      assert.deepEqual(texts, []);
    }
  });

  law("between two parts of a streamed reply ends the stream", async () => {
    const log: string[] = [];
    const handler: Handler = () =>
      (async function* () {
        try {
          yield "first";
          await sleep(Infinity);
        } finally {
          log.push("stream ended");
        }
      })();
    await withServer(handler, async (one, server) => {
      await one.send(get());
      await one.stream.readUntil("first");
      await one.stream.close();
      await until(() => server.stats().inFlight === 0);
      assert.deepEqual(log, ["stream ended"]);
    });
  });

  law("while the reply waits for it to be taken ends the wait", async () => {
    const handler: Handler = () => reply(new Uint8Array(50_000_000));
    await withServer(handler, async (one, server) => {
      await one.send(get());
      await one.stream.readExactly(1);
      await one.stream.close();
      await until(() => server.stats().inFlight === 0);
      assert.equal(server.stats().answered, 0);
    });
  });

  law("has time to clean up, and the connection waits for it", async () => {
    const log: string[] = [];
    const began = new Event();
    const handler: Handler = async () => {
      try {
        began.set();
        await sleep(Infinity);
      } finally {
        await withShield(1_000, () => sleep(2));
        log.push("cleaned up");
      }
      return "";
    };
    await withServer(handler, async (one, server) => {
      await one.send(get());
      await began.wait();
      await one.stream.close();
      await until(() => server.stats().inFlight === 0);
      assert.deepEqual(log, ["cleaned up"]);
    });
  });

  law("leaves what it gave to the background alone", async () => {
    const done = new Future<string>();
    const go = new Event();
    const handler: Handler = async () => {
      currentRuntime().background.spawn("write", async () => {
        await go.wait();
        done.resolve("written");
      });
      await sleep(Infinity);
      return "";
    };
    await withServer(handler, async (one, server) => {
      await one.send(get());
      await until(() => server.stats().inFlight === 1);
      await one.stream.close();
      await until(() => server.stats().inFlight === 0);
      go.set();
      assert.equal(await done.wait(), "written");
    });
  });

  law("is answered all the same with allowHalfClose", async () => {
    const handler: Handler = async ({ path }) => {
      await sleep(2);
      return path;
    };
    await withServer(
      handler,
      async (one) => {
        await one.send(get("/a") + get("/b"));
        await one.end();
        assert.equal((await one.response()).body, "/a");
        assert.equal((await one.response()).body, "/b");
        assert.equal(await one.rest(), "");
      },
      { allowHalfClose: true },
    );
  });

  law("that was about to wait for its turn is never begun", async () => {
    const endless = new Endless();
    await using server = await local(endless.handler, {
      maxRequests: 1,
      queueMs: Infinity,
      closeGraceMs: 0,
    });
    await using first = await client(server);
    await first.send(get());
    await endless.began.wait();
    const second = await client(server);
    await second.send(get());
    await until(() => server.stats().queued === 1);
    await second.stream.close();
    await until(() => server.stats().connections === 1);
    assert.deepEqual([server.stats().queued, server.stats().inFlight], [0, 1]);
  });
});

describe("A handler that takes longer than handlerMs", () => {
  timed("is cancelled, and its client gets 503; a quicker one does not", async () => {
    let seen = 0;
    const handler: Handler = async ({ query }) => {
      seen = currentDeadline() - currentRuntime().now();
      await sleep(Number(query.get("ms")));
      return "in time";
    };
    await withServer(
      handler,
      async (one, server) => {
        assert.equal((await one.ask(get("/?ms=999"))).body, "in time");
        assert.equal(seen, 1_000);
        const late = await one.ask(get("/?ms=1001"));
        assert.deepEqual([late.status, late.body], [503, "the server took too long"]);
        assert.equal((await one.ask(get("/?ms=1"))).body, "in time", "the connection goes on");
        assert.equal(server.stats().cancelled, 1);
      },
      { handlerMs: 1_000 },
    );
  });

  timed("in the middle of its reply has its connection cut", async () => {
    const handler: Handler = () =>
      (async function* () {
        yield "begun";
        await sleep(2_000);
        yield "late";
      })();
    await withServer(
      handler,
      async (one) => {
        await one.send(get());
        await assert.rejects(
          one.response(),
          (error) => error instanceof ConnectionReset || error instanceof UnexpectedEnd,
        );
      },
      { handlerMs: 1_000 },
    );
  });

  timed("and returns a value after all has that sent", async () => {
    const handler: Handler = async () => {
      try {
        await sleep(2_000);
      } catch {
        return "saved";
      }
      return "";
    };
    await withServer(
      handler,
      async (one) => {
        assert.equal((await one.ask(get())).body, "saved");
      },
      { handlerMs: 1_000 },
    );
  });
});

/** Closes a server while a request is handled; gives what became of both. */
async function closing(server: HttpServer, one: RawClient, drainMs: number) {
  const closed = withTaskGroup(async (group) => {
    const report = group.spawn(() => server.close({ drainMs }));
    const response = await one.response();
    return { response, rest: await one.rest(), report: await report.join() };
  });
  return closed;
}

describe("A server that is closed", () => {
  timed("lets requests end, answers them with connection: close, and reports them", async (time) => {
    const began = new Event();
    const handler: Handler = async () => {
      began.set();
      await sleep(5_000);
      return "done";
    };
    const server = await local(handler);
    await using one = await client(server);
    await one.send(get());
    await began.wait();
    const { response, rest, report } = await closing(server, one, 30_000);
    assert.deepEqual([response.body, response.fields.get("connection"), rest], ["done", "close", ""]);
    assert.deepEqual(report, { answered: 1, cancelled: 0 });
    assert.ok(time.now() < 7_000);
    await server.closed;
  });

  timed("cancels what is left when the time is over: clients get 503", async (time) => {
    const endless = new Endless();
    const server = await local(endless.handler);
    await using one = await client(server);
    await one.send(get());
    await endless.began.wait();
    const { response, rest, report } = await closing(server, one, 3_000);
    assert.deepEqual([response.status, response.body, rest], [503, "the server is shutting down", ""]);
    assert.deepEqual(report, { answered: 1, cancelled: 1 });
    assert.deepEqual(endless.log, ["child ended", "handler cancelled"]);
    assert.ok(time.now() >= 3_000 && time.now() < 4_000);
  });

  timed("answers a request that is on its way when it is closed", async () => {
    const server = await local(({ path }) => path);
    await using one = await client(server);
    await one.ask(get());
    await withTaskGroup(async (group) => {
      group.spawn(() => server.close());
      await sleep(200);
      const response = await one.ask(get("/late"));
      assert.deepEqual([response.body, response.fields.get("connection")], ["/late", "close"]);
      assert.equal(await one.rest(), "");
    });
  });

  timed("closes connections without a request after a short while, also new ones", async (time) => {
    const server = await local(({ path }) => path);
    await using one = await client(server);
    await one.ask(get());
    await using fresh = await client(server);
    const start = time.now();
    await server.close();
    assert.ok(time.now() - start >= 250 && time.now() - start < 6_000);
    assert.equal(await one.rest(), "");
    assert.equal(await fresh.rest(), "");
  });

  timed("takes the rest of a head that has begun", async () => {
    const server = await local(({ path }) => path);
    await using one = await client(server);
    await one.send("GET /slow HTTP/1.1\r\nHost:");
    await sleep(1);
    await withTaskGroup(async (group) => {
      group.spawn(() => server.close());
      await sleep(2_000);
      await one.send(" test\r\n\r\n");
      assert.equal((await one.response()).body, "/slow");
    });
  });

  law("with drainMs 0 is closed at once, and twice is the same as once", async () => {
    const endless = new Endless();
    const server = await local(endless.handler);
    await using one = await client(server);
    await one.send(get());
    await endless.began.wait();
    const [first, second] = await Promise.all([server.close({ drainMs: 0 }), server.close()]);
    assert.deepEqual(first, second);
    assert.equal(first.cancelled, 1);
    assert.equal(server.stats().connections, 0);
    assert.equal(server.stats().inFlight, 0);
  });

  timed("twice has the shorter of both times, whichever call comes first", async (time) => {
    for (const [first, second] of [
      [30_000, 1_000],
      [1_000, 30_000],
      [Infinity, 1_000],
    ] as const) {
      const endless = new Endless();
      const server = await local(endless.handler, { closeGraceMs: 0 });
      await using one = await client(server);
      await one.send(get());
      await endless.began.wait();
      const start = time.now();
      const reports = await Promise.all([
        server.close({ drainMs: first }),
        server.close({ drainMs: second }),
        one.response().then(() => one.stream.close()),
      ]);
      assert.deepEqual(reports[0], reports[1]);
      assert.equal(reports[0].cancelled, 1);
      assert.equal(time.now() - start, 1_000);
    }
  });

  timed("anew while it drains has its time made shorter, and not longer", async (time) => {
    const endless = new Endless();
    const server = await local(endless.handler, { closeGraceMs: 0 });
    await using one = await client(server);
    await one.send(get());
    await endless.began.wait();
    await withTaskGroup(async (group) => {
      group.spawn(() => server.close({ drainMs: 30_000 }));
      await sleep(1_000);
      group.spawn(() => server.close({ drainMs: 500 }));
      await sleep(100);
      group.spawn(() => server.close());
      await one.response();
      assert.equal(time.now(), 1_500);
      await one.stream.close();
    });
    assert.equal(time.now(), 1_500);
    assert.equal((await server.close({ drainMs: 0 })).cancelled, 1);
  });

  law("refuses a time that is none", async () => {
    await using server = await local(() => "");
    for (const drainMs of [-1, Number.NaN, "5" as never, null as never])
      await assert.rejects(
        server.close({ drainMs }),
        (error) => error instanceof InvalidArgument && error.message.includes("drainMs of close"),
      );
    await assert.rejects(server.close({ drainMS: 5 } as never), /drainMS/);
  });

  law("by a handler of its own does not wait for itself", async () => {
    const holder: { server: HttpServer | null } = { server: null };
    const server = await local(async () => {
      await holder.server!.close();
      return "closing";
    });
    holder.server = server;
    await using one = await client(server);
    assert.equal((await one.ask(get("/", "Connection: close\r\n"))).body, "closing");
    await server.closed;
  });

  timed("by a handler of its own has the time made shorter, for that one, too", async (time) => {
    const endless = new Endless();
    const holder: { server: HttpServer | null } = { server: null };
    const server = await local(
      async (request) => {
        if (request.path === "/close") await holder.server!.close({ drainMs: 500 });
        return endless.handler(request);
      },
      { closeGraceMs: 0 },
    );
    holder.server = server;
    await using first = await client(server);
    await using second = await client(server);
    await first.send(get());
    await endless.began.wait();
    await second.send(get("/close"));
    const responses = await Promise.all([first.response(), second.response()]);
    assert.deepEqual(
      responses.map(({ status }) => status),
      [503, 503],
    );
    assert.equal(time.now(), 500);
    await Promise.all([first.stream.close(), second.stream.close(), server.closed]);
  });

  timed("refuses nobody in silence: requests in the queue are answered, or get 503", async () => {
    const handler: Handler = async ({ path }) => {
      await sleep(1_000);
      return path;
    };
    const server = await local(handler, { maxRequests: 1, queueMs: 60_000 });
    await using first = await client(server);
    await using second = await client(server);
    await first.send(get("/first"));
    await second.send(get("/second"));
    await until(() => server.stats().queued === 1);
    await withTaskGroup(async (group) => {
      group.spawn(() => server.close());
      assert.equal((await first.response()).body, "/first");
      assert.equal((await second.response()).body, "/second");
    });
  });
});

describe("A stream that is returned when the client has left", () => {
  law("is cancelled, for nobody will read it", async () => {
    let cancelled = 0;
    const began = new Event();
    const handler: Handler = async () => {
      began.set();
      try {
        await sleep(Infinity);
      } catch {
        // It goes on, though nobody waits for it any more.
      }
      return new ReadableStream({ cancel: () => void cancelled++ });
    };
    await withServer(handler, async (one, server) => {
      await one.send(get());
      await began.wait();
      await one.stream.close();
      await until(() => server.stats().connections === 0 && server.stats().inFlight === 0);
    });
    assert.equal(cancelled, 1);
  });
});
