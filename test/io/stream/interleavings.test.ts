/** Steps that come close upon each other: between what wakes a task and the task itself, and in scopes that are over. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Queue, withCancelScope, withTaskGroup } from "../../../src/index.ts";
import { ByteStream, ConnectionReset, lengthPrefixed, toWebStreams } from "../../../src/io.ts";
import type { Transport, TransportSink } from "../../../src/io/stream/transport.ts";
import { memoryPipe, virtual } from "../../../src/testing.ts";

/** A transport that does nothing by itself: what it takes is never handed on, unless the test says so. */
class HandTransport implements Transport {
  readonly local = { name: "here" };
  readonly remote = { name: "there" };
  readonly tls = null;
  readonly heard: string[] = [];
  unsentBytes = 0;
  sink: TransportSink | null = null;
  onPause: () => void = () => {};

  writeText(text: string): boolean {
    return this.write(new TextEncoder().encode(text));
  }

  start(sink: TransportSink): void {
    this.sink = sink;
  }

  write(bytes: Uint8Array): boolean {
    this.heard.push(`write ${bytes.length}`);
    this.unsentBytes += bytes.length;
    return false;
  }

  pause(): void {
    this.onPause();
  }

  resume(): void {}

  end(): void {
    this.heard.push("end");
  }

  destroy(): void {
    this.heard.push("destroy");
    queueMicrotask(() => this.sink?.closed(null));
  }

  keepAlive(): void {}

  drain(): void {
    this.unsentBytes = 0;
    this.sink?.drained();
  }
}

describe("A byte stream, between two steps", () => {
  it(
    "fails a write whose bytes were taken in its turn when the connection is lost in the same step",
    virtual(async () => {
      const transport = new HandTransport();
      const stream = new ByteStream(transport);
      await withTaskGroup(async (group) => {
        group.spawn(() => stream.write("first"));
        group.spawn(() => assert.rejects(stream.write("second"), ConnectionReset));
        transport.drain();
        assert.deepEqual(transport.heard, ["write 5", "write 6"]);
        transport.sink?.closed(new Error("gone"));
      });
    }),
  );

  it(
    "ends once, and lets every end wait until that has been handed on",
    virtual(async (time) => {
      const transport = new HandTransport();
      const stream = new ByteStream(transport);
      const ended: string[] = [];
      await withTaskGroup(async (group) => {
        group.spawn(() => stream.write("first"));
        group.spawn(() => stream.write("second"));
        const one = group.spawn(async () => {
          await stream.end();
          ended.push("one");
        });
        group.spawn(async () => {
          await stream.end();
          ended.push("other");
        });
        transport.drain();
        await time.settled();
        assert.deepEqual(ended, [], "the second write is still in the way");
        one.cancel("not needed");
        transport.drain();
        await time.settled();
        assert.deepEqual(transport.heard, ["write 5", "write 6", "end"]);
      });
      assert.deepEqual(ended, ["other"]);
      await stream.close();
    }),
  );

  it(
    "tells the transport to pause only when a cancellation has reached all waits",
    virtual(async (time) => {
      const transport = new HandTransport();
      const stream = new ByteStream(transport);
      const queue = new Queue<string>({ capacity: 1 });
      let paused = false;
      transport.onPause = () => {
        paused = true;
        queue.tryPut("kept");
      };
      await withCancelScope((scope) =>
        withTaskGroup(async (group) => {
          group.spawn(() => stream.readExactly(200_000));
          group.spawn(() => queue.get());
          transport.sink?.arrived(new Uint8Array(100_000));
          await time.settled();
          scope.cancel("enough");
        }),
      );
      assert.ok(paused);
      assert.equal(queue.tryGet(), "kept", "nobody waited any more");
      stream.abort();
      await stream.close();
    }),
  );
});

describe("A cancelled web stream over a byte stream", () => {
  it("leaves in the stream what comes in the very step", async () => {
    const transport = new HandTransport();
    const stream = new ByteStream(transport);
    const reader = toWebStreams(stream).readable.getReader();
    const reading = reader.read();
    await new Promise(setImmediate);
    transport.sink?.arrived(new TextEncoder().encode("hello"));
    const cancelling = reader.cancel();
    assert.equal((await reading).done, true);
    await cancelling;
    assert.equal(stream.stats().bufferedBytes, 5);
    stream.abort();
    await stream.close();
  });
});

/** How many reads there are before the event loop has gone round; at most `most`. */
async function readsInOneTurn(read: () => Promise<unknown>, most: number): Promise<number> {
  let wentRound = false;
  setImmediate(() => (wentRound = true));
  let reads = 0;
  while (!wentRound && reads < most) {
    await read();
    reads++;
  }
  return reads;
}

describe("Reads of what is there", () => {
  const reads: ReadonlyArray<readonly [string, (stream: ByteStream) => () => Promise<unknown>]> = [
    ["read", (stream) => () => stream.read(5)],
    ["readExactly", (stream) => () => stream.readExactly(5)],
    ["readInto", (stream) => () => stream.readInto(new Uint8Array(5))],
    ["readUntil", (stream) => () => stream.readUntil("\n")],
    ["readLine", (stream) => () => stream.readLine()],
    [
      "frames",
      (stream) => {
        const frames = stream.frames(lengthPrefixed.decode);
        return () => frames.next();
      },
    ],
  ];
  for (const [name, readingOf] of reads)
    it(`let the event loop go round: ${name}`, async () => {
      const [left, right] = memoryPipe();
      await left.write(frames(10_000));
      while (right.stats().bufferedBytes < 50_000) await new Promise(setImmediate);
      assert.ok((await readsInOneTurn(readingOf(right), 10_000)) < 10_000);
      right.abort();
      left.abort();
      await right.close();
      await left.close();
    });

  it("let the event loop go round at the end of the data", async () => {
    const [left, right] = memoryPipe();
    await left.close();
    assert.equal(await right.readLine(), null);
    for (const read of [
      () => right.readLine(),
      () => right.readInto(new Uint8Array(1)),
      () => right.readAll(),
    ])
      assert.ok((await readsInOneTurn(read, 10_000)) < 10_000);
    await right.close();
  });
});

/** So many frames of one byte, each of which is a line as well. */
function frames(count: number): Uint8Array {
  const all = new Uint8Array(5 * count);
  for (let at = 0; at < count; at++) all.set([0, 0, 0, 1, 10], 5 * at);
  return all;
}
