import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { LineTooLong } from "../../../src/io/files/errors.ts";
import { LineSplitter } from "../../../src/io/files/line-splitter.ts";

const encoder = new TextEncoder();

interface Cut {
  readonly lines: string[];
  readonly overrun: LineTooLong | null;
  readonly rest: Uint8Array;
}

/** Cuts bytes that come in blocks of these sizes, the last of them again and again. */
function cut(bytes: Uint8Array, sizes: readonly number[], limitBytes: number = Infinity): Cut {
  const splitter = new LineSplitter("x", limitBytes);
  const lines: string[] = [];
  const left = [...sizes];
  for (let at = 0; at < bytes.length && splitter.overrun === null;) {
    const size = (left.length > 1 ? left.shift() : left[0]) ?? 1;
    splitter.push(bytes.slice(at, at + size));
    at += size;
    lines.push(...splitter.takeAll());
  }
  if (splitter.overrun === null) {
    splitter.end();
    lines.push(...splitter.takeAll());
  }
  return { lines, overrun: splitter.overrun, rest: splitter.rest() };
}

/** What lines are, said in another way: the text is cut where it was decoded as a whole. */
function linesOf(bytes: Uint8Array): string[] {
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

const text = fc
  .array(fc.constantFrom("a", "ü", "€", "😀", "\n", "\r\n", "\r", "\uFEFF", " ", "line"), {
    maxLength: 60,
  })
  .map((parts) => encoder.encode(parts.join("")));
const noText = fc
  .array(fc.constantFrom(10, 13, 97, 0xc3, 0xe2, 0x82, 0xf0, 0x9f, 0xff, 0xef, 0xbb, 0xbf), {
    maxLength: 60,
  })
  .map((bytes) => Uint8Array.from(bytes));
const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 10 });

describe("LineSplitter", () => {
  it("makes the same lines of the same text, however it is cut into blocks", () => {
    fc.assert(
      fc.property(text, sizes, (bytes, blocks) => {
        assert.deepEqual(cut(bytes, blocks).lines, linesOf(bytes));
      }),
    );
  });

  it("makes the same lines of bytes that are no UTF-8, however they are cut into blocks", () => {
    fc.assert(
      fc.property(noText, sizes, (bytes, blocks) => {
        const whole = cut(bytes, [1_000]).lines;
        assert.deepEqual(cut(bytes, blocks).lines, whole);
        assert.equal(whole.join("").includes("\n"), false);
      }),
    );
  });

  it("stops before the first line that is too long, names its place, and keeps its bytes", () => {
    fc.assert(
      fc.property(text, sizes, fc.integer({ min: 1, max: 12 }), (bytes, blocks, limit) => {
        const { lines, overrun, rest } = cut(bytes, blocks, limit);
        const starts = [0];
        for (const [at, byte] of bytes.entries()) if (byte === 10) starts.push(at + 1);
        const lengths = starts.map((start, line) => (starts[line + 1] ?? bytes.length + 1) - 1 - start);
        const long = lengths.findIndex((length) => length > limit);
        if (long === -1) {
          assert.deepEqual([lines, overrun], [linesOf(bytes), null]);
          return;
        }
        assert.deepEqual(lines, linesOf(bytes.slice(0, starts[long])));
        assert.deepEqual([overrun?.line, overrun?.offsetBytes], [long + 1, starts[long]]);
        assert.deepEqual(rest, bytes.slice(starts[long], starts[long]! + rest.length));
        assert.ok(rest.length > limit);
      }),
    );
  });

  it("gives back the bytes that were not taken as lines, at any moment", () => {
    fc.assert(
      fc.property(text, sizes, fc.nat({ max: 30 }), (bytes, blocks, taken) => {
        const splitter = new LineSplitter("x", Infinity);
        const lines: string[] = [];
        let at = 0;
        for (const size of blocks) {
          if (lines.length === taken || at >= bytes.length) break;
          splitter.push(bytes.slice(at, at + size));
          at = Math.min(at + size, bytes.length);
          while (splitter.hasLines && lines.length < taken) lines.push(splitter.take());
        }
        const unread = splitter.unreadBytes;
        const rest = splitter.rest();
        assert.equal(unread, rest.length);
        assert.deepEqual(rest, bytes.slice(at - rest.length, at));
        assert.deepEqual(lines, linesOf(bytes.slice(0, at - rest.length)));
        assert.equal(splitter.unreadBytes, 0);
      }),
    );
  });

  it("drops a byte order mark at the very beginning, and nowhere else", () => {
    const bytes = encoder.encode("\uFEFFa\n\uFEFFb\n");
    assert.deepEqual(cut(bytes, [1]).lines, ["a", "\uFEFFb"]);
    const later = new LineSplitter("x", Infinity, 100);
    later.push(bytes);
    assert.deepEqual(later.takeAll(), ["\uFEFFa", "\uFEFFb"]);
  });

  it("takes a line of many blocks in time that grows with its length", () => {
    const splitter = new LineSplitter("x", Infinity);
    const block = new Uint8Array(1_000).fill(97);
    for (let n = 0; n < 20_000; n++) splitter.push(block);
    splitter.end();
    assert.equal(splitter.take().length, 20_000_000);
  });
});
