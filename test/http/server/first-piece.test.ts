import assert from "node:assert/strict";
import { describe } from "node:test";
import { Event, sleep } from "../../../src/index.ts";
import { HttpClient, HttpError, reply, type Handler } from "../../../src/http.ts";
import { memoryPipe } from "../../../src/testing.ts";
import { logTexts } from "../../log-texts.ts";
import { get, post, type RawClient, type RawResponse } from "./raw-client.ts";
import { law, local, timed, withServer } from "./worlds.ts";

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(0);
}

/** Sources that fail before they give a piece, by what they are. */
const failing: Readonly<Record<string, (error: Error) => unknown>> = {
  "an async generator": async function* (error) {
    await sleep(1);
    throw error;
  },
  "a generator with a status of its own": (error) =>
    reply(
      (async function* () {
        throw error;
      })(),
      { status: 201, headers: { "content-length": "5" } },
    ),
  "a web stream": (error) =>
    new ReadableStream({
      pull: () => {
        throw error;
      },
    }),
  "a web response": (error) => new Response(failing["a web stream"]!(error) as ReadableStream),
  "an iterable whose iterator cannot be made": (error) => ({
    [Symbol.asyncIterator]: () => {
      throw error;
    },
  }),
};

describe("A stream that fails before its first piece", () => {
  for (const [what, source] of Object.entries(failing))
    law(`gets 500 with one record, where it is ${what}; the next request is served`, async () => {
      const texts = await logTexts(() =>
        withServer(
          ({ path }) => (path === "/" ? (source(new Error("no such file")) as ReadableStream) : "fine"),
          async (one, server) => {
            const { status, body } = await one.ask(get());
            assert.deepEqual([status, body], [500, "Internal Server Error"]);
            assert.equal((await one.ask(get("/next"))).body, "fine");
            assert.deepEqual([server.stats().failed, server.stats().answered], [1, 2]);
          },
        ),
      );
      assert.equal(texts.length, 1);
      assert.match(texts[0]!, /TSY_HANDLER_FAILED[^]*no such file/);
    });

  law("gets what HttpError says, without a record", async () => {
    const texts = await logTexts(() =>
      withServer(
        () =>
          (async function* () {
            throw new HttpError(404, "no such report");
          })(),
        async (one) => {
          const { status, body } = await one.ask(get());
          assert.deepEqual([status, body], [404, "no such report"]);
        },
      ),
    );
    assert.deepEqual(texts, []);
  });

  law("gets 4xx where it is the request's body that is wrong", async () => {
    const handler: Handler = (request) =>
      (async function* () {
        yield JSON.stringify(await request.json());
      })();
    await withServer(handler, async (one) => {
      assert.equal((await one.ask(post("/", "{"))).status, 400);
      assert.equal((await one.ask(post("/", "[1]"))).body, "[1]");
    });
  });

  law("gets 500 where its first piece is none, or longer than was announced", async () => {
    const texts = await logTexts(() =>
      withServer(
        ({ path }) =>
          path === "/piece"
            ? ((async function* () {
                yield 7;
              })() as never)
            : reply(
                (async function* () {
                  if (path === "/long") yield "longer";
                })(),
                { headers: { "content-length": "3" } },
              ),
        async (one) => {
          for (const path of ["/piece", "/long", "/short"])
            assert.equal((await one.ask(get(path))).status, 500, path);
        },
      ),
    );
    assert.equal(texts.length, 3);
  });

  law("gets 500 where it has no piece, and its trailers fail", async () => {
    const handler: Handler = () =>
      reply((async function* () {})(), {
        trailers: () => {
          throw new Error("no sum");
        },
      });
    const texts = await logTexts(() =>
      withServer(handler, async (one) => assert.equal((await one.ask(get())).status, 500)),
    );
    assert.equal(texts.length, 1);
  });

  law("to HEAD is not begun: the head says what it says", async () => {
    await withServer(
      () => failing["an async generator"]!(new Error("not reached")) as ReadableStream,
      async (one) => {
        assert.equal((await one.ask("HEAD / HTTP/1.1\r\nHost: test\r\n\r\n")).status, 200);
      },
    );
  });
});

describe("The head of a streamed reply", () => {
  timed("waits for the first piece, and goes with it in one write", async () => {
    const go = new Event();
    for (const piece of ["first", new TextEncoder().encode("first")])
      await withServer(
        () =>
          (async function* () {
            await go.wait();
            yield piece;
            await sleep(1);
            yield "second";
          })(),
        async (one) => {
          go.clear();
          await one.send(get());
          const reading = one.stream.read();
          await sleep(1_000);
          go.set();
          const chunk = await reading;
          assert.match(new TextDecoder().decode(chunk!), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n5\r\nfirst\r\n$/);
        },
      );
  });

  for (const [what, empty] of [
    ["text", ""],
    ["bytes", new Uint8Array(0)],
  ] as const)
    law(`goes out at once with an empty piece of ${what}`, async () => {
      const go = new Event();
      await withServer(
        () =>
          reply(
            (async function* () {
              yield empty;
              await go.wait();
              yield "data: 1\n\n";
            })(),
            { headers: { "content-type": "text/event-stream" } },
          ),
        async (one) => {
          await one.send(get());
          const head = new TextDecoder().decode(await one.stream.readUntil("\r\n\r\n"));
          assert.match(head, /^HTTP\/1\.1 200 OK\r\n[^]*text\/event-stream/);
          go.set();
          assert.equal(
            new TextDecoder().decode(await one.stream.readUntil("\r\n0\r\n\r\n")),
            "9\r\ndata: 1\n\n\r\n0\r\n\r\n",
          );
        },
      );
    });

  law("goes out at once where it is that of another server, which has sent no piece yet", async () => {
    const go = new Event();
    const events: Handler = () =>
      (async function* () {
        yield "";
        await go.wait();
        yield "data: 1\n\n";
      })();
    await using upstream = await local(events, { closeGraceMs: 0 });
    await using http = new HttpClient({ baseUrl: upstream.url });
    await withServer(
      () => http.get("/"),
      async (one) => {
        await one.send(get());
        const head = new TextDecoder().decode(await one.stream.readUntil("\r\n\r\n"));
        assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
        go.set();
        assert.match(
          new TextDecoder().decode(await one.stream.readUntil("\r\n0\r\n\r\n")),
          /data: 1\n\n/,
        );
      },
    );
  });

  law("goes out with the end where there is no piece", async () => {
    const none = async function* (): AsyncGenerator<string> {};
    const answers: RawResponse[] = [];
    await withServer(
      ({ path }) => (path === "/chunks" ? none() : reply(none(), { headers: { "content-length": "0" } })),
      async (one) => {
        answers.push(await one.ask(get("/chunks")), await one.ask(get("/length")));
        await one.send("GET /chunks HTTP/1.0\r\n\r\n");
        assert.match(await one.rest(), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
      },
    );
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body]),
      [
        [200, ""],
        [200, ""],
      ],
    );
  });

  law(
    "comes behind 100 Continue where the stream reads the body that the client holds back",
    async () => {
      const handler: Handler = (request) =>
        (async function* () {
          yield `got ${await request.text()}`;
        })();
      await withServer(handler, async (one) => {
        await one.send(
          "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
        );
        const interim = new TextDecoder().decode(await one.stream.readUntil("\r\n\r\n"));
        assert.equal(interim, "HTTP/1.1 100 Continue\r\n\r\n");
        await one.send("data");
        assert.equal((await one.response()).body, "got data");
      });
    },
  );

  timed(
    "says connection: close where the server is closed while the first piece is waited for",
    async () => {
      const handler: Handler = () =>
        (async function* () {
          await sleep(1_000);
          yield "last";
        })();
      await withServer(handler, async (one, server) => {
        await one.send(get());
        await until(() => server.stats().inFlight === 1);
        const closed = server.close();
        const response = await one.response();
        assert.deepEqual([response.fields.get("connection"), response.body], ["close", "last"]);
        await one.stream.close();
        await closed;
      });
    },
  );
});

/** A stream that never gives its first piece, and tells when it has ended. */
function silent(ended: Event): AsyncGenerator<string> {
  return (async function* () {
    try {
      await sleep(Infinity);
      yield "never";
    } finally {
      ended.set();
    }
  })();
}

describe("While the first piece is waited for", () => {
  const departures: ReadonlyArray<readonly [how: string, leave: (one: RawClient) => unknown]> = [
    ["closes", (one) => one.stream.close()],
    ["resets", (one) => one.stream.abort()],
    ["ends its data", (one) => one.end()],
  ];
  for (const [how, leave] of departures)
    law(`a client that ${how} ends the stream`, async () => {
      const ended = new Event();
      const texts = await logTexts(() =>
        withServer(
          () => silent(ended),
          async (one, server) => {
            await one.send(get());
            await until(() => server.stats().inFlight === 1);
            await leave(one);
            await ended.wait();
            await until(() => server.stats().inFlight === 0 && server.stats().connections === 0);
            assert.deepEqual([server.stats().cancelled, server.stats().answered], [1, 0]);
          },
        ),
      );
      assert.deepEqual(texts, []);
    });

  timed("the time of the handler ends it, and its client gets 503", async (time) => {
    const ended = new Event();
    await withServer(
      ({ path }) => (path === "/" ? silent(ended) : "fine"),
      async (one) => {
        const { status, body } = await one.ask(get());
        assert.deepEqual([status, body, time.now()], [503, "the server took too long", 1_000]);
        assert.equal(ended.isSet, true);
        assert.equal((await one.ask(get("/next"))).body, "fine");
      },
      { handlerMs: 1_000 },
    );
  });

  timed("the end of the server ends it, and its client gets 503", async () => {
    const ended = new Event();
    await withServer(
      () => silent(ended),
      async (one, server) => {
        await one.send(get());
        await until(() => server.stats().inFlight === 1);
        const closed = server.close({ drainMs: 10 });
        const { status, body } = await one.response();
        assert.deepEqual([status, body], [503, "the server is shutting down"]);
        assert.equal(await one.rest(), "");
        assert.deepEqual(await closed, { answered: 1, cancelled: 1 });
      },
    );
  });

  law("a ByteStream that is sent is closed when the client leaves", async () => {
    const [near, far] = memoryPipe();
    await withServer(
      () => near,
      async (one, server) => {
        await one.send(get());
        await until(() => server.stats().inFlight === 1);
        await one.stream.close();
        await until(() => server.stats().inFlight === 0);
        await assert.rejects(near.read(), /closed/);
      },
    );
    await far.close();
  });
});
