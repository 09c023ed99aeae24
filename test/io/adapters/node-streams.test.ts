/** Streams of `node:stream` on one side, byte streams on the other. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, connect as netConnect, type AddressInfo, type Socket } from "node:net";
import { Duplex, PassThrough, Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { createGunzip, createGzip, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { InvalidArgument, until, withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import { NodeTransport } from "../../../src/io/adapters/node-transport.ts";
import { currentRuntime } from "../../../src/lowlevel.ts";
import { ConnectionReset, fromNodeStream, StreamClosed, toNodeStream } from "../../../src/io.ts";
import { memoryPipe, virtual } from "../../../src/testing.ts";

const EVENTS = ["data", "end", "error", "close", "drain", "finish"];

function listenersOf(stream: Duplex | Readable | Writable): number {
  return EVENTS.reduce((sum, event) => sum + stream.listenerCount(event), 0);
}

/** A connection on loopback, as two sockets of the platform. */
async function sockets(): Promise<{ near: Socket; far: Socket; end: () => Promise<void> }> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const near = netConnect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const [[far]] = await Promise.all([once(server, "connection"), once(near, "connect")]);
  return {
    near,
    far: far as Socket,
    end: async () => {
      near.destroy();
      (far as Socket).destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 12 });
const joined = (chunks: readonly Uint8Array[]): Buffer => Buffer.concat(chunks);

describe("fromNodeStream", () => {
  it("gives and takes the same bytes for any split", async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (chunks) => {
        const through = new PassThrough();
        const before = listenersOf(through);
        const stream = fromNodeStream(through);
        await withTaskGroup(async (group) => {
          group.spawn(async () => {
            for (const chunk of chunks) {
              await stream.write(chunk);
              chunk.slice().fill(0);
            }
            await stream.end();
          });
          assert.deepEqual(Buffer.from(await stream.readAll()), joined(chunks));
        });
        await stream.close();
        assert.equal(listenersOf(through), before);
      }),
      { numRuns: 40 },
    );
  });

  it("delivers nothing from within a call, in the order of the events", async () => {
    const through = new PassThrough();
    const transport = new NodeTransport(through, currentRuntime());
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const seen: string[] = [];
    let isCalling = false;
    const saw = (what: string): void => {
      assert.equal(isCalling, false, `${what} from within a call`);
      if (seen.at(-1) !== what) seen.push(what);
    };
    const call = (fn: () => unknown): void => {
      isCalling = true;
      fn();
      isCalling = false;
    };
    call(() =>
      transport.start({
        arrived: () => saw("arrived"),
        ended: () => saw("ended"),
        drained: () => saw("drained"),
        closed: () => {
          saw("closed");
          resolve();
        },
      }),
    );
    // Once it flows, it gives what is written before the write returns.
    for (let n = 0; n < 3; n++) {
      await new Promise((next) => setImmediate(next));
      call(() => transport.write(new Uint8Array(8)));
      call(() => transport.pause());
      call(() => transport.resume());
    }
    call(() => transport.end());
    await closed;
    assert.equal(seen[0], "arrived");
    assert.deepEqual(seen.slice(-1), ["closed"]);
    assert.ok(seen.indexOf("ended") > 0);
  });

  it("takes what is written: the array may be changed at once", async () => {
    const through = new PassThrough();
    await using stream = fromNodeStream(through);
    const array = new TextEncoder().encode("hello");
    await stream.write(array);
    array.fill(0);
    await stream.end();
    assert.equal(await stream.readText(), "hello");
  });

  it("stops the source while nobody reads, and goes on afterwards", async () => {
    let made = 0;
    const source = new Readable({
      highWaterMark: 1_024,
      read() {
        made++;
        setImmediate(() => this.push(made > 1_000 ? null : new Uint8Array(1_024)));
      },
    });
    await using stream = fromNodeStream(source);
    assert.equal((await stream.readExactly(1_024)).length, 1_024);
    await until(once(source, "pause"));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(made < 80, `${made} KiB were made`);
    assert.equal((await stream.readAll()).length, 999 * 1_024);
  });

  it("holds a writer up until a slow sink has taken its bytes; a cancelled write is told by bytesWritten", async () => {
    const taken: Array<() => void> = [];
    let bytes = 0;
    const sink = new Writable({
      highWaterMark: 4,
      write(chunk: Uint8Array, _encoding, done) {
        bytes += chunk.length;
        taken.push(done);
      },
    });
    const stream = fromNodeStream(sink);
    const late = await withTimeoutOr(5, () => stream.write("12345"), "late");
    assert.equal(late, "late");
    assert.equal(stream.bytesWritten, 5);
    assert.equal(await withTimeoutOr(5, () => stream.write("never"), "late"), "late");
    assert.equal(stream.bytesWritten, 5);
    taken.shift()?.();
    await stream.flush();
    const last = stream.write("6");
    await last;
    const closing = stream.close();
    taken.shift()?.();
    await closing;
    assert.equal(bytes, 6);
    assert.equal(sink.writableFinished, true);
    assert.equal(listenersOf(sink), 0);
  });

  it("waits at its close for what a transform flushes last", async () => {
    const gzip = createGzip();
    const packed: Uint8Array[] = [];
    const sink = new PassThrough();
    gzip.pipe(sink).on("data", (chunk: Uint8Array) => packed.push(chunk));
    const flushed = once(sink, "end");
    // Only the writable side of it is ours; its output is piped.
    const input = new Writable({
      write: (chunk, _encoding, done) => void gzip.write(chunk, () => done()),
      final: (done) => void gzip.end(() => done()),
    });
    const stream = fromNodeStream(input);
    await stream.write("hello");
    await stream.close();
    assert.equal(input.writableFinished, true);
    await flushed;
    assert.equal(gunzipSync(joined(packed)).toString(), "hello");
  });

  it("does not destroy a stream before it has flushed", async () => {
    const order: string[] = [];
    const slow = new Writable({
      write: (_chunk, _encoding, done) => done(),
      final: (done) =>
        void setImmediate(() => {
          order.push("flushed");
          done();
        }),
      destroy: (error, done) => {
        order.push("destroyed");
        done(error);
      },
    });
    const stream = fromNodeStream(slow);
    await stream.write("x");
    await stream.close();
    assert.deepEqual(order, ["flushed", "destroyed"]);
  });

  it("gives a reset with the error as its cause, after the data that came before", async () => {
    const through = new PassThrough();
    const stream = fromNodeStream(through);
    await stream.write("before");
    assert.equal(Buffer.from((await stream.read()) ?? []).toString(), "before");
    const error = new Error("broken");
    const reading = stream.read();
    through.destroy(error);
    await assert.rejects(reading, (found: unknown) => {
      assert.ok(found instanceof ConnectionReset);
      return found.cause === error;
    });
    await assert.rejects(stream.write("after"), ConnectionReset);
    await stream.close();
    assert.equal(listenersOf(through), 0);
  });

  it("takes no destruction for the end of the data", async () => {
    const through = new PassThrough();
    await using stream = fromNodeStream(through);
    const reading = stream.read();
    through.destroy();
    await assert.rejects(reading, /closed before its data had ended/);
  });

  it("tells of a stream that was destroyed, or has ended, before it is taken over", async () => {
    const dead = new PassThrough().on("error", () => {});
    const closed = new Promise((resolve) => dead.once("close", resolve));
    dead.destroy(new Error("dead"));
    await closed;
    await using stream = fromNodeStream(dead);
    await assert.rejects(stream.read(), ConnectionReset);

    const over = Readable.from([]);
    over.resume();
    await once(over, "end");
    await using ended = fromNodeStream(over);
    assert.equal(await ended.read(), null);
  });

  it("works one way: nothing to read from a writable, no write to a readable", async () => {
    await using output = fromNodeStream(new Writable({ write: (_chunk, _encoding, done) => done() }));
    assert.equal(await output.read(), null);
    await using input = fromNodeStream(Readable.from([Buffer.from("a"), "b"]));
    assert.throws(() => void input.write("x"), InvalidArgument);
    assert.equal(await input.readText(), "ab");
  });

  it("counts what is neither bytes nor text as an error of the stream", async () => {
    await using stream = fromNodeStream(Readable.from([42]));
    await assert.rejects(stream.read(), (error: unknown) => {
      return error instanceof ConnectionReset && error.cause instanceof InvalidArgument;
    });
  });

  it("closes a stream that never says so", async () => {
    const silent = new PassThrough({ emitClose: false, autoDestroy: false });
    const stream = fromNodeStream(silent);
    await stream.write("x");
    await stream.close();
    assert.equal(silent.destroyed, true);
  });

  it(
    "counts a stream as closed that does not close within 5 s, and hears its late errors for nobody",
    virtual(async (time) => {
      let late: (error: Error | null) => void = () => {};
      const stuck = new Duplex({
        read() {},
        write: (_chunk, _encoding, done) => done(),
        destroy: (_error, done) => {
          late = done;
        },
      });
      const stream = fromNodeStream(stuck);
      const before = time.now();
      await stream.close();
      assert.equal(time.now() - before, 5_000);
      late(new Error("late"));
      await until(new Promise((resolve) => stuck.once("close", resolve)));
    }),
  );

  it("keeps what a socket has sent when it is closed", async () => {
    const { near, far, end } = await sockets();
    const stream = fromNodeStream(near);
    await stream.write("x".repeat(500_000));
    const closing = stream.close();
    let bytes = 0;
    far.on("data", (chunk: Uint8Array) => void (bytes += chunk.length));
    await once(far, "end");
    await closing;
    assert.equal(bytes, 500_000);
    await end();
  });

  it("refuses what is no stream", () => {
    assert.throws(() => fromNodeStream({} as never), InvalidArgument);
    assert.throws(() => fromNodeStream(null as never), InvalidArgument);
  });

  it("is half closed on a socket: it ends, and reads on", async () => {
    const { near, far, end } = await sockets();
    const before = listenersOf(near);
    const stream = fromNodeStream(near);
    await stream.write("question");
    await stream.end();
    const heard: Uint8Array[] = [];
    far.on("data", (chunk: Uint8Array) => heard.push(chunk));
    await once(far, "end");
    assert.equal(joined(heard).toString(), "question");
    far.end("answer");
    assert.equal(await stream.readText(), "answer");
    await stream.close();
    assert.ok(listenersOf(near) <= before);
    await end();
  });

  it("tells a socket's peer of an abort", async () => {
    const { near, far, end } = await sockets();
    const stream = fromNodeStream(near);
    const failed = new Promise<NodeJS.ErrnoException>((resolve) => far.on("error", resolve));
    far.resume();
    stream.abort();
    assert.equal((await failed).code, "ECONNRESET");
    await stream.close();
    await end();
  });

  it("unpacks through a transform of the platform", async () => {
    const gzip = createGzip();
    gzip.end("hello\nworld\n");
    await using stream = fromNodeStream(gzip.pipe(createGunzip()));
    const lines: string[] = [];
    for await (const line of stream.lines()) lines.push(line);
    assert.deepEqual(lines, ["hello", "world"]);
  });
});

describe("toNodeStream", () => {
  it("gives and takes the same bytes for any split, and closes the stream when both have ended", async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (chunks) => {
        const [left, right] = memoryPipe();
        const duplex = toNodeStream(right, Duplex);
        const closed = once(duplex, "close");
        await withTaskGroup(async (group) => {
          group.spawn(async () => {
            for (const chunk of chunks) await left.write(chunk);
            await left.end();
          });
          duplex.pipe(duplex);
          assert.deepEqual(Buffer.from(await left.readAll()), joined(chunks));
        });
        await closed;
        await assert.rejects(right.read(), StreamClosed);
        await left.close();
      }),
      { numRuns: 40 },
    );
  });

  it("reads no further ahead than its high-water mark, and holds up the peer", async () => {
    const [left, right] = memoryPipe(1_024);
    const duplex = toNodeStream(right, Duplex);
    let written = 0;
    const outcome = await withTimeoutOr(
      50,
      async () => {
        for (;;) {
          await left.write(new Uint8Array(1_024));
          written++;
        }
      },
      "held up",
    );
    assert.equal(outcome, "held up");
    assert.ok(written <= 300, `${written} KiB`);
    duplex.destroy();
    await once(duplex, "close");
    await left.close();
  });

  it("holds a writer up until the stream has taken its bytes", async () => {
    const [left, right] = memoryPipe(1_024);
    const duplex = toNodeStream(right, Duplex);
    let isDone = false;
    duplex.write(new Uint8Array(200_000), () => {
      isDone = true;
    });
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isDone, false);
    duplex.end();
    assert.equal((await left.readAll()).length, 200_000);
    assert.equal(isDone, true);
    duplex.resume();
    await left.close();
    await once(duplex, "close");
  });

  it("aborts the stream when it is destroyed, also while it reads", async () => {
    const [left, right] = memoryPipe();
    const duplex = toNodeStream(right, Duplex);
    duplex.on("error", () => {});
    duplex.resume();
    await new Promise((resolve) => setImmediate(resolve));
    duplex.destroy(new Error("enough"));
    await assert.rejects(left.read(), ConnectionReset);
    await assert.rejects(right.read(), StreamClosed);
    await left.close();
  });

  it("closes the stream, and cuts nothing, when it is destroyed after its end", async () => {
    const [left, right] = memoryPipe();
    const duplex = toNodeStream(right, Duplex);
    duplex.end("last words");
    await once(duplex, "finish");
    duplex.destroy();
    assert.equal(await left.readText(), "last words");
    await left.close();
  });

  it("gives a lost connection the code ECONNRESET", async () => {
    const [left, right] = memoryPipe();
    const duplex = toNodeStream(right, Duplex);
    const failed = new Promise<NodeJS.ErrnoException>((resolve) => duplex.on("error", resolve));
    duplex.resume();
    left.abort();
    const error = await failed;
    assert.equal(error.code, "ECONNRESET");
    assert.ok(error.cause instanceof ConnectionReset);
    await left.close();
  });

  it("goes there and back: a duplex of a stream of a duplex", async () => {
    const through = new PassThrough();
    const duplex = toNodeStream(fromNodeStream(through), Duplex);
    duplex.end("round");
    assert.equal(await text(duplex), "round");
  });

  it("refuses what is no stream, and no class", () => {
    const [left, right] = memoryPipe();
    assert.throws(() => toNodeStream({} as never, Duplex), InvalidArgument);
    assert.throws(() => toNodeStream(left, null as never), InvalidArgument);
    left.abort();
    right.abort();
  });
});
