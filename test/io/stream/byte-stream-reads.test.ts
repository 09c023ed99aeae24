import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgument, sleep, withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import {
  lengthPrefixed,
  LimitOverrun,
  StreamBusy,
  UnexpectedEnd,
  type ByteStream,
} from "../../../src/io.ts";
import { assertCancellationPoint, memoryPipe, virtual } from "../../../src/testing.ts";
import { everyStep } from "../../every-step.ts";

const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : new TextDecoder().decode(bytes);

/** A stream that has been sent `data`, and its end. */
async function sent(...data: string[]): Promise<ByteStream> {
  const [left, right] = memoryPipe();
  for (const piece of data) await left.write(piece);
  await left.end();
  return right;
}

describe("ByteStream.read", () => {
  it(
    "gives what has come, and null at the end of the data, as often as it is asked",
    virtual(async () => {
      const stream = await sent("hello");
      assert.equal(text(await stream.read()), "hello");
      assert.equal(await stream.read(), null);
      assert.equal(await stream.read(), null);
    }),
  );

  it(
    "gives at most what it is asked for, and leaves the rest",
    virtual(async () => {
      const stream = await sent("hello");
      assert.equal(text(await stream.read(2)), "he");
      assert.equal(text(await stream.read(9)), "llo");
    }),
  );

  it(
    "gives a waiting reader at most what it asked for",
    virtual(async () => {
      const [left, right] = memoryPipe();
      await withTaskGroup((group) => {
        group.spawn(async () => {
          assert.equal(text(await right.read(3)), "abc");
          assert.equal(text(await right.read(3)), "d");
        });
        group.spawn(() => left.write("abcd"));
      });
    }),
  );

  it(
    "reads into a given buffer, and says how far; 0 at the end",
    virtual(async () => {
      const stream = await sent("hello", " world");
      const target = new Uint8Array(8);
      let whole = "";
      for (let bytes = await stream.readInto(target); bytes > 0; bytes = await stream.readInto(target))
        whole += text(target.subarray(0, bytes));
      assert.equal(whole, "hello world");
    }),
  );

  it(
    "refuses a second reader, and serves the first",
    virtual(async () => {
      const [left, right] = memoryPipe();
      await withTaskGroup((group) => {
        group.spawn(async () => assert.equal(text(await right.readExactly(2)), "ok"));
        group.spawn(async () => {
          await assert.rejects(right.read(), StreamBusy);
          await assert.rejects(right.readLine(), StreamBusy);
          await assert.rejects(right.readInto(new Uint8Array(1)), StreamBusy);
          await left.write("o");
          await assert.rejects(right.readUntil("\n"), StreamBusy);
          await left.write("k");
        });
      });
    }),
  );

  it(
    "serves the next reader when the one that waited has been cancelled",
    virtual(async () => {
      const [left, right] = memoryPipe();
      assert.equal(await withTimeoutOr(5, () => right.read(), "late"), "late");
      assert.equal(await withTimeoutOr(5, () => right.readExactly(3), "late"), "late");
      await left.write("abc");
      assert.equal(text(await right.read()), "abc");
    }),
  );

  it(
    "is a cancellation point even where data is there",
    virtual(async () => {
      const [left, right] = memoryPipe();
      await left.write("a\n");
      await assertCancellationPoint(() => right.read());
      await assertCancellationPoint(() => right.readLine());
      await assertCancellationPoint(() => right.readExactly(1));
      await assertCancellationPoint(() => right.readUntil("\n"));
      await assertCancellationPoint(() => right.readAll());
      await assertCancellationPoint(() => right.readInto(new Uint8Array(1)));
      await assertCancellationPoint(() => left.write("x"));
      await assertCancellationPoint(() => left.end());
      await assertCancellationPoint(() => left.flush());
      assert.equal(text(await right.readExactly(2)), "a\n");
    }),
  );

  it(
    "loses no byte when it is cancelled at any step",
    everyStep(async (step) => {
      const [left, right] = memoryPipe();
      let whole = "";
      await withTaskGroup((group) => {
        group.spawn(async () => {
          for (const piece of ["ab", "cd", "ef"]) {
            await left.write(piece);
            await sleep(1);
          }
          await left.end();
        });
        group.spawn(async () => {
          const outcome = await step.attempt(() => right.readExactly(5));
          if (!outcome.cancelled) whole += text(outcome.value);
          whole += text(await right.readAll());
        });
      });
      assert.equal(whole, "abcdef");
    }),
  );
});

describe("ByteStream.readExactly", () => {
  it(
    "gives just so many bytes, whatever they came in",
    virtual(async () => {
      const stream = await sent("a", "bc", "def");
      assert.equal(text(await stream.readExactly(2)), "ab");
      assert.equal(text(await stream.readExactly(0)), "");
      assert.equal(text(await stream.readExactly(4)), "cdef");
    }),
  );

  it(
    "says what came when the data ends before",
    virtual(async () => {
      const stream = await sent("abc");
      await assert.rejects(stream.readExactly(4), (error) => {
        assert.ok(error instanceof UnexpectedEnd);
        assert.equal(text(error.partial), "abc");
        return true;
      });
      assert.equal(await stream.read(), null);
    }),
  );

  it("refuses what is no count", () => {
    const [, right] = memoryPipe();
    for (const bytes of [-1, 1.5, NaN, Infinity, "1" as never])
      assert.throws(() => right.readExactly(bytes), InvalidArgument);
    assert.throws(() => right.read(0), InvalidArgument);
    assert.throws(() => right.read(NaN), InvalidArgument);
    assert.throws(() => right.readInto([] as never), InvalidArgument);
  });
});

describe("ByteStream.readUntil", () => {
  it(
    "gives the bytes up to and including the separator",
    virtual(async () => {
      const stream = await sent("one;tw", "o;;three");
      assert.equal(text(await stream.readUntil(";")), "one;");
      assert.equal(text(await stream.readUntil(";")), "two;");
      assert.equal(text(await stream.readUntil(Uint8Array.of(59))), ";");
    }),
  );

  it(
    "finds a separator that came in parts",
    virtual(async () => {
      const [left, right] = memoryPipe();
      await withTaskGroup((group) => {
        group.spawn(async () => assert.equal(text(await right.readUntil("--end--")), "data--e--end--"));
        group.spawn(async () => {
          for (const piece of ["data--", "e-", "-en", "d-", "-x"]) {
            await left.write(piece);
            await sleep(1);
          }
        });
      });
      assert.equal(text(await right.read()), "x");
    }),
  );

  it(
    "lets that of several separators win which ends first",
    virtual(async () => {
      const stream = await sent("a\r\nb\nc");
      assert.equal(text(await stream.readUntil(["\n", "\r\n"])), "a\r\n");
      assert.equal(text(await stream.readUntil(["\r\n", "\n"])), "b\n");
    }),
  );

  it(
    "leaves everything where it was when the limit is overrun",
    virtual(async () => {
      const stream = await sent("12345;6");
      await assert.rejects(stream.readUntil(";", { maxBytes: 5 }), (error) => {
        assert.ok(error instanceof LimitOverrun);
        assert.equal(error.limitBytes, 5);
        return true;
      });
      assert.equal(text(await stream.readUntil(";", { maxBytes: 6 })), "12345;");
    }),
  );

  it(
    "overruns its limit as soon as no separator can come within it, not before",
    virtual(async () => {
      const [left, right] = memoryPipe();
      await left.write("1234");
      assert.equal(await withTimeoutOr(5, () => right.readUntil(";", { maxBytes: 5 }), "late"), "late");
      await left.write("5");
      await assert.rejects(right.readUntil(";", { maxBytes: 5 }), LimitOverrun);
    }),
  );

  it(
    "has a limit of 64 KiB unless it is given one",
    virtual(async () => {
      const most = "x".repeat(65_535);
      assert.equal((await (await sent(`${most}\n`)).readUntil("\n")).length, 65_536);
      await assert.rejects((await sent(`${most}x\n`)).readUntil("\n"), LimitOverrun);
      assert.equal((await (await sent(`${most}\n`)).readLine())?.length, 65_535);
      await assert.rejects((await sent(`${most}x\n`)).readLine(), LimitOverrun);
    }),
  );

  it(
    "says what came when the data ends before a separator",
    virtual(async () => {
      const stream = await sent("abc");
      await assert.rejects(
        stream.readUntil("\n"),
        (error) => error instanceof UnexpectedEnd && text(error.partial) === "abc",
      );
      await assert.rejects(
        stream.readUntil("\n"),
        (error) => error instanceof UnexpectedEnd && error.partial.length === 0,
      );
    }),
  );
});

describe("ByteStream.readLine and lines", () => {
  it(
    "give lines without their ends, the last one also without an end, and then null",
    virtual(async () => {
      const stream = await sent("one\r\n\ntwo\nthree");
      assert.deepEqual(
        [await stream.readLine(), await stream.readLine(), await stream.readLine()],
        ["one", "", "two"],
      );
      assert.equal(await stream.readLine(), "three");
      assert.equal(await stream.readLine(), null);
    }),
  );

  it(
    "put characters together that came in parts, and replace what is no UTF-8",
    virtual(async () => {
      const [left, right] = memoryPipe();
      const euro = new TextEncoder().encode("€\n");
      await withTaskGroup((group) => {
        group.spawn(async () => {
          for (const byte of euro) await left.write(Uint8Array.of(byte));
          await left.write(Uint8Array.of(0xff, 10));
          await left.end();
        });
        group.spawn(async () => {
          const lines: string[] = [];
          for await (const line of right.lines()) lines.push(line);
          assert.deepEqual(lines, ["€", "\ufffd"]);
        });
      });
    }),
  );

  it(
    "leave the rest in the stream when the loop is left",
    virtual(async () => {
      const stream = await sent("one\ntwo\nthree\nfour");
      for await (const line of stream.lines()) if (line === "two") break;
      assert.equal(text(await stream.readExactly(3)), "thr");
      assert.equal(await stream.readLine(), "ee");
      assert.equal(text(await stream.readAll()), "four");
    }),
  );

  it(
    "can take turns with every other read",
    virtual(async () => {
      const stream = await sent("a\nb\nc\nd\ne\nf\n");
      assert.equal(await stream.readLine(), "a");
      assert.equal(text(await stream.read(2)), "b\n");
      assert.equal(await stream.readLine(), "c");
      assert.equal(text(await stream.readUntil("\n")), "d\n");
      assert.equal(await stream.readLine(), "e");
      assert.equal(stream.stats().bufferedBytes, 2);
      const target = new Uint8Array(9);
      assert.equal(await stream.readInto(target), 2);
    }),
  );

  it(
    "leave an over-long line in the stream, to be read in another way",
    virtual(async () => {
      const stream = await sent("short\nfar too long\nnext\n");
      assert.equal(await stream.readLine({ maxBytes: 8 }), "short");
      await assert.rejects(stream.readLine({ maxBytes: 8 }), LimitOverrun);
      assert.equal(await stream.readLine(), "far too long");
      assert.equal(await stream.readLine({ maxBytes: 8 }), "next");
    }),
  );

  it(
    "come by the array too, as many as have come, and nothing is lost between the two ways",
    virtual(async () => {
      const stream = await sent("one\ntwo\r\nthree\nfour\nlast");
      assert.equal(await stream.readLine(), "one");
      const batches: string[][] = [];
      for await (const lines of stream.lineBatches()) batches.push(lines);
      assert.deepEqual(batches, [["two", "three", "four"], ["last"]]);
      const long = await sent("1234\n12345\n");
      assert.deepEqual((await long.lineBatches({ maxBytes: 5 }).next()).value, ["1234"]);
      await assert.rejects(long.lineBatches({ maxBytes: 5 }).next(), LimitOverrun);
      assert.deepEqual((await long.lineBatches().next()).value, ["12345"]);
    }),
  );

  it(
    "lose no line when the loop is cancelled at any step",
    everyStep(async (step) => {
      const [left, right] = memoryPipe();
      const seen: string[] = [];
      await withTaskGroup((group) => {
        group.spawn(async () => {
          await left.write("1\n2\n3");
          await sleep(1);
          await left.write("\n4\n");
          await left.end();
        });
        group.spawn(async () => {
          await step.attempt(async () => {
            for await (const line of right.lines()) seen.push(line);
          });
          for await (const line of right.lines()) seen.push(line);
        });
      });
      assert.deepEqual(seen, ["1", "2", "3", "4"]);
    }),
  );
});

describe("ByteStream.frames", () => {
  const frame = (content: string): Uint8Array => lengthPrefixed.encode(new TextEncoder().encode(content));

  it(
    "gives each frame, empty ones too",
    virtual(async () => {
      const [left, right] = memoryPipe();
      const frames: Array<string | null> = [];
      for (const content of ["hello", "", "world"]) await left.write(frame(content));
      await left.end();
      for await (const one of right.frames(lengthPrefixed.decode)) frames.push(text(one));
      assert.deepEqual(frames, ["hello", "", "world"]);
    }),
  );

  it(
    "says so when the data ends inside a frame",
    virtual(async () => {
      const [left, right] = memoryPipe();
      await left.write(frame("hello").subarray(0, 7));
      await left.end();
      await assert.rejects(async () => {
        for await (const _ of right.frames(lengthPrefixed.decode)) assert.fail("no frame is complete");
      }, UnexpectedEnd);
    }),
  );

  it(
    "takes nothing of a frame that is over the limit",
    virtual(async () => {
      const [left, right] = memoryPipe();
      await left.write(frame("hello"));
      await left.end();
      const frames = right.frames(lengthPrefixed.decode, { maxBytes: 8 });
      await assert.rejects(frames.next(), LimitOverrun);
      assert.equal(
        text((await right.frames(lengthPrefixed.decode, { maxBytes: 9 }).next()).value!),
        "hello",
      );
    }),
  );

  it(
    "refuses a decoder that finds an impossible frame",
    virtual(async () => {
      const stream = await sent("abc");
      for (const bytes of [0, -1, 4, 1.5, NaN])
        await assert.rejects(stream.frames(() => ({ bytes, value: 1 })).next(), RangeError);
      assert.equal(text(await stream.read()), "abc");
    }),
  );
});
