import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import { fromIterable, openFile, temporaryDirectory, writeFile } from "../../../src/io.ts";
import { formBody, jsonBody, outgoingBody, type BodyInit } from "../../../src/http/body/outgoing-body.ts";
import { virtual } from "../../../src/testing.ts";
import { coming, decode, deliver, encode } from "./feeding.ts";
import { Wire, sent } from "./wire-end.ts";

const isInvalid = { code: "TSY_INVALID_ARGUMENT" };

describe("A body in hand", () => {
  it("is text, bytes or a form, with its length and type, and can be sent again", async () => {
    const bytes = encode("abc");
    const cases: ReadonlyArray<readonly [BodyInit, string | null, string]> = [
      ["grüße", "text/plain;charset=UTF-8", "grüße"],
      [bytes, null, "abc"],
      [bytes.slice().buffer, null, "abc"],
      [new DataView(bytes.slice().buffer, 1), null, "bc"],
      [new Uint16Array([0x4241]), null, "AB"],
      [new URLSearchParams("a=x y"), "application/x-www-form-urlencoded;charset=UTF-8", "a=x+y"],
    ];
    for (const [init, type, text] of cases) {
      const body = outgoingBody(init);
      assert.equal(body.contentType, type);
      assert.equal(typeof body.whole === "string" ? body.whole : decode(body.whole ?? encode("")), text);
      assert.equal(body.lengthBytes, encode(text).length);
      assert.equal(body.isRepeatable, true);
      assert.equal(body.prepare(), null);
      assert.equal(await sent(body), text);
      assert.equal(await sent(body), text);
    }
  });

  it("is itself where it is a body already", () => {
    const body = jsonBody(1);
    assert.equal(outgoingBody(body), body);
  });

  it("is JSON, where JSON can express it", () => {
    const body = jsonBody({ a: [1, "é"] });
    assert.deepEqual(
      [body.contentType, body.whole, body.lengthBytes],
      ["application/json", '{"a":[1,"é"]}', 14],
    );
    const circle: unknown[] = [];
    circle.push(circle);
    for (const value of [undefined, () => {}, 1n, circle])
      assert.throws(() => jsonBody(value), isInvalid);
  });

  it("is a form of an object or of pairs, and a field may come several times", () => {
    assert.equal(formBody({ a: 1, b: ["x", 2], c: undefined, d: true }).whole, "a=1&b=x&b=2&d=true");
    assert.equal(
      formBody([
        ["a", "1"],
        ["a", "ü&="],
      ]).whole,
      "a=1&a=%C3%BC%26%3D",
    );
    assert.equal(formBody(new URLSearchParams("q=1")).whole, "q=1");
    assert.throws(() => formBody(null as never), isInvalid);
  });

  it("is nothing else, and the message says what to do", () => {
    for (const value of [{ a: 1 }, 42, null, undefined, true, () => {}])
      assert.throws(() => outgoingBody(value as never), { ...isInvalid, message: /jsonBody/ });
  });
});

describe("A body that is streamed", () => {
  it("comes from iterables of bytes and text, once", async () => {
    const generator = (async function* () {
      yield "one ";
      yield encode("two");
    })();
    const body = outgoingBody(generator);
    assert.deepEqual([body.lengthBytes, body.isRepeatable, body.contentType], [null, false, null]);
    assert.equal(await sent(body), "one two");
    assert.throws(() => body.chunks(), { code: "TSY_BODY_USED" });
    assert.equal(await sent(outgoingBody(new Set(["a", "b"]))), "ab");
  });

  it("of an array has a length, and can be sent again", async () => {
    const body = outgoingBody(["é", encode("bc")]);
    assert.deepEqual([body.lengthBytes, body.isRepeatable], [4, true]);
    assert.equal((await sent(body)) + (await sent(body)), "ébcébc");
  });

  it("comes from a byte stream, which is left open, and from the body of another message", async () => {
    await using stream = fromIterable(["abc"]);
    assert.equal(await sent(outgoingBody(stream)), "abc");
    assert.equal(stream.isAtEnd, true);
    const incoming = coming();
    deliver(incoming, "from ", "elsewhere");
    assert.equal(await sent(outgoingBody(incoming)), "from elsewhere");
  });

  it("comes from a web stream, which nobody else may be reading", async () => {
    const stream = new Response("hello").body;
    assert.ok(stream);
    const body = outgoingBody(stream);
    assert.equal(await sent(body), "hello");
    const locked = new ReadableStream();
    locked.getReader();
    assert.throws(() => outgoingBody(locked), { ...isInvalid, message: /locked/ });
  });

  it("comes from a blob, with its length and type, and can be sent again", async () => {
    const body = outgoingBody(new Blob(["hello"], { type: "image/png" }));
    assert.deepEqual([body.lengthBytes, body.isRepeatable, body.contentType], [5, true, "image/png"]);
    assert.equal((await sent(body)) + (await sent(body)), "hellohello");
    assert.equal(outgoingBody(new Blob(["x"])).contentType, null);
  });

  it("comes from a file, from its position on, up to its end as it was, and can be sent again", async () => {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/data`;
    await writeFile(path, `head${"x".repeat(100_000)}`);
    await using file = await openFile(path);
    await file.read(4);
    const body = outgoingBody(file);
    assert.deepEqual([body.lengthBytes, body.isRepeatable], [null, true]);
    await body.prepare();
    assert.equal(body.lengthBytes, 100_000);
    await writeFile(path, `head${"y".repeat(200_000)}`);
    assert.equal(await sent(body), "y".repeat(100_000));
    assert.equal((await sent(body)).length, 100_000);
    assert.equal(file.position, 4);
  });

  it("of a file that has become shorter breaks off, and says so", async () => {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/data`;
    await writeFile(path, "0123456789");
    await using file = await openFile(path);
    const body = outgoingBody(file);
    await body.prepare();
    await writeFile(path, "0123");
    await assert.rejects(sent(body), { code: "TSY_BODY_LENGTH", announcedBytes: 10 });
  });
});

describe("A body that will not be sent", () => {
  it("cancels its web stream, unless it was begun", async () => {
    const cancelled: string[] = [];
    const make = (name: string): ReadableStream<string> =>
      new ReadableStream({ cancel: () => void cancelled.push(name) });
    outgoingBody(make("first")).dispose();
    outgoingBody("text").dispose();
    outgoingBody(["a"]).dispose();
    await Promise.resolve();
    assert.deepEqual(cancelled, ["first"]);
  });

  it(
    "when the sending is cancelled ends its source, in the middle of a chunk too",
    virtual(async () => {
      const cancelled: unknown[] = [];
      const endless = new ReadableStream<string>({
        start: (controller) => controller.enqueue("first"),
        cancel: () => void cancelled.push("the web stream"),
      });
      const generator = async function* (): AsyncGenerator<string> {
        try {
          yield "first";
          await sleep(60_000);
        } finally {
          cancelled.push("the generator");
        }
      };
      for (const init of [endless, generator()]) {
        const wire = new Wire();
        assert.equal(await withTimeoutOr(5, () => sent(outgoingBody(init), wire), "late"), "late");
        assert.equal(wire.text, "5\r\nfirst\r\n");
      }
      assert.deepEqual(cancelled, ["the web stream", "the generator"]);
    }),
  );

  it(
    "fails with the error of its source, and is not ended",
    virtual(async () => {
      const broken = new Error("the disk is on fire");
      const wire = new Wire();
      const body = outgoingBody(
        (function* () {
          yield "one";
          throw broken;
        })(),
      );
      await withTaskGroup(() => assert.rejects(sent(body, wire), (error) => error === broken));
      assert.equal(wire.text, "3\r\none\r\n");
    }),
  );
});
