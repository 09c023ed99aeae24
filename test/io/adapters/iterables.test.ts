/** From iterables to streams, and from streams to streams. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { InvalidArgument, sleep, withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import { ConnectionReset, copy, fromIterable, StreamClosed, writeAll } from "../../../src/io.ts";
import { memoryPipe, virtual } from "../../../src/testing.ts";
import { everyStep } from "../../every-step.ts";

const pieces = fc.array(fc.uint8Array({ minLength: 0, maxLength: 40 }), { maxLength: 12 });
const joined = (chunks: readonly Uint8Array[]): Buffer => Buffer.concat(chunks);
const numbered = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at % 251);

/** Gives the chunks a millisecond apart, and notes that it was told to end. */
async function* slowly(
  chunks: Iterable<Uint8Array | string>,
  ended: string[] = [],
): AsyncGenerator<Uint8Array | string> {
  try {
    for (const chunk of chunks) {
      await sleep(1);
      yield chunk;
    }
  } finally {
    ended.push("ended");
  }
}

describe("fromIterable", () => {
  it(
    "gives the same bytes for any split, sync or async",
    virtual(async () => {
      await fc.assert(
        fc.asyncProperty(pieces, fc.boolean(), async (chunks, isAsync) => {
          await using stream = fromIterable(isAsync ? slowly(chunks) : chunks);
          assert.deepEqual(Buffer.from(await stream.readAll()), joined(chunks));
          assert.equal(await stream.read(), null);
        }),
        { numRuns: 40 },
      );
    }),
  );

  it(
    "copies what it is given: the iterable may use its array again",
    virtual(async () => {
      const array = new Uint8Array(2);
      await using stream = fromIterable(
        (function* () {
          for (let n = 1; n <= 3; n++) yield array.fill(n);
        })(),
      );
      assert.deepEqual([...(await stream.readAll())], [1, 1, 2, 2, 3, 3]);
    }),
  );

  it(
    "reads ahead no more than 64 KiB",
    virtual(async (time) => {
      let made = 0;
      await using stream = fromIterable(
        (function* () {
          for (; made < 1_000; made++) yield new Uint8Array(1_024);
        })(),
      );
      await time.settled();
      assert.ok(made <= 65, `${made} KiB were made`);
      assert.equal((await stream.readAll()).length, 1_000 * 1_024);
    }),
  );

  it(
    "tells the iterable to end when the stream is closed, and when its scope is left",
    virtual(async () => {
      const ended: string[] = [];
      const stream = fromIterable(slowly(["a", "b", "c"], ended));
      assert.equal(Buffer.from((await stream.read()) ?? []).toString(), "a");
      await stream.close();
      assert.deepEqual(ended, ["ended"]);
      await assert.rejects(stream.read(), StreamClosed);

      const left = await withTaskGroup(async () => {
        const inner = fromIterable(slowly(["a", "b", "c"], ended));
        await inner.read();
        return inner;
      });
      assert.deepEqual(ended, ["ended", "ended"]);
      await assert.rejects(left.readAll(), ConnectionReset);
      await left.close();
    }),
  );

  it(
    "gives a reset with the error as its cause, after what came before",
    virtual(async () => {
      const error = new Error("broken");
      await using stream = fromIterable(
        (function* () {
          yield "before";
          throw error;
        })(),
      );
      assert.equal(Buffer.from((await stream.read()) ?? []).toString(), "before");
      await assert.rejects(stream.read(), (found: unknown) => {
        return found instanceof ConnectionReset && found.cause === error;
      });
    }),
  );

  it(
    "closes an iterable that does not end within 5 s",
    virtual(async (time) => {
      const stuck: AsyncIterable<string> = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<never>(() => {}),
          return: () => new Promise<never>(() => {}),
        }),
      };
      const stream = fromIterable(stuck);
      assert.equal(await withTimeoutOr(1, () => stream.read(), "late"), "late");
      const before = time.now();
      await stream.close();
      assert.equal(time.now() - before, 5_000);
    }),
  );

  it(
    "loses no byte to a cancelled read at any step",
    everyStep(async (step) => {
      await using stream = fromIterable(slowly(["ab", "cd", "ef"]));
      const outcome = await step.attempt(() => stream.readExactly(4));
      const first = outcome.cancelled ? "" : Buffer.from(outcome.value).toString();
      assert.equal(first + (await stream.readText()), "abcdef");
    }),
  );

  it("refuses text, bytes, and what cannot be iterated over", () => {
    for (const wrong of ["text", new Uint8Array(2), null, 42, {}])
      assert.throws(() => fromIterable(wrong as never), InvalidArgument);
  });
});

describe("copy", () => {
  it(
    "gives the same bytes for any split, and how many",
    virtual(async () => {
      await fc.assert(
        fc.asyncProperty(pieces, async (chunks) => {
          const [left, right] = memoryPipe(16);
          await using source = fromIterable(slowly(chunks));
          const all = joined(chunks);
          await withTaskGroup(async (group) => {
            group.spawn(async () => {
              assert.equal(await copy(source, left), all.length);
              await left.end();
            });
            assert.deepEqual(Buffer.from(await right.readAll()), all);
          });
          await left.close();
          await right.close();
        }),
        { numRuns: 30 },
      );
    }),
  );

  it(
    "reads no more than the target takes",
    virtual(async () => {
      const [left, right] = memoryPipe(1_024);
      await using source = fromIterable([numbered(64), numbered(100_000), numbered(100_000)]);
      assert.equal(await withTimeoutOr(10, () => copy(source, left), "held up"), "held up");
      assert.ok(left.bytesWritten <= 100_064, `${left.bytesWritten} bytes`);
      right.abort();
      left.abort();
      await left.close();
    }),
  );

  it(
    "loses no byte when it is cancelled at any step: a second copy goes on",
    everyStep(async (step) => {
      const [near, left] = memoryPipe(8);
      const [right, far] = memoryPipe(8);
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          for (let at = 0; at < 40; at += 5) await near.write(numbered(40).subarray(at, at + 5));
          await near.end();
        });
        group.spawn(async () => {
          await step.attempt(() => copy(left, right));
          await copy(left, right);
          await right.end();
        });
        assert.deepEqual([...(await far.readAll())], [...numbered(40)]);
      });
      for (const stream of [near, left, right, far]) await stream.close();
    }),
  );

  it(
    "throws what the streams throw",
    virtual(async () => {
      const [near, left] = memoryPipe();
      const [right, far] = memoryPipe();
      near.abort();
      await assert.rejects(copy(left, right), ConnectionReset);
      right.abort();
      await assert.rejects(copy(left, right), StreamClosed);
      for (const stream of [near, left, right, far]) await stream.close();
    }),
  );
});

describe("writeAll", () => {
  it(
    "writes the chunks of any iterable, and tells it to end where the stream fails",
    virtual(async () => {
      const [left, right] = memoryPipe();
      assert.equal(await writeAll(left, ["é", new Uint8Array([33])]), 3);
      assert.equal(await writeAll(left, slowly(["a", "b"])), 2);
      await left.end();
      assert.equal(await right.readText(), "é!ab");
      const ended: string[] = [];
      await assert.rejects(writeAll(left, slowly(["c"], ended)), StreamClosed);
      assert.deepEqual(ended, ["ended"]);
      await left.close();
      await right.close();
    }),
  );

  it(
    "has written what bytesWritten says when it is cancelled at any step",
    everyStep(async (step) => {
      const [left, right] = memoryPipe(4);
      const ended: string[] = [];
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          await step.attempt(() => writeAll(left, slowly(["abc", "def", "ghi"], ended)));
          await left.end();
        });
        const all = await right.readText();
        assert.equal(all, "abcdefghi".slice(0, left.bytesWritten));
        assert.ok(ended.length === 1 || left.bytesWritten === 0);
      });
      await left.close();
      await right.close();
    }),
  );

  it(
    "stops waiting for a foreign iterator when it is cancelled",
    virtual(async () => {
      const [left, right] = memoryPipe();
      const stuck: AsyncIterable<string> = {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
      };
      assert.equal(await withTimeoutOr(1, () => writeAll(left, stuck), "late"), "late");
      left.abort();
      right.abort();
    }),
  );

  it("refuses wrong arguments", async () => {
    const [left, right] = memoryPipe();
    await assert.rejects(writeAll(left, "text" as never), InvalidArgument);
    await assert.rejects(writeAll({} as never, []), InvalidArgument);
    await assert.rejects(copy(left, {} as never), InvalidArgument);
    left.abort();
    right.abort();
  });
});
