import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ByteQueue } from "../../../src/io/stream/byte-queue.ts";
import { LineBatch } from "../../../src/io/stream/line-batch.ts";
import { checkSeparators, endOfFirst } from "../../../src/io/stream/separators.ts";
import { InvalidArgument } from "../../../src/index.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (characters: string): Uint8Array => new TextEncoder().encode(characters);

describe("ByteQueue", () => {
  it("gives a chunk on as it came, without copying it", () => {
    const queue = new ByteQueue();
    const chunk = bytes("hello");
    queue.push(chunk);
    assert.equal(queue.takeChunk(Infinity), chunk);
    assert.equal(queue.size, 0);
  });

  it("takes part of a chunk and leaves the rest", () => {
    const queue = new ByteQueue();
    queue.push(bytes("hello"));
    assert.equal(text(queue.takeChunk(2)), "he");
    assert.equal(text(queue.takeChunk(9)), "llo");
  });

  it("forgets empty chunks", () => {
    const queue = new ByteQueue();
    queue.push(new Uint8Array(0));
    queue.push(bytes("a"));
    queue.push(new Uint8Array(0));
    assert.equal(text(queue.take(1)), "a");
    assert.equal(queue.size, 0);
  });

  it("does not write into chunks that it has given on when more comes", () => {
    const queue = new ByteQueue();
    queue.push(bytes("ab"));
    queue.push(bytes("cd"));
    const first = queue.take(3);
    queue.push(bytes("efgh"));
    assert.equal(text(queue.joined()), "defgh");
    assert.equal(text(first), "abc");
  });

  it("copies bytes that come one by one only a few times each", () => {
    const queue = new ByteQueue();
    const buffers = new Set<ArrayBufferLike>();
    for (let i = 0; i < 10_000; i++) {
      queue.push(Uint8Array.of(i));
      buffers.add(queue.joined().buffer);
    }
    assert.equal(queue.size, 10_000);
    assert.ok(buffers.size < 20, `${buffers.size} buffers`);
  });

  it("holds few arrays for many small chunks that wait, and gives on none that it will write to", () => {
    const queue = new ByteQueue();
    for (let i = 0; i < 20_000; i++) queue.push(Uint8Array.of(i));
    const taken: Uint8Array[] = [];
    while (queue.size > 0) {
      taken.push(queue.takeChunk(3_000));
      queue.push(Uint8Array.of(0));
      queue.push(Uint8Array.of(1));
      if (queue.size > 100) continue;
      taken.push(queue.take(queue.size));
    }
    assert.ok(taken.length < 30, `${taken.length} pieces`);
    const all = taken.flatMap((piece) => Array.from(piece));
    for (let i = 0; i < 20_000; i++) assert.equal(all[i], i % 256);
    assert.deepEqual(
      all.slice(20_000),
      all.slice(20_000).map((_, i) => i % 2),
    );
  });

  it("gives out what went in, whatever is taken in whatever way", () => {
    const step = fc.oneof(
      fc.record({ push: fc.uint8Array({ maxLength: 20 }) }),
      fc.record({ take: fc.nat(30), how: fc.constantFrom("take", "chunk", "into", "drop") }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ByteQueue();
        let model: number[] = [];
        for (const one of steps) {
          if ("push" in one) {
            queue.push(one.push.slice());
            model.push(...one.push);
          } else {
            const count = Math.min(one.take, queue.size);
            let taken: number[] = [];
            if (one.how === "drop") {
              queue.drop(count);
              taken = model.slice(0, count);
            } else if (one.how === "take") taken = [...queue.take(count)];
            else if (one.how === "into") {
              const target = new Uint8Array(one.take);
              taken = [...target.subarray(0, queue.takeInto(target))];
            } else if (queue.size > 0 && one.take > 0) taken = [...queue.takeChunk(one.take)];
            assert.deepEqual(taken, model.slice(0, taken.length));
            model = model.slice(taken.length);
          }
          assert.equal(queue.size, model.length);
        }
        assert.deepEqual([...queue.joined()], model);
      }),
    );
  });
});

describe("A search for separators", () => {
  const find = (haystack: string, separators: string[], from = 0): number =>
    endOfFirst(bytes(haystack), checkSeparators(separators), from);

  it("finds where the first one ends", () => {
    assert.equal(find("ab\r\ncd\r\n", ["\r\n"]), 4);
    assert.equal(find("abc", ["d"]), -1);
    assert.equal(find("aab", ["ab"]), 3);
  });

  it("lets that of several win which ends first", () => {
    assert.equal(find("one;two,", [",", ";"]), 4);
    assert.equal(find("xaby", ["ab", "a"]), 2);
  });

  it("finds one that began before the place from which it looks", () => {
    assert.equal(find("ab\r\n", ["\r\n"], 3), 4);
    assert.equal(find("a---b", ["---"], 3), 4);
  });

  it("refuses none, and an empty one", () => {
    assert.throws(() => checkSeparators([]), InvalidArgument);
    assert.throws(() => checkSeparators(""), InvalidArgument);
    assert.throws(() => checkSeparators(["a", ""]), InvalidArgument);
    assert.throws(() => checkSeparators(7 as never), InvalidArgument);
  });
});

describe("LineBatch", () => {
  function linesOf(input: string): { queue: ByteQueue; lines: LineBatch } {
    const queue = new ByteQueue();
    queue.push(bytes(input));
    return { queue, lines: new LineBatch(queue) };
  }

  it("gives lines without their ends, and leaves the unfinished one", () => {
    const { queue, lines } = linesOf("one\r\n\ntwo\nthr");
    assert.deepEqual(
      [lines.take(99), lines.take(99), lines.take(99), lines.take(99)],
      ["one", "", "two", null],
    );
    assert.equal(text(queue.joined()), "thr");
    assert.equal(lines.takeLast(), "thr");
    assert.equal(lines.takeLast(), null);
  });

  it("leaves the bytes of the lines that nobody took in the queue", () => {
    const { queue, lines } = linesOf("a\nbb\r\nccc\nd");
    assert.equal(lines.take(99), "a");
    assert.equal(lines.take(99), "bb");
    lines.settle();
    assert.equal(text(queue.joined()), "ccc\nd");
    assert.equal(lines.take(99), "ccc");
  });

  it("gives no line that is longer than the limit, its end included", () => {
    const { lines } = linesOf("1234\n12345\n");
    assert.equal(lines.take(5), "1234");
    assert.equal(lines.take(5), null);
    assert.equal(lines.take(6), "12345");
  });

  it("heeds a lower limit than that under which lines were decoded", () => {
    const { lines } = linesOf("a\nbbbb\n");
    assert.equal(lines.take(99), "a");
    assert.equal(lines.take(3), null);
    assert.equal(lines.take(99), "bbbb");
  });
});
