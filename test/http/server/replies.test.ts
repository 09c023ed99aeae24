import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgument, sleep } from "../../../src/index.ts";
import { BodyLengthMismatch, HttpError, reply, type Handler, type Reply } from "../../../src/http.ts";
import { openFile, temporaryFile, writeFile, UnexpectedEnd, ConnectionReset } from "../../../src/io.ts";
import { get } from "./raw-client.ts";
import { law, timed, withServer } from "./worlds.ts";
import { logTexts } from "../../log-texts.ts";

/** Asks once, of a server that answers with `value`. */
async function answered(value: Reply | Handler, request: string = get()) {
  const handler = typeof value === "function" ? (value as Handler) : (): Reply => value;
  let response: Awaited<ReturnType<import("./raw-client.ts").RawClient["ask"]>> | null = null;
  await withServer(handler, async (client) => {
    response = await client.ask(request);
  });
  return response!;
}

describe("A reply", () => {
  law("is text with its length in bytes", async () => {
    const { status, fields, body } = await answered("héllo €");
    assert.equal(status, 200);
    assert.equal(body, "héllo €");
    assert.equal(fields.get("content-type"), "text/plain;charset=UTF-8");
    assert.equal(fields.get("content-length"), "10");
    assert.match(fields.get("date") ?? "", /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    assert.equal(fields.has("connection"), false);
  });

  law("is JSON for objects, arrays, numbers and booleans", async () => {
    for (const [value, text] of [
      [{ a: [1, "é"] }, '{"a":[1,"é"]}'],
      [[1, null], "[1,null]"],
      [7, "7"],
      [false, "false"],
      [
        new (class Point {
          x = 1;
        })(),
        '{"x":1}',
      ],
      [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ] as const) {
      const { body, fields } = await answered(value);
      assert.equal(body, text);
      assert.equal(fields.get("content-type"), "application/json");
    }
  });

  law("is 204 without a value", async () => {
    for (const value of [undefined, null]) {
      const { status, fields } = await answered(value);
      assert.equal(status, 204);
      assert.equal(fields.has("content-length"), false);
      assert.equal(fields.has("transfer-encoding"), false);
    }
  });

  law("is bytes, forms and blobs as what they are", async () => {
    const bytes = await answered(new Uint8Array([104, 105]));
    assert.deepEqual([bytes.body, bytes.fields.get("content-type")], ["hi", "application/octet-stream"]);
    assert.equal(
      (await answered(new TextEncoder().encode("buffer").buffer as ArrayBuffer)).body,
      "buffer",
    );
    const form = await answered(new URLSearchParams({ a: "1 2" }));
    assert.match(form.fields.get("content-type") ?? "", /^application\/x-www-form-urlencoded/);
    assert.equal(form.body, "a=1+2");
    const blob = await answered(new Blob(["<p>"], { type: "image/x" }));
    assert.deepEqual([blob.body, blob.fields.get("content-type")], ["<p>", "image/x"]);
  });

  law("is a stream, in chunks as they come", async () => {
    const handler: Handler = () =>
      (async function* () {
        yield "one ";
        await sleep(1);
        yield new TextEncoder().encode("two");
        yield "";
      })();
    const { body, fields } = await answered(handler);
    assert.equal(body, "one two");
    assert.equal(fields.get("transfer-encoding"), "chunked");
    assert.equal(fields.has("content-length"), false);
  });

  it("is a web stream, and a web response with what it says", async () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue("web");
        controller.close();
      },
    });
    assert.equal((await answered(stream)).body, "web");
    const response = await answered(
      () => new Response("created", { status: 201, headers: { "x-a": "b", connection: "keep-alive" } }),
    );
    assert.equal(response.status, 201);
    assert.equal(response.body, "created");
    assert.equal(response.fields.get("x-a"), "b");
    assert.equal((await answered(() => new Response(null, { status: 304 }))).status, 304);
    assert.equal((await answered(() => Response.json({ a: 1 }))).body, '{"a":1}');
  });

  it("is an open file, with its length", async () => {
    await using place = await temporaryFile();
    await writeFile(place.path, "from disk");
    await using file = await openFile(place.path);
    const response = await answered(() => reply(file, { headers: { "x-kind": "file" } }));
    assert.deepEqual([response.status, response.body], [200, "from disk"]);
    assert.equal(response.fields.get("content-length"), "9");
  });

  it("closes the file that it was sent from, also where it was not sent", async () => {
    await using place = await temporaryFile();
    await writeFile(place.path, "from disk");
    for (const request of [get(), "HEAD / HTTP/1.1\r\nHost: test\r\n\r\n"]) {
      const file = await openFile(place.path);
      assert.equal((await answered(() => file, request)).status, 200);
      await assert.rejects(file.read(1));
    }
  });

  law("has status, reason, fields and trailers of its own", async () => {
    const response = await answered(() =>
      reply(
        (async function* () {
          yield "body";
        })(),
        {
          status: 203,
          reason: "as told",
          headers: { "x-one": "1", "Content-Type": "text/x", date: "Thu, 01 Jan 1970 00:00:00 GMT" },
          trailers: () => ({ "x-sum": "42" }),
        },
      ),
    );
    assert.equal(response.status, 203);
    assert.equal(response.fields.get("x-one"), "1");
    assert.equal(response.fields.get("content-type"), "text/x");
    assert.equal(response.fields.get("date"), "Thu, 01 Jan 1970 00:00:00 GMT");
    assert.equal(response.trailers, "x-sum: 42");
    assert.equal((await answered(reply("x", { trailers: { "x-t": "1" } }))).trailers, "x-t: 1");
  });

  law("goes out in pieces where it is large, text and bytes alike", async () => {
    const text = "€".repeat(300_000);
    assert.equal((await answered(text)).body, text);
    const bytes = new TextEncoder().encode(text);
    assert.equal((await answered(bytes)).body, text);
    assert.equal((await answered(() => ({ text }))).body, JSON.stringify({ text }));
  });

  law("to HEAD has the head of the one to GET, and no body", async () => {
    const head = "HEAD / HTTP/1.1\r\nHost: test\r\n\r\n";
    for (const value of ["hello", { a: 1 }, reply("hello", { status: 201 })]) {
      await withServer(
        () => value,
        async (client) => {
          const one = await client.ask(get());
          const other = await client.ask(head);
          const again = await client.ask(get());
          assert.equal(other.body, "");
          assert.equal(other.fields.get("content-length"), one.fields.get("content-length"));
          assert.equal(again.body, one.body, "nothing of a body is between them");
        },
      );
    }
  });

  law("to HEAD leaves a stream alone", async () => {
    let began = false;
    const stream = (): AsyncIterable<string> => ({
      [Symbol.asyncIterator]() {
        began = true;
        return { next: async () => ({ done: true, value: undefined }) };
      },
    });
    await withServer(
      () => stream(),
      async (client) => {
        const response = await client.ask("HEAD / HTTP/1.1\r\nHost: test\r\n\r\n");
        assert.equal(response.fields.get("transfer-encoding"), "chunked");
        assert.equal(began, false);
      },
    );
  });

  law("to HTTP/1.0 has no chunks, and keeps the connection only where it is asked to", async () => {
    const old = (fields: string): string => `GET / HTTP/1.0\r\n${fields}\r\n`;
    await withServer(
      () => "hello",
      async (client) => {
        const kept = await client.ask(old("Connection: keep-alive\r\n"));
        assert.equal(kept.fields.get("connection"), "keep-alive");
        const last = await client.ask(old(""));
        assert.equal(last.fields.get("connection"), "close");
        assert.equal(await client.rest(), "");
      },
    );
    const stream = async function* (): AsyncGenerator<string> {
      yield "a";
      yield "b";
    };
    await withServer(
      () => stream(),
      async (client) => {
        const response = await client.ask(old("Connection: keep-alive\r\n"));
        assert.equal(response.body, "ab");
        assert.equal(response.fields.get("connection"), "close");
        assert.equal(response.fields.has("transfer-encoding"), false);
      },
    );
  });

  law("with connection: close ends the connection", async () => {
    await withServer(
      () => reply("bye", { headers: { connection: "close" } }),
      async (client) => {
        const response = await client.ask(get());
        assert.equal(response.fields.get("connection"), "close");
        assert.equal(await client.rest(), "");
      },
    );
  });

  law("with characters beyond ASCII in its head is in Latin-1", async () => {
    await withServer(
      () => reply("é", { headers: { "x-name": "café" } }),
      async (client) => {
        await client.send(get("/", "Connection: close\r\n"));
        const chunks: number[] = [];
        for await (const chunk of client.stream) chunks.push(...chunk);
        const text = String.fromCharCode(...chunks);
        assert.match(text, /x-name: caf\xe9\r\n/);
        assert.ok(text.endsWith("\r\n\r\n\xc3\xa9"), "the body is in UTF-8");
      },
    );
  });
});

describe("A streamed reply whose end is written", () => {
  timed(
    "is whole, like one in hand: it goes out as its client takes it, though the time of its handler is over",
    async () => {
      const sum = "s".repeat(200_000);
      async function* body(): AsyncGenerator<string> {
        yield "x";
      }
      await withServer(
        () => reply(body(), { trailers: { sum } }),
        async (one, server) => {
          await one.send(get());
          await sleep(2_000);
          const { inFlight, answered, idle } = server.stats();
          assert.deepEqual([inFlight, answered, idle], [0, 1, 0]);
          assert.equal(await one.rest().then((text) => text.endsWith(`sum: ${sum}\r\n\r\n`)), true);
        },
        { handlerMs: 1_000, idleMs: 10 },
      );
    },
    1_024,
  );
});

describe("What cannot be sent", () => {
  it("is refused when it is set", () => {
    const refused = (call: () => unknown, what: RegExp): void => {
      assert.throws(call, (error) => error instanceof InvalidArgument && what.test(error.message));
    };
    refused(() => reply("x", { status: 199 }), /status.*199/);
    refused(() => reply("x", { status: 600 }), /status.*600/);
    refused(() => reply("x", { status: 200.5 }), /status/);
    refused(() => reply("x", { status: 204 }), /204/);
    refused(() => reply("x", { status: 304 }), /304/);
    refused(() => reply("x", { reason: "a\r\nx: y" }), /reason/);
    refused(() => reply("x", { headers: { "a b": "c" } }), /a b/);
    refused(() => reply("x", { headers: { a: "b\r\nc: d" } }), /"a"/);
    refused(() => reply("x", { headers: { a: "b\0" } }), /"a"/);
    refused(() => reply("x", { headers: { "transfer-encoding": "chunked" } }), /transfer-encoding/);
    refused(() => reply("x", { headers: { connection: "keep-alive" } }), /connection/);
    refused(() => reply("x", { headers: { "content-length": "1e3" } }), /content-length/);
    refused(() => reply("x", { trailers: { "content-length": "1" } }), /content-length/);
    refused(() => reply("x", { trailers: { a: "1" }, headers: { "content-length": "1" } }), /trailers/);
    refused(() => reply(() => {}), /JSON/);
    refused(() => new HttpError(399), /399/);
    refused(() => new HttpError(200), /200/);
    refused(() => new HttpError(400, "x", { headers: { a: "\n" } }), /"a"/);
  });

  law("gets a 500 where it is a value that is no reply", async () => {
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    const texts = await logTexts(async () => {
      for (const value of [() => 1, 10n, Symbol("s"), loop])
        assert.equal((await answered((() => value) as never)).status, 500);
    });
    assert.equal(texts.length, 4);
  });

  law("is not cut short: a body that is no longer as announced breaks the connection", async () => {
    const stream = async function* (): AsyncGenerator<string> {
      yield "four";
      yield "more";
    };
    for (const length of ["6", "10"]) {
      const texts = await logTexts(async () => {
        await withServer(
          () => reply(stream(), { headers: { "content-length": length } }),
          async (client) => {
            await client.send(get());
            await assert.rejects(
              client.response(),
              (error) => error instanceof UnexpectedEnd || error instanceof ConnectionReset,
            );
          },
        );
      });
      assert.equal(texts.length, 1);
      assert.ok(texts[0]!.includes(BodyLengthMismatch.code), texts[0]!);
    }
    const texts = await logTexts(async () => {
      const short = reply("four", { headers: { "content-length": "5" } });
      assert.equal((await answered(short)).status, 500);
    });
    assert.ok(texts[0]!.includes(BodyLengthMismatch.code));
  });
});

describe("An error of a handler", () => {
  law("gets what HttpError says, with its fields", async () => {
    const texts = await logTexts(async () => {
      const { status, body, fields } = await answered(() => {
        throw new HttpError(429, "slow down", { headers: { "retry-after": "7" } });
      });
      assert.deepEqual([status, body, fields.get("retry-after")], [429, "slow down", "7"]);
      assert.equal(
        (
          await answered(async () => {
            throw new HttpError(404);
          })
        ).body,
        "Not Found",
      );
    });
    assert.deepEqual(texts, []);
  });

  law("gets 500 without details, and one record; the next request is served", async () => {
    const texts = await logTexts(async () => {
      await withServer(
        async ({ path }) => {
          if (path === "/now") throw new Error("secret 1");
          await sleep(1);
          if (path === "/later") throw new Error("secret 2");
          if (path === "/odd") throw undefined;
          return "fine";
        },
        async (client, server) => {
          for (const path of ["/now", "/later", "/odd"]) {
            const { status, body } = await client.ask(get(path));
            assert.deepEqual([status, body], [500, "Internal Server Error"]);
          }
          assert.equal((await client.ask(get())).body, "fine");
          assert.equal(server.stats().failed, 3);
        },
      );
    });
    assert.equal(texts.length, 3);
    assert.match(texts[0]!, /TSY_HANDLER_FAILED.*GET \/now.*\n.*secret 1/);
  });

  law("goes to onError where there is one, and a broken one changes nothing", async () => {
    const heard: unknown[] = [];
    await withServer(
      () => {
        throw new Error("oops");
      },
      async (client) => {
        assert.equal((await client.ask(get("/a"))).status, 500);
      },
      { onError: (error, request) => void heard.push((error as Error).message, request.path) },
    );
    assert.deepEqual(heard, ["oops", "/a"]);
  });

  law(
    "in a stream that has begun cuts the connection, so that the client sees it, with one record",
    async () => {
      const handler: Handler = async function* () {
        yield "begun";
        throw new Error("midway");
      } as never;
      const texts = await logTexts(async () => {
        await withServer(handler, async (client) => {
          await client.send(get());
          await assert.rejects(
            client.response(),
            (error) => error instanceof ConnectionReset || error instanceof UnexpectedEnd,
          );
        });
      });
      assert.equal(texts.length, 1);
      assert.match(texts[0]!, /midway/);
    },
  );
});
