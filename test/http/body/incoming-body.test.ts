import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withTaskGroup } from "../../../src/index.ts";
import { BodyInvalid, BodyTooLarge, BodyUsed } from "../../../src/http/body/errors.ts";
import type { StandardSchema } from "../../../src/http/body/standard-schema.ts";
import { currentRuntime } from "../../../src/lowlevel.ts";
import { ConnectionReset, LimitOverrun, StreamBusy } from "../../../src/io.ts";
import { virtual } from "../../../src/testing.ts";
import { collect, coming, decode, deliver, encode, Feed, whole } from "./feeding.ts";

const lost = new ConnectionReset("10.0.0.1:80", new Error("reset"));
const isBusy = { code: "TSY_STREAM_BUSY" };
const isUsed = { code: "TSY_BODY_USED", message: /the body of POST \/orders/ };

describe("A body that has come whole", () => {
  it("is given as text, bytes, JSON and the fields of a form", async () => {
    assert.equal(await whole("grüße").text(), "grüße");
    assert.deepEqual(await whole("abc").bytes(), encode("abc"));
    assert.deepEqual(await whole('{"a":[1,2]}').json(), { a: [1, 2] });
    assert.deepEqual(
      [...(await whole("a=1&b=x%20y+z&a=2").form())],
      [
        ["a", "1"],
        ["b", "x y z"],
        ["a", "2"],
      ],
    );
  });

  it("is given without a wait", async () => {
    const waits: string[] = [];
    const instrument = { waitStarted: (_: unknown, label: string) => void waits.push(label) };
    const runtime = currentRuntime();
    runtime.addInstrument(instrument);
    try {
      await whole("abc").text();
      await whole("[]").json();
    } finally {
      runtime.removeInstrument(instrument);
    }
    assert.deepEqual(waits, []);
  });

  it("is given piece by piece, and line by line", async () => {
    const body = whole("one\ntwo\r\nthree");
    assert.equal(decode((await body.read(2)) ?? encode("")), "on");
    assert.deepEqual(await collect(body.lines()), ["e", "two", "three"]);
    assert.equal(await body.read(), null);
    assert.deepEqual((await collect(whole("abc"))).map(decode), ["abc"]);
  });

  it("never asks the connection for bytes", async () => {
    const feed = new Feed();
    await whole("abc", feed).text();
    await collect(whole("abc", feed));
    assert.deepEqual(feed.calls, []);
  });

  it("that is empty is an empty text, no bytes, no lines", async () => {
    assert.equal(await whole("").text(), "");
    assert.equal((await whole("").bytes()).length, 0);
    assert.equal(await whole("").read(), null);
    assert.deepEqual(await collect(whole("").lines()), []);
    assert.equal(whole("").isAtEnd, true);
  });
});

describe("A body that comes in pieces", () => {
  it(
    "is given when all of it has come",
    virtual(async () => {
      const body = coming();
      await withTaskGroup((group) => {
        group.spawn(async () => assert.equal(await body.text(), "hello, world"));
        deliver(body, "hello", ", ", "world");
      });
      assert.equal(body.isAtEnd, true);
    }),
  );

  it(
    "is given by the piece as it comes",
    virtual(async () => {
      const body = coming();
      const got: string[] = [];
      await withTaskGroup(async (group) => {
        const reading = group.spawn(async () => {
          for await (const piece of body) got.push(decode(piece));
        });
        body.arrived(encode("one"));
        await group.spawn(() => Promise.resolve()).join();
        assert.deepEqual(got, ["one"]);
        deliver(body, "two");
        await reading.join();
      });
      assert.deepEqual(got, ["one", "two"]);
    }),
  );

  it("tells the connection once that it is wanted, and not before it is", async () => {
    const feed = new Feed();
    const body = coming(feed);
    assert.deepEqual(feed.calls, []);
    const first = body.read();
    assert.deepEqual(feed.calls, ["wanted"]);
    body.arrived(encode("a"));
    await first;
    const second = body.read();
    deliver(body);
    assert.equal(await second, null);
    assert.deepEqual(feed.calls, ["wanted"]);
  });

  it("holds the connection back when nobody reads, and lets it go on when somebody does", async () => {
    const feed = new Feed();
    const body = coming(feed);
    for (let i = 0; i < 5; i++) body.arrived(new Uint8Array(16_384));
    assert.equal(feed.isPaused, true);
    assert.equal(body.bufferedBytes, 5 * 16_384);
    while (body.bufferedBytes > 0) await body.read();
    assert.equal(feed.isPaused, false);
  });

  it("keeps what a loop leaves", async () => {
    const body = coming();
    deliver(body, "one\n", "two\nthr", "ee");
    for await (const line of body.lines()) if (line === "one") break;
    assert.equal(await body.text(), "two\nthree");
  });
});

describe("A web stream of a body", () => {
  it("gives its pieces, and reads none ahead", async () => {
    const feed = new Feed();
    const body = coming(feed);
    const stream = body.webStream();
    assert.deepEqual(feed.calls, []);
    const text = new Response(stream).text();
    deliver(body, "one ", "two");
    assert.equal(await text, "one two");
  });

  it("that is cancelled leaves the rest in the body", async () => {
    const body = coming();
    const reader = body.webStream().getReader();
    body.arrived(encode("one"));
    assert.equal(decode((await reader.read()).value ?? encode("")), "one");
    const waiting = reader.read();
    await reader.cancel();
    assert.equal((await waiting).done, true);
    deliver(body, "two");
    assert.equal(await body.text(), "two");
  });

  it("fails as the body does", async () => {
    const body = coming();
    const read = body.webStream().getReader().read();
    body.failed(lost);
    await assert.rejects(read, (error) => error === lost);
  });
});

describe("One reader at a time:", () => {
  it("a second read is refused by name, and the first one goes on", async () => {
    const body = coming();
    const first = body.text();
    await assert.rejects(body.bytes(), isBusy);
    await assert.rejects(body.read(), StreamBusy);
    await assert.rejects(body.lines().next(), isBusy);
    deliver(body, "abc");
    assert.equal(await first, "abc");
  });

  it("a body is read once, and says so", async () => {
    for (const body of [whole("{}"), coming()]) {
      if (!body.isComplete) deliver(body, "{}");
      await body.json();
      await assert.rejects(body.json(), BodyUsed);
      await assert.rejects(body.read(), isUsed);
      await assert.rejects(collect(body), isUsed);
    }
  });

  it("a body that was read to its end by the piece is not an empty text", async () => {
    const body = whole("abc");
    await collect(body);
    await assert.rejects(body.text(), isUsed);
    assert.equal(await body.read(), null);
  });
});

describe("The limit of a body", () => {
  it("is checked by its announced length before anything is asked for", async () => {
    const feed = new Feed({ announcedBytes: 11, maxBytes: 10 });
    const body = coming(feed);
    await assert.rejects(body.text(), { code: "TSY_BODY_TOO_LARGE", limitBytes: 10, announcedBytes: 11 });
    assert.deepEqual(feed.calls, []);
  });

  it("is checked by what has come, and leaves that in the body", async () => {
    const body = coming(new Feed({ maxBytes: 3 }));
    const read = body.text();
    body.arrived(encode("ab"));
    body.arrived(encode("cd"));
    await assert.rejects(read, (error) => error instanceof BodyTooLarge && error.announcedBytes === null);
    body.ended();
    assert.equal(await body.text({ maxBytes: 4 }), "abcd");
  });

  it("is checked where all has come", async () => {
    const body = whole("abcd");
    await assert.rejects(body.json({ maxBytes: 3 }), BodyTooLarge);
    assert.equal(await body.text({ maxBytes: 4 }), "abcd");
  });

  it("is refused where it is none", () => {
    const isInvalid = { code: "TSY_INVALID_ARGUMENT" };
    assert.throws(() => whole("").text({ maxBytes: -1 }), isInvalid);
    assert.throws(() => whole("").read(0), isInvalid);
    assert.throws(() => whole("").lines({ maxBytes: Number.NaN }), isInvalid);
  });

  it("of a line is one of its own", async () => {
    const body = whole("a long line\n");
    await assert.rejects(body.lines({ maxBytes: 5 }).next(), LimitOverrun);
    assert.equal(await body.text(), "a long line\n");
  });
});

describe("A body that breaks off", () => {
  it("gives what came by the piece, and then the failure as it is", async () => {
    const body = coming();
    body.arrived(encode("abc"));
    body.failed(lost);
    assert.equal(decode((await body.read()) ?? encode("")), "abc");
    await assert.rejects(body.read(), (error) => error === lost);
    await assert.rejects(body.text(), (error) => error === lost);
  });

  it("fails a read of the whole, one that waits too", async () => {
    const waiting = coming();
    const read = waiting.text();
    waiting.arrived(encode("ab"));
    waiting.failed(lost);
    await assert.rejects(read, (error) => error === lost);
    const late = coming();
    late.failed(lost);
    await assert.rejects(late.json(), (error) => error === lost);
  });

  it("is not touched by what happens after its end", async () => {
    const body = coming();
    deliver(body, "abc");
    body.failed(lost);
    assert.equal(await body.text(), "abc");
  });

  it("drops what was not read when its message is over, and says so from then on", async () => {
    const over = new Error("the request is over");
    for (const body of [whole("abc"), coming()]) {
      if (!body.isComplete) body.arrived(encode("ab"));
      body.close(over);
      body.arrived(encode("more"));
      body.ended();
      assert.equal(body.bufferedBytes, 0);
      await assert.rejects(body.text(), (error) => error === over);
      await assert.rejects(body.read(), (error) => error === over);
    }
    const waiting = coming();
    const read = waiting.read();
    waiting.close(over);
    await assert.rejects(read, (error) => error === over);
  });
});

describe("Text", () => {
  it("is in the charset of the content type, UTF-8 without one", async () => {
    const latin = new Feed({ contentType: 'text/plain; Charset="ISO-8859-1"' });
    assert.equal(await whole(Uint8Array.of(0xe9), latin).text(), "é");
    assert.equal(await whole(Uint8Array.of(0xe9)).text(), "\ufffd");
    assert.equal(await whole("\ufeffabc").text(), "abc");
    assert.deepEqual(await collect(whole(Uint8Array.of(0xe9, 10, 0xe8), latin).lines()), ["é", "è"]);
  });

  it("in UTF-16 can be read, but not line by line", async () => {
    const feed = new Feed({ contentType: "text/plain;charset=utf-16le" });
    const bytes = Uint8Array.of(0x61, 0, 0x0a, 0, 0x0a, 0x0a);
    assert.throws(() => whole(bytes, feed).lines(), { code: "TSY_BODY_INVALID", message: /utf-16le/ });
    assert.equal(await whole(bytes, feed).text(), "a\n\u0a0a");
  });

  it("is not misled by a charset inside another parameter", async () => {
    const contentType = 'text/plain; title="; charset=latin1"';
    const body = whole("é", new Feed({ contentType }));
    assert.equal(await body.text(), "é");
  });

  it("in a charset that is not known is a clear error, and its bytes are still there", async () => {
    const body = whole("abc", new Feed({ contentType: "text/plain; charset=klingon" }));
    assert.throws(() => body.lines(), { code: "TSY_BODY_INVALID", fault: "charset" });
    assert.equal(decode(await body.bytes()), "abc");
    const text = whole("abc", new Feed({ contentType: "text/plain; charset=klingon" })).text();
    await assert.rejects(text, { message: /"klingon"/, fault: "charset" });
  });
});

describe("JSON", () => {
  it("says where it is wrong", async () => {
    for (const [text, position, told] of [
      ["", 0, /it is empty/],
      ['{"a":1,}', 7, /"}" cannot stand at position 7/],
      ['{"a":', 5, /ends after 5 characters/],
    ] as const)
      await assert.rejects(whole(text).json(), (error) => {
        assert.ok(error instanceof BodyInvalid);
        assert.match(error.message, told);
        assert.deepEqual([error.fault, error.position], ["json", position]);
        return true;
      });
  });

  it("that is no UTF-8 is none, and one with the sign for that is", async () => {
    await assert.rejects(whole(Uint8Array.of(0x22, 0xff, 0x22)).json(), {
      fault: "json",
      message: /UTF-8/,
    });
    assert.equal(await whole('"\ufffd"').json(), "\ufffd");
  });

  it("is checked, and changed, by a schema", async () => {
    assert.equal(await whole("41").json(plusOne), 42);
    const body = coming();
    const read = body.json(plusOne, { maxBytes: 2 });
    deliver(body, "4", "1");
    assert.equal(await read, 42);
  });

  it("has the type that a schema of any library gives", async () => {
    const schema: StandardSchemaV1<string, { readonly id: number }> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => ({ value: { id: Number(value) } }),
      },
    };
    const { id }: { readonly id: number } = await whole('"7"').json(schema);
    assert.equal(id, 7);
  });

  it("that a schema refuses says what it found", async () => {
    await assert.rejects(whole('{"items":[1]}').json(plusOne), (error) => {
      assert.ok(error instanceof BodyInvalid);
      assert.match(
        error.message,
        /POST \/orders does not fit its schema: \.items\[0\]: no number; two; three; and 1 more/,
      );
      assert.equal(error.issues.length, 4);
      assert.equal(error.fault, "schema");
      return true;
    });
  });
});

/** The types as the specification gives them, and as the libraries export them. */
interface StandardSchemaV1<Input, Output> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: ReadonlyArray<{
        readonly message: string;
        readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
      }>;
    };

/** As libraries make them: some are functions, and some check in a promise. */
const plusOne: StandardSchema<number> = Object.assign(() => {}, {
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown) =>
      typeof value === "number"
        ? Promise.resolve({ value: value + 1 })
        : {
            issues: [
              { message: "no number", path: ["items", { key: 0 }] },
              { message: "two" },
              { message: "three" },
              { message: "four" },
            ],
          },
  },
});
