import assert from "node:assert/strict";
import { describe, it } from "node:test";
import zlib from "node:zlib";
import fc from "fast-check";
import { ZstdFrames } from "../../../src/http/body/zstd-frames.ts";
import { code, coded, noise } from "./coded.ts";
import { cut, deliver, encode } from "./feeding.ts";

const { constants } = zlib;

const withParams = (content: Uint8Array, params: Record<number, number>): Uint8Array =>
  new Uint8Array(zlib.zstdCompressSync(content, { params }));

/** Frames of many shapes: of all kinds of headers and blocks, with a checksum and without, empty ones, and two to be skipped. */
const frames: readonly Uint8Array[] = [
  code("zstd", encode("")),
  code("zstd", encode("short")),
  code("zstd", new Uint8Array(300_000)),
  code("zstd", noise(300_000)),
  withParams(noise(1_000), { [constants.ZSTD_c_checksumFlag]: 1 }),
  withParams(encode("abc".repeat(200)), { [constants.ZSTD_c_contentSizeFlag]: 0 }),
  withParams(new Uint8Array(70_000), {
    [constants.ZSTD_c_checksumFlag]: 1,
    [constants.ZSTD_c_windowLog]: 12,
  }),
  Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3),
  Uint8Array.of(0x5f, 0x2a, 0x4d, 0x18, 0, 0, 0, 0),
];

/** Where frames end in a code that comes in these pieces. */
function endsIn(pieces: readonly Uint8Array[]): number[] {
  const passed = new ZstdFrames();
  const ends: number[] = [];
  let offset = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      at = passed.pass(piece, at);
      if (passed.isComplete) ends.push(offset + at);
    }
    offset += piece.length;
  }
  return ends;
}

describe("The frames of a zstd code", () => {
  it("are found wherever it is cut, and none is found elsewhere", () => {
    const indices = fc.array(fc.nat(frames.length - 1), { minLength: 1, maxLength: 5 });
    const lengths = fc.array(fc.oneof(fc.nat(9), fc.nat(200_000)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(indices, lengths, (chosen, sizes) => {
        const parts = chosen.map((index) => frames[index] ?? encode(""));
        const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
        const ends: number[] = [];
        let at = 0;
        for (const part of parts) {
          const start = at;
          bytes.set(part, at);
          at += part.length;
          // Some platforms end a code with an empty frame.
          ends.push(...endsIn([part]).map((end) => start + end));
          assert.equal(ends.at(-1), at);
        }
        const pieces = sizes.every((size) => size < 100)
          ? cut(bytes.slice(0, 5_000), sizes)
          : cut(bytes, sizes);
        const known = pieces.reduce((total, piece) => total + piece.length, 0);
        assert.deepEqual(
          endsIn(pieces),
          ends.filter((end) => end <= known),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("are none where the code is none", () => {
    const first = code("zstd", encode("short"));
    for (const bytes of [
      encode("this is no code"),
      // A block of the kind that is reserved.
      Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 0x07, 0, 0),
      new Uint8Array([...first, ...encode("behind it")]),
    ]) {
      const passed = new ZstdFrames();
      for (let at = 0; at < bytes.length;) at = passed.pass(bytes, at);
      assert.deepEqual([passed.isBroken, passed.isComplete], [true, false]);
    }
  });

  it("are decoded one after the other, and those to be skipped are skipped", async () => {
    const skipped = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
    const bytes = new Uint8Array([
      ...code("zstd", encode("one ")),
      ...skipped,
      ...code("zstd", encode("two")),
    ]);
    for (const sizes of [[bytes.length], [1], [11]]) {
      const { body, receiver } = coded("zstd");
      deliver(receiver, ...cut(bytes, sizes));
      assert.equal(await body.text(), "one two");
    }
  });

  it("that something else follows are a broken code, on every platform", async () => {
    const { body, receiver } = coded("zstd");
    deliver(receiver, new Uint8Array([...code("zstd", encode("one")), 1, 2, 3, 4, 5]));
    await assert.rejects(body.text(), { code: "TSY_CONTENT_CODING", fault: "corrupt" });
  });
});
