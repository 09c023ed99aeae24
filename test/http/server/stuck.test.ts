import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Event, sleep, withShield, withTaskGroup } from "../../../src/index.ts";
import { reply, type Handler, type Reply } from "../../../src/http.ts";
import { ServerConnection } from "../../../src/http/server/connection.ts";
import { ServerCore } from "../../../src/http/server/core.ts";
import { planOf } from "../../../src/http/server/options.ts";
import { ConnectionReset, UnexpectedEnd } from "../../../src/io.ts";
import { memoryTransports } from "../../../src/testing/net/memory-network.ts";
import { logTexts } from "../../log-texts.ts";
import { get, post } from "./raw-client.ts";
import { client, law, local, timed, withServer } from "./worlds.ts";

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(0);
}

/** A handler that does not end when it is cancelled, but when it is let go. */
class Stuck {
  readonly began: Event = new Event();
  readonly gate: Event = new Event();
  readonly ended: Event = new Event();
  readonly #value: Reply;

  constructor(value: Reply = "too late") {
    this.#value = value;
  }

  readonly handler: Handler = async () => {
    this.began.set();
    await withShield(Infinity, () => this.gate.wait());
    this.ended.set();
    return this.#value;
  };
}

/** A stream that tells whether it was cancelled. */
function watched(): { readonly stream: ReadableStream; cancelled: number } {
  const state = {
    cancelled: 0,
    stream: new ReadableStream({ cancel: () => void state.cancelled++ }),
  };
  return state;
}

const isCut = (error: unknown): boolean =>
  error instanceof ConnectionReset || error instanceof UnexpectedEnd;

describe("A handler that has not ended when its time and its grace are over", () => {
  timed("has its client answered with 503, and its connection closed, with one record", async (time) => {
    const stuck = new Stuck();
    const texts = await logTexts(() =>
      withServer(
        stuck.handler,
        async (one, server) => {
          const start = time.now();
          const response = await one.ask(get("/slow?secret=1"));
          assert.equal(time.now() - start, 3_000);
          assert.deepEqual([response.status, response.body], [503, "the server took too long"]);
          assert.equal(response.fields.get("connection"), "close");
          assert.equal(await one.rest(), "");
          stuck.gate.set();
          await until(() => server.stats().inFlight === 0);
        },
        { handlerMs: 1_000, handlerGraceMs: 2_000 },
      ),
    );
    assert.equal(texts.length, 1);
    assert.match(texts[0]!, /^TSY_HANDLER_STUCK the handler of GET \/slow \(request \S+\) was cancelled/);
    assert.match(texts[0]!, /within 2000 ms/);
    assert.match(texts[0]!, /\nGET \/slow cancelling .*\n.*waiting: event\.wait/);
    assert.doesNotMatch(texts[0]!, /secret/);
  });

  law("is the same where it waits for a promise of somebody else's", async () => {
    let letGo = (): void => {};
    const foreign = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const texts = await logTexts(() =>
      withServer(
        async () => {
          await foreign;
          return "too late";
        },
        async (one, server) => {
          assert.equal((await one.ask(get())).status, 503);
          assert.equal(await one.rest(), "");
          assert.equal(server.stats().stuck, 1);
          letGo();
          await until(() => server.stats().inFlight === 0);
        },
        { handlerMs: 2, handlerGraceMs: 2 },
      ),
    );
    assert.equal(texts.length, 1);
    assert.match(texts[0]!, /running user code/);
  });

  law("is the same where it catches every cancellation, and goes on", async () => {
    const gate = new Event();
    const texts = await logTexts(() =>
      withServer(
        async () => {
          while (!gate.isSet) {
            try {
              await gate.wait();
            } catch {
              // It is told again by its next wait.
            }
          }
          return "too late";
        },
        async (one, server) => {
          assert.equal((await one.ask(get())).status, 503);
          assert.equal(await one.rest(), "");
          gate.set();
          await until(() => server.stats().inFlight === 0);
        },
        { handlerMs: 2, handlerGraceMs: 2 },
      ),
    );
    assert.equal(texts.filter((text) => text.startsWith("TSY_HANDLER_STUCK")).length, 1);
  });

  timed("stays in the tree, and counts as in flight, until it ends", async () => {
    const stuck = new Stuck();
    await logTexts(async () => {
      await using server = await local(stuck.handler, {
        handlerMs: 1,
        handlerGraceMs: 1,
        maxRequests: 1,
        queueMs: 50,
        closeGraceMs: 0,
      });
      await using first = await client(server);
      assert.equal((await first.ask(get())).status, 503);
      await until(() => server.stats().connections === 0);
      const { inFlight, stuck: count, answered, cancelled } = server.stats();
      assert.deepEqual([inFlight, count, answered, cancelled], [1, 1, 1, 1]);
      await using second = await client(server);
      const refused = await second.ask(get());
      assert.deepEqual([refused.status, refused.body], [503, "the server is busy"]);
      stuck.gate.set();
      await until(() => server.stats().inFlight === 0);
      assert.deepEqual([server.stats().stuck, server.stats().cancelled], [0, 1]);
      assert.equal((await second.ask(get())).body, "too late");
    });
  });

  timed("is left alone where it ends in its grace: no record, and the connection goes on", async () => {
    const handler: Handler = async ({ path }) => {
      if (path === "/next") return "next";
      try {
        await sleep(Infinity);
      } finally {
        await withShield(Infinity, () => sleep(1_999));
      }
      return "";
    };
    const texts = await logTexts(() =>
      withServer(
        handler,
        async (one, server) => {
          assert.equal((await one.ask(get())).status, 503);
          assert.equal((await one.ask(get("/next"))).body, "next");
          assert.equal(server.stats().stuck, 0);
        },
        { handlerMs: 1_000, handlerGraceMs: 2_000 },
      ),
    );
    assert.deepEqual(texts, []);
  });

  it("has all of its grace though the loop stood still when its time was over", async () => {
    const began = new Event();
    const handler: Handler = async ({ path }) => {
      if (path === "/next") return "next";
      began.set();
      await sleep(Infinity);
      return "";
    };
    const texts = await logTexts(() =>
      withServer(
        handler,
        async (one) => {
          await one.send(get());
          await began.wait();
          for (const start = performance.now(); performance.now() - start < 60;);
          assert.equal((await one.response()).body, "the server took too long");
          assert.equal((await one.ask(get("/next"))).body, "next");
        },
        { handlerMs: 10, handlerGraceMs: 10 },
      ),
    );
    assert.deepEqual(texts, []);
  });

  timed("has 5 s where nothing else is said", async (time) => {
    const stuck = new Stuck();
    await logTexts(() =>
      withServer(
        stuck.handler,
        async (one) => {
          await one.ask(get());
          assert.equal(time.now(), 6_000);
          stuck.gate.set();
        },
        { handlerMs: 1_000 },
      ),
    );
  });

  timed("has one grace, whatever else cancels it in that time", async (time) => {
    const stuck = new Stuck();
    const texts = await logTexts(async () => {
      const server = await local(stuck.handler, {
        handlerMs: 1_000,
        handlerGraceMs: 2_000,
        closeGraceMs: 0,
      });
      await using one = await client(server);
      await one.send(get());
      await withTaskGroup(async (group) => {
        await sleep(1_500);
        group.spawn(() => server.close({ drainMs: 500 }));
        await sleep(1_000);
        await one.stream.close();
        await until(() => server.stats().stuck === 1);
        assert.equal(time.now(), 3_000);
        stuck.gate.set();
      });
    });
    assert.equal(texts.length, 1);
  });

  timed("is waited for without end with a grace of Infinity", async (time) => {
    const stuck = new Stuck();
    await withServer(
      stuck.handler,
      async (one) => {
        await one.send(get());
        await sleep(3_600_000);
        stuck.gate.set();
        assert.equal((await one.response()).body, "too late");
        assert.equal(time.now(), 3_600_000);
      },
      { handlerMs: 1_000, handlerGraceMs: Infinity },
    );
  });

  timed("has its connection cut where its reply had begun", async (time) => {
    const gate = new Event();
    const handler: Handler = () =>
      (async function* () {
        yield "begun";
        await withShield(Infinity, () => gate.wait());
        yield "late";
      })();
    const texts = await logTexts(() =>
      withServer(
        handler,
        async (one, server) => {
          await one.send(get());
          await assert.rejects(one.response(), isCut);
          assert.equal(time.now(), 3_000);
          gate.set();
          await until(() => server.stats().inFlight === 0);
        },
        { handlerMs: 1_000, handlerGraceMs: 2_000 },
      ),
    );
    assert.equal(texts.length, 1);
  });

  timed("has its connection cut where its client has not even taken 100 Continue", async (time) => {
    const stuck = new Stuck();
    const handler: Handler = (request) => {
      request.text().catch(() => {});
      return stuck.handler(request);
    };
    const [near, far] = memoryTransports(8);
    const closed = new Event();
    const ignore = (): void => {};
    far.start({ arrived: ignore, ended: ignore, drained: ignore, closed: ignore });
    far.pause();
    far.writeText(post("/", "", "Expect: 100-continue\r\n").replace("Length: 0", "Length: 4"));
    await logTexts(() =>
      withTaskGroup(async (group) => {
        const plan = planOf("serve", handler, { handlerMs: 1_000, handlerGraceMs: 2_000 });
        const core = new ServerCore(plan);
        core.begin(group, null);
        new ServerConnection(core, near, () => closed.set());
        await closed.wait();
        assert.equal(time.now(), 3_000);
        stuck.gate.set();
        await until(() => core.admission.inFlight === 0);
        assert.deepEqual([core.counts.answered, core.counts.cancelled], [0, 1]);
        core.phases.stop();
      }),
    );
  });

  timed(
    "gets 503 while the rest of its request still comes, and what it reads then is closed",
    async () => {
      const stuck = new Stuck();
      const errors: unknown[] = [];
      const handler: Handler = async (request) => {
        await stuck.handler(request);
        await request.text().catch((error: unknown) => errors.push(error));
        return "";
      };
      await logTexts(() =>
        withServer(
          handler,
          async (one, server) => {
            await one.send(post("/", "0123456789").slice(0, -5));
            assert.equal((await one.response()).status, 503);
            await one.send("56789");
            assert.equal(await one.rest(), "");
            stuck.gate.set();
            await until(() => server.stats().inFlight === 0);
          },
          { handlerMs: 1_000, handlerGraceMs: 0 },
        ),
      );
      assert.equal(errors.length, 1);
    },
  );
});

describe("A handler that ends when nobody waits for it any more", () => {
  timed("has what it returns late dropped, and a stream in it closed", async () => {
    const late = watched();
    const stuck = new Stuck(reply(late.stream));
    await logTexts(() =>
      withServer(
        stuck.handler,
        async (one, server) => {
          assert.equal((await one.ask(get())).status, 503);
          stuck.gate.set();
          await until(() => server.stats().inFlight === 0);
          assert.equal(await one.rest(), "");
        },
        { handlerMs: 1, handlerGraceMs: 1 },
      ),
    );
    assert.equal(late.cancelled, 1);
  });

  timed("has what it throws late told to the log, and to nobody else", async () => {
    const gate = new Event();
    const handler: Handler = async () => {
      await withShield(Infinity, () => gate.wait());
      throw new Error("late failure");
    };
    const texts = await logTexts(() =>
      withServer(
        handler,
        async (one, server) => {
          assert.equal((await one.ask(get())).body, "the server took too long");
          gate.set();
          await until(() => server.stats().inFlight === 0);
          assert.equal(await one.rest(), "");
        },
        { handlerMs: 1, handlerGraceMs: 1 },
      ),
    );
    assert.equal(texts.length, 2);
    assert.match(texts[1]!, /TSY_HANDLER_FAILED[^]*late failure/);
  });

  timed("is one record in the access log, at the time of its 503", async () => {
    const stuck = new Stuck();
    const texts = await logTexts(() =>
      withServer(
        stuck.handler,
        async (one, server) => {
          await one.ask(get("/x"));
          stuck.gate.set();
          await until(() => server.stats().inFlight === 0);
        },
        { handlerMs: 10, handlerGraceMs: 10, accessLog: true },
      ),
    );
    const access = texts.filter((text) => text.startsWith("TSY_HTTP_ACCESS"));
    assert.equal(access.length, 1);
    assert.match(access[0]!, /"GET \/x HTTP\/1.1" 503, 24 bytes, 20 ms/);
  });
});

describe("A handler that does not end when its client has left", () => {
  for (const [how, leave] of [
    ["closes", "close"],
    ["ends its data", "end"],
  ] as const)
    timed(`gives the place of its connection back where the client ${how}`, async () => {
      const stuck = new Stuck();
      const texts = await logTexts(async () => {
        await using server = await local(stuck.handler, {
          maxConnections: 1,
          handlerGraceMs: 1_000,
          closeGraceMs: 0,
        });
        const one = await client(server);
        await one.send(get());
        await stuck.began.wait();
        if (leave === "close") await one.stream.close();
        else await one.end();
        await until(() => server.stats().stuck === 1);
        await until(() => server.stats().connections === 0);
        assert.deepEqual([server.stats().inFlight, server.stats().cancelled], [1, 1]);
        await one.stream.close();
        stuck.gate.set();
        await until(() => server.stats().inFlight === 0);
        assert.deepEqual([server.stats().stuck, server.stats().cancelled], [0, 1]);
      });
      assert.equal(texts.length, 1);
      assert.match(texts[0]!, /TSY_HANDLER_STUCK the handler of GET \//);
    });
});

describe("A handler that has ended, while its reply is still taken", () => {
  timed(
    "is not named when its client ends its data meanwhile, and the reply goes out whole",
    async () => {
      const text = "x".repeat(60_000);
      const handler: Handler = async () => {
        await sleep(1);
        return text;
      };
      const texts = await logTexts(() =>
        withServer(
          handler,
          async (one, server) => {
            // The client's stream takes the first ones: what is behind them waits at the server.
            await one.send(get().repeat(4));
            await sleep(1_000);
            assert.equal(server.stats().idle, 0);
            await one.end();
            await sleep(20_000);
            assert.equal(server.stats().stuck, 0);
            const { answered } = server.stats();
            for (let n = 0; n < answered; n++) assert.equal((await one.response()).body, text);
          },
          { handlerGraceMs: 1_000 },
        ),
      );
      assert.deepEqual(texts, []);
    },
    1_024,
  );
});

describe("A server that is closed while a handler does not end", () => {
  timed("answers its client with 503, says so, and waits for it all the same", async (time) => {
    const stuck = new Stuck();
    const texts = await logTexts(async () => {
      const server = await local(stuck.handler, { handlerGraceMs: 500, closeGraceMs: 0 });
      await using one = await client(server);
      await one.send(get());
      await stuck.began.wait();
      let isClosed = false;
      await withTaskGroup(async (group) => {
        const closing = group.spawn(async () => {
          const report = await server.close({ drainMs: 1_000 });
          isClosed = true;
          return report;
        });
        const response = await one.response();
        assert.equal(time.now(), 1_500);
        assert.deepEqual([response.status, response.body], [503, "the server is shutting down"]);
        assert.equal(await one.rest(), "");
        await sleep(60_000);
        assert.equal(isClosed, false, "nothing outlives its scope: close waits");
        stuck.gate.set();
        assert.deepEqual(await closing.join(), { answered: 1, cancelled: 1 });
      });
    });
    assert.equal(texts.length, 1);
    assert.match(texts[0]!, /TSY_HANDLER_STUCK/);
  });

  timed("says that it waits for those that were stuck before", async () => {
    const stuck = new Stuck();
    const texts = await logTexts(async () => {
      const server = await local(stuck.handler, { handlerMs: 1, handlerGraceMs: 1, closeGraceMs: 0 });
      await using one = await client(server);
      await one.ask(get());
      await withTaskGroup(async (group) => {
        group.spawn(() => server.close());
        await sleep(10_000);
        stuck.gate.set();
      });
      await server.closed;
    });
    assert.equal(texts.length, 2);
    assert.match(texts[1]!, /TSY_HANDLER_STUCK close of a server waits for .* There are 1;/);
  });

  timed("answers those at once that wait for their turn", async (time) => {
    const stuck = new Stuck();
    await logTexts(async () => {
      const server = await local(stuck.handler, {
        maxRequests: 1,
        queueMs: Infinity,
        closeGraceMs: 0,
      });
      await using one = await client(server);
      await using other = await client(server);
      await one.send(get());
      await stuck.began.wait();
      await other.send(get());
      await until(() => server.stats().queued === 1);
      await withTaskGroup(async (group) => {
        group.spawn(() => server.close({ drainMs: 1_000 }));
        const response = await other.response();
        assert.equal(time.now(), 1_000);
        assert.deepEqual([response.status, response.body], [503, "the server is shutting down"]);
        stuck.gate.set();
      });
    });
  });
});
