import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { sleep, withTaskGroup } from "../../../src/index.ts";
import { acceptedCodings } from "../../../src/http/body/content-codings.ts";
import { BodyTooLarge, type ContentCodingFailed } from "../../../src/http/body/errors.ts";
import { virtual } from "../../../src/testing.ts";
import { everyStep } from "../../every-step.ts";
import { code, coded, coders, noise } from "./coded.ts";
import { collect, cut, decode, deliver, encode, Feed } from "./feeding.ts";

const all = Object.entries(coders).flatMap(([coding, forms]) =>
  forms.map((form, index) => [`${coding}, form ${index + 1}`, coding, form] as const),
);
const text = "hello world, and other worlds. ".repeat(200);
const failure = (fault: string) => ({ code: "TSY_CONTENT_CODING", fault });

/** What a body in this coding gives when its bytes come in these pieces: its text, or its error. */
async function outcome(coding: string, pieces: readonly Uint8Array[]): Promise<unknown> {
  const { body, receiver } = coded(coding);
  deliver(receiver, ...pieces);
  return body.text().catch((error: unknown) => (error as ContentCodingFailed).fault);
}

describe("A coded body", () => {
  for (const [name, coding, form] of all)
    it(`in ${name} is decoded, whole and in any pieces, by one byte each too`, async () => {
      const bytes = form(encode(text));
      const { body } = coded(coding, { whole: bytes });
      assert.equal(await body.text(), text);
      for (const sizes of [[bytes.length], [1], [2, 1], [7, 30]])
        assert.equal(await outcome(coding, cut(bytes, sizes)), text);
    });

  it("of any content, in any pieces, is that content", async () => {
    const contents = fc.uint8Array({ maxLength: 3_000 });
    const sizes = fc.array(fc.nat(700), { minLength: 1, maxLength: 8 });
    const codings = fc.constantFrom("gzip", "deflate", "br", "zstd", "br, gzip", "zstd, zstd");
    await fc.assert(
      fc.asyncProperty(codings, contents, sizes, async (named, content, lengths) => {
        const bytes = named.split(", ").reduce<Uint8Array>((made, each) => code(each, made), content);
        const { body, receiver } = coded(named);
        deliver(receiver, ...cut(bytes, lengths));
        assert.deepEqual(await body.bytes(), content);
      }),
      { numRuns: 60 },
    );
  });

  it("in several codings is decoded in their order", async () => {
    const bytes = code("zstd", code("br", code("gzip", encode(text))));
    assert.equal(await outcome("gzip, br , ,Identity, ZSTD", cut(bytes, [5])), text);
    assert.equal(await coded("gzip, br, zstd", { whole: bytes }).body.text(), text);
  });

  it("that is empty is empty, whatever its coding", async () => {
    for (const [, coding] of all) {
      assert.equal(await outcome(coding, []), "");
      assert.equal(await coded(coding, { whole: encode("") }).body.text(), "");
    }
  });

  it("without a coding is the body itself", async () => {
    const { body, receiver } = coded("identity");
    assert.equal(receiver, body);
    deliver(receiver, text);
    assert.equal(await body.text(), text);
  });

  it("of several members of gzip, or frames of zstd, is all of them, wherever it is cut", async () => {
    for (const coding of ["gzip", "zstd"]) {
      const two = new Uint8Array([...code(coding, encode("one ")), ...code(coding, encode("two"))]);
      assert.equal(await coded(coding, { whole: two }).body.text(), "one two");
      for (const sizes of [[two.length], [1], [9, 4]])
        assert.equal(await outcome(coding, cut(two, sizes)), "one two");
    }
  });

  it("says nothing of its length, which is that of its code", async () => {
    const feed = new Feed({ announcedBytes: 10_000, maxBytes: 5 });
    const { body, receiver } = coded("gzip", { feed });
    deliver(receiver, code("gzip", encode("short")));
    assert.equal(await body.text(), "short");
  });

  it("tells the connection that it is wanted", () => {
    const feed = new Feed();
    const { body, receiver } = coded("gzip", { feed });
    void body.read().catch(() => {});
    assert.deepEqual(feed.calls, ["wanted"]);
    receiver.close(new Error("over"));
  });
});

describe("A code that is wrong", () => {
  it("is known to be cut off, wherever it is, in any pieces", async () => {
    for (const [name, coding, form] of all) {
      const bytes = form(noise(3_000));
      for (const length of [1, 2, 3, 10, 1_500, bytes.length - 5, bytes.length - 1])
        for (const sizes of [[length], [1_000]])
          assert.equal(
            await outcome(coding, cut(bytes.slice(0, length), sizes)),
            "truncated",
            `${name}, ${length}`,
          );
    }
  });

  it("is known to be none", async () => {
    const garbage = encode("this is no code of any kind, is it?");
    for (const [name, coding] of all) {
      assert.equal(await outcome(coding, [garbage]), "corrupt", name);
      await assert.rejects(coded(coding, { whole: garbage }).body.text(), failure("corrupt"));
    }
  });

  it("gives by the piece what came before", async () => {
    const bytes = code("gzip", noise(100_000));
    const { body, receiver } = coded("gzip");
    deliver(receiver, bytes.slice(0, 90_000));
    let read = 0;
    await assert.rejects(async () => {
      for await (const piece of body) read += piece.length;
    }, failure("truncated"));
    assert.ok(read > 50_000, `${read} bytes were read`);
  });

  it("in a coding that is not known, or in too many, makes reads fail, and nothing before", async () => {
    for (const codings of ["compress", "gzip, klingon", "gzip, gzip, gzip, gzip, gzip, gzip"]) {
      const { body, receiver } = coded(codings, { whole: null });
      deliver(receiver, "abc");
      await assert.rejects(body.text(), failure("unknown"));
    }
  });

  it("by a broken connection is that of the connection, after what came before", async () => {
    const lost = new Error("lost");
    const bytes = code("gzip", noise(100_000));
    const { body, receiver } = coded("gzip");
    receiver.arrived(bytes.slice(0, 90_000));
    receiver.failed(lost);
    let read = 0;
    await assert.rejects(
      async () => {
        for await (const piece of body) read += piece.length;
      },
      (error) => error === lost,
    );
    assert.ok(read > 50_000, `${read} bytes were read`);
  });
});

describe("A short code of an endless content", () => {
  const bomb = encode("0".repeat(4_000_000));

  it("is found out by its ratio, with little decoded, in each coding", async () => {
    for (const coding of ["gzip", "br", "zstd", "deflate"]) {
      const bytes = code(coding, bomb);
      const { body, receiver } = coded(coding);
      receiver.arrived(bytes);
      receiver.ended();
      let read = 0;
      await assert.rejects(async () => {
        for await (const piece of body) read += piece.length;
      }, BodyTooLarge);
      const most = Math.max(1_048_576, 200 * bytes.length);
      assert.ok(read <= most, `${read} bytes of ${coding} were decoded from ${bytes.length}`);
    }
  });

  it("is found out when it is hidden in another one", async () => {
    const { body, receiver } = coded("gzip, gzip");
    deliver(receiver, code("gzip", code("gzip", bomb)));
    await assert.rejects(body.bytes({ maxBytes: Infinity }), BodyTooLarge);
  });

  it("is stopped by a limit in bytes", async () => {
    const { body, receiver } = coded("gzip", { maxBytes: 1_000 });
    deliver(receiver, code("gzip", noise(1_001)));
    await assert.rejects(body.bytes(), { code: "TSY_BODY_TOO_LARGE", limitBytes: 1_000 });
    const short = coded("gzip", { maxBytes: 1_000, whole: code("gzip", noise(1_000)) });
    assert.equal((await short.body.bytes()).length, 1_000);
    const long = coded("gzip", { maxBytes: 1_000, whole: code("gzip", noise(1_001)) });
    await assert.rejects(long.body.bytes(), BodyTooLarge);
  });

  it("may be one where the limit says so", async () => {
    const { body, receiver } = coded("gzip", { maxRatio: Infinity });
    deliver(receiver, code("gzip", bomb));
    assert.equal((await body.bytes({ maxBytes: 4_000_000 })).length, 4_000_000);
  });

  it("holds the connection where it is, so that no more comes", async () => {
    const feed = new Feed();
    const { body, receiver } = coded("gzip", { feed });
    receiver.arrived(code("gzip", bomb));
    await assert.rejects(collect(body), BodyTooLarge);
    assert.equal(feed.isPaused, true);
  });
});

describe("Decoding", () => {
  it("is no faster than its reader, and the connection no faster than the decoding", async () => {
    const feed = new Feed();
    const content = noise(2_000_000);
    const bytes = code("gzip", content);
    const { body, receiver } = coded("gzip", { feed });
    let given = 0;
    const give = (): void => {
      for (; !feed.isPaused && given < bytes.length; given += 10_000)
        receiver.arrived(bytes.slice(given, given + 10_000));
      if (given >= bytes.length) receiver.ended();
    };
    give();
    assert.ok(given <= 200_000, `${given} bytes were taken at once`);
    let read = 0;
    for (;;) {
      const piece = await body.read();
      if (piece === null) break;
      read += piece.length;
      assert.ok(body.bufferedBytes < 200_000, `${body.bufferedBytes} bytes were decoded ahead`);
      if (!feed.isPaused && given < bytes.length) give();
    }
    assert.equal(read, content.length);
    assert.ok(feed.calls.filter((call) => call === "pause").length > 3);
  });

  it("leaves the connection alone once the message has come, for it may serve another", async () => {
    const feed = new Feed();
    const { body, receiver } = coded("gzip", { feed });
    const content = noise(1_000_000);
    receiver.arrived(code("gzip", content));
    receiver.ended();
    feed.calls.length = 0;
    assert.equal((await body.bytes({ maxBytes: 2_000_000 })).length, content.length);
    assert.deepEqual(feed.calls, ["wanted"]);
  });

  it("is given up with its message, in the middle of a code, and nothing comes of it any more", async () => {
    for (const coding of ["gzip", "br", "zstd", "deflate", "gzip, br"]) {
      const { body, receiver } = coded(coding);
      const bytes = coding.split(", ").reduce((content, each) => code(each, content), noise(500_000));
      receiver.arrived(bytes.slice(0, 300_000));
      await body.read(1);
      const over = new Error("over");
      const rest = body.bytes();
      receiver.close(over);
      receiver.arrived(bytes.slice(300_000));
      receiver.ended();
      await assert.rejects(rest, (error) => error === over);
      await assert.rejects(body.read(), (error) => error === over);
      assert.equal(body.bufferedBytes, 0);
    }
  });

  it("is told of in the field Accept-Encoding", () => {
    assert.equal(acceptedCodings(), "gzip, deflate, br, zstd");
  });
});

describe("In a simulation", () => {
  const any = fc.constantFrom("gzip", "deflate", "br", "zstd", "zstd, gzip");
  const lengths = fc.array(fc.nat(40), { minLength: 1, maxLength: 8 });

  it(
    "any split of a code gives the same content, and takes no real time",
    virtual(() =>
      fc.assert(
        fc.asyncProperty(any, fc.string({ maxLength: 400 }), lengths, async (coding, content, sizes) => {
          const bytes = coding.split(", ").reduce((made, each) => code(each, made), encode(content));
          const { body, receiver } = coded(coding);
          await withTaskGroup(async (group) => {
            group.spawn(async () => {
              for (const piece of cut(bytes, sizes)) {
                receiver.arrived(piece);
                await sleep(1);
              }
              receiver.ended();
            });
            assert.deepEqual(await body.bytes(), encode(content));
          });
        }),
        { numRuns: 40 },
      ),
    ),
  );

  it(
    "a code that is cut off is one, and a wrong one is wrong",
    virtual(async () => {
      const bytes = code("gzip", encode(text));
      assert.equal(await outcome("gzip", [bytes.slice(0, 40)]), "truncated");
      assert.equal(await outcome("gzip", [encode("garbage, garbage")]), "corrupt");
      const brotli = code("br", encode(text));
      assert.equal(await outcome("br", [brotli.slice(0, brotli.length - 1)]), "truncated");
    }),
  );

  it(
    "a read that is cancelled at any step takes nothing",
    everyStep(async (step) => {
      const bytes = code("br", encode("one, two, three"));
      const { body, receiver } = coded("br");
      let got = "";
      await withTaskGroup(async (group) => {
        const attempt = group.spawn(() => step.attempt(() => body.read(4)));
        receiver.arrived(bytes.slice(0, 8));
        await sleep(1);
        deliver(receiver, bytes.slice(8));
        const read = await attempt.join();
        if (!read.cancelled && read.value !== null) got += decode(read.value);
      });
      assert.equal(got + (await body.text()), "one, two, three");
    }),
  );
});
