/** Web streams on one side, byte streams on the other. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { InvalidArgument, withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import { ConnectionReset, fromWebStream, StreamClosed, toWebStreams } from "../../../src/io.ts";
import { memoryPipe, virtual } from "../../../src/testing.ts";

const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 12 });
const joined = (chunks: readonly Uint8Array[]): Buffer => Buffer.concat(chunks);
const identity = (): TransformStream<Uint8Array, Uint8Array> => new TransformStream();
const turns = async (n: number): Promise<void> => {
  for (let turn = 0; turn < n; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe("fromWebStream", () => {
  it("gives and takes the same bytes for any split, and releases its locks", async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (chunks) => {
        const transform = identity();
        await using stream = fromWebStream(transform);
        await withTaskGroup(async (group) => {
          group.spawn(async () => {
            for (const chunk of chunks) await stream.write(chunk);
            await stream.end();
          });
          assert.deepEqual(Buffer.from(await stream.readAll()), joined(chunks));
        });
        await stream.close();
        assert.equal(transform.readable.locked, false);
        assert.equal(transform.writable.locked, false);
      }),
      { numRuns: 40 },
    );
  });

  it("stops the source while nobody reads, and goes on afterwards", async () => {
    let made = 0;
    const readable = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (made++ < 1_000) controller.enqueue(new Uint8Array(1_024));
        else controller.close();
      },
    });
    await using stream = fromWebStream({ readable });
    await stream.readExactly(1_024);
    await turns(20);
    assert.ok(made < 80, `${made} KiB were made`);
    assert.equal((await stream.readAll()).length, 999 * 1_024);
  });

  it("holds a writer up until the sink has taken its bytes", async () => {
    const taken: Array<() => void> = [];
    const writable = new WritableStream<Uint8Array>({
      write: () => new Promise<void>((resolve) => taken.push(resolve)),
    });
    const stream = fromWebStream({ writable });
    assert.equal(await stream.read(), null);
    assert.equal(await withTimeoutOr(5, () => stream.write("12345"), "late"), "late");
    assert.equal(await withTimeoutOr(5, () => stream.write("never"), "late"), "late");
    assert.equal(stream.bytesWritten, 5);
    taken.shift()?.();
    await stream.flush();
    await stream.close();
    assert.equal(writable.locked, false);
  });

  it("cancels and aborts what it was given when it is aborted", async () => {
    const told: string[] = [];
    const readable = new ReadableStream<Uint8Array>({ cancel: () => void told.push("cancelled") });
    const writable = new WritableStream<Uint8Array>({ abort: () => void told.push("aborted") });
    const stream = fromWebStream({ readable, writable });
    stream.abort();
    await stream.close();
    assert.deepEqual(told.sort(), ["aborted", "cancelled"]);
  });

  it("closes the writable after what was written, and cancels the readable", async () => {
    const told: string[] = [];
    const readable = new ReadableStream<Uint8Array>({ cancel: () => void told.push("cancelled") });
    const writable = new WritableStream<Uint8Array>({
      write: (chunk) => void told.push(new TextDecoder().decode(chunk)),
      close: () => void told.push("closed"),
      abort: () => void told.push("aborted"),
    });
    const stream = fromWebStream({ readable, writable });
    await stream.write("last");
    await stream.close();
    assert.deepEqual(told, ["last", "closed", "cancelled"]);
  });

  it("gives a reset with the error as its cause, whichever of the two fails", async () => {
    const error = new Error("broken");
    let fail: (error: unknown) => void = () => {};
    const readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        fail = (reason) => controller.error(reason);
      },
    });
    await using stream = fromWebStream({ readable });
    const reading = stream.read();
    fail(error);
    await assert.rejects(reading, (found: unknown) => {
      return found instanceof ConnectionReset && found.cause === error;
    });

    const writable = new WritableStream<Uint8Array>({ write: () => Promise.reject(error) });
    await using output = fromWebStream({ writable, readable: new ReadableStream() });
    const waiting = assert.rejects(output.read(), (found: unknown) => {
      return found instanceof ConnectionReset && found.cause === error;
    });
    await output.write("x").catch(() => {});
    await waiting;
  });

  it(
    "counts streams as closed that do not take note of it within 5 s",
    virtual(async (time) => {
      const readable = new ReadableStream<Uint8Array>({ cancel: () => new Promise(() => {}) });
      const stream = fromWebStream({ readable });
      const before = time.now();
      await stream.close();
      assert.equal(time.now() - before, 5_000);
      assert.equal(readable.locked, false);
    }),
  );

  it("refuses locked streams and what are none", () => {
    const { readable } = identity();
    readable.getReader();
    assert.throws(() => fromWebStream({ readable }), /locked/);
    assert.throws(() => fromWebStream({}), InvalidArgument);
    assert.throws(() => fromWebStream({ readable: {} as never }), InvalidArgument);
  });
});

describe("toWebStreams", () => {
  it("gives and takes the same bytes for any split, and closes the stream when both are done", async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (chunks) => {
        const [left, right] = memoryPipe();
        const { readable, writable } = toWebStreams(right);
        await withTaskGroup(async (group) => {
          group.spawn(async () => {
            for (const chunk of chunks) await left.write(chunk);
            await left.end();
          });
          const piping = readable.pipeTo(writable);
          assert.deepEqual(Buffer.from(await left.readAll()), joined(chunks));
          await piping;
        });
        await turns(1);
        await assert.rejects(right.read(), StreamClosed);
        await left.close();
      }),
      { numRuns: 40 },
    );
  });

  it("reads nothing before it is asked to, and holds up the peer", async () => {
    const [left, right] = memoryPipe(16);
    const { readable } = toWebStreams(right);
    assert.equal(await withTimeoutOr(20, () => left.write(new Uint8Array(200_000)), "late"), "late");
    await readable.cancel();
    left.abort();
    right.abort();
  });

  it("loses no byte to a reader that gave up", async () => {
    const [left, right] = memoryPipe();
    const { readable } = toWebStreams(right);
    const reader = readable.getReader();
    const reading = reader.read();
    await turns(1);
    await reader.cancel();
    assert.equal((await reading).done, true);
    await left.write("kept");
    assert.equal(Buffer.from((await right.read()) ?? []).toString(), "kept");
    await left.close();
    await right.close();
  });

  it("aborts the stream when the writable is aborted, also while a write waits", async () => {
    const [left, right] = memoryPipe(16);
    const { readable, writable } = toWebStreams(right);
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    const writing = writer.write(new Uint8Array(64));
    writing.catch(() => {});
    const reading = readable.getReader().read();
    reading.catch(() => {});
    await turns(1);
    await writer.abort(new Error("enough"));
    await assert.rejects(writing);
    await assert.rejects(reading, StreamClosed);
    await assert.rejects(left.readAll(), ConnectionReset);
    await left.close();
  });

  it("passes a lost connection on to both", async () => {
    const [left, right] = memoryPipe();
    const { readable, writable } = toWebStreams(right);
    left.abort();
    await assert.rejects(readable.getReader().read(), ConnectionReset);
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    await assert.rejects(writer.write("x"), ConnectionReset);
    await left.close();
    await right.close();
  });

  it("takes text, and refuses what is neither text nor bytes", async () => {
    const [left, right] = memoryPipe();
    const { writable } = toWebStreams(right);
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    await writer.write("text");
    assert.equal(Buffer.from((await left.read()) ?? []).toString(), "text");
    await assert.rejects(writer.write(42 as never), InvalidArgument);
    left.abort();
    right.abort();
  });
});
