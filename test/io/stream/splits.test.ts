/** Whatever pieces bytes come in, and wherever a read is cancelled, what is read is the same. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { sleep, withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import { lengthPrefixed, UnexpectedEnd, type ByteStream } from "../../../src/io.ts";
import { memoryPipe, virtual } from "../../../src/testing.ts";

/** Texts with many ends of lines in them. */
const texts = fc.string({
  unit: fc.constantFrom("a", "é", "🎈", "\n", "\r", "\r\n", ";", "x".repeat(40)),
  maxLength: 60,
});
const pieces = fc.array(fc.nat(12), { minLength: 1, maxLength: 20 });
const limits = fc.array(fc.nat(3), { minLength: 1, maxLength: 10 });

/** Sends `bytes` in pieces of the given lengths, over and over, a millisecond apart. */
async function send(stream: ByteStream, bytes: Uint8Array, lengths: readonly number[]): Promise<void> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = Math.max(1, lengths[i % lengths.length]!);
    await stream.write(bytes.subarray(at, at + length));
    at += length;
    await sleep(1);
  }
  await stream.end();
}

/** Reads with `next` until it gives null, each time under a limit that may pass, and gives all it got. */
async function readAll<T>(next: () => Promise<T | null>, limitsMs: readonly number[]): Promise<T[]> {
  const got: T[] = [];
  for (let i = 0; ; i++) {
    const limit = limitsMs[i % limitsMs.length]!;
    const result = await withTimeoutOr(limit === 0 ? Infinity : limit, next, "late" as const);
    if (result === null) return got;
    if (result !== "late") got.push(result);
  }
}

/** What is read of `bytes` by `reader`, for any split and any cancellation. */
function anySplit<T>(
  make: (text: string) => Uint8Array,
  reader: (stream: ByteStream) => () => Promise<T | null>,
  expected: (text: string) => T[],
): () => Promise<void> {
  return virtual(async () => {
    await fc.assert(
      fc.asyncProperty(texts, pieces, limits, async (text, lengths, limitsMs) => {
        const [left, right] = memoryPipe();
        await withTaskGroup(async (group) => {
          group.spawn(() => send(left, make(text), lengths));
          assert.deepEqual(await readAll(reader(right), limitsMs), expected(text));
        });
      }),
      { numRuns: 60 },
    );
  });
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  return text.endsWith("\n") || text === "" ? lines.slice(0, -1) : lines;
}

describe("Any split of the bytes, and any cancellation,", () => {
  it(
    "gives the same lines",
    anySplit(encode, (stream) => () => stream.readLine(), linesOf),
  );

  it(
    "gives the same lines in a loop",
    anySplit(
      encode,
      (stream) => async () => {
        for await (const line of stream.lines()) return line;
        return null;
      },
      linesOf,
    ),
  );

  it(
    "gives the same pieces between separators",
    anySplit(
      (text) => encode(`${text};`),
      (stream) => async () => {
        try {
          return decode(await stream.readUntil([";", "\r\n"]));
        } catch (error) {
          if (error instanceof UnexpectedEnd && error.partial.length === 0) return null;
          throw error;
        }
      },
      (text) => `${text};`.match(/[^]*?(?:;|\r\n)/g) ?? [],
    ),
  );

  it(
    "gives the same frames",
    anySplit(
      (text) => {
        const frames = Array.from(text, (character) => lengthPrefixed.encode(encode(character)));
        return new Uint8Array(frames.flatMap((frame) => [...frame]));
      },
      (stream) => {
        const frames = stream.frames(lengthPrefixed.decode);
        return async () => {
          const { done, value } = await frames.next();
          return done === true ? null : decode(value);
        };
      },
      (text) => Array.from(text),
    ),
  );
});
