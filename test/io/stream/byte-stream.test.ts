import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  InvalidArgument,
  sleep,
  TimeoutError,
  withCancelScope,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
} from "../../../src/index.ts";
import { ConnectionReset, StreamClosed, type ByteStream } from "../../../src/io.ts";
import { memoryPipe, virtual } from "../../../src/testing.ts";
import { everyStep } from "../../every-step.ts";

const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : new TextDecoder().decode(bytes);

/** Far more than a pipe holds. */
const FLOOD = new Uint8Array(1_000_000);

describe("ByteStream.write", () => {
  it(
    "keeps the order of writers, and never mixes their bytes",
    virtual(async () => {
      const [left, right] = memoryPipe();
      await withTaskGroup((group) => {
        for (const letter of ["a", "b", "c"])
          group.spawn(async () => {
            for (let i = 0; i < 3; i++) await left.write(letter.repeat(50_000));
          });
        group.spawn(async () => {
          let runs = "";
          for (let i = 0; i < 9; i++) {
            const piece = text(await right.readExactly(50_000)) ?? "";
            assert.equal(piece, piece.slice(0, 1).repeat(50_000));
            runs += piece.slice(0, 1);
          }
          assert.equal(runs, "abcabcabc");
        });
      });
    }),
  );

  it(
    "waits while the peer takes nothing, and goes on when it does",
    virtual(async (t) => {
      const [left, right] = memoryPipe();
      let written = 0;
      await withTaskGroup(async (group) => {
        const writer = group.spawn(async () => {
          for (let i = 0; i < 10; i++) {
            await left.write(FLOOD);
            written++;
          }
          await left.end();
        });
        await t.settled();
        assert.ok(written < 2, `${written} writes went on`);
        assert.ok(left.stats().unsentBytes > 0);
        let bytes = 0;
        for await (const chunk of right) bytes += chunk.length;
        assert.equal(bytes, 10 * FLOOD.length);
        await writer.join();
      });
    }),
  );

  it(
    "takes all bytes or none when it is cancelled, and says which",
    virtual(async () => {
      const [left, right] = memoryPipe();
      assert.equal(await withTimeoutOr(5, () => left.write(FLOOD), "late"), "late");
      assert.equal(left.bytesWritten, FLOOD.length);
      assert.equal(await withTimeoutOr(5, () => left.write("not taken"), "late"), "late");
      assert.equal(left.bytesWritten, FLOOD.length);
      await withTaskGroup((group) => {
        group.spawn(() => left.end());
        group.spawn(async () => {
          const all = await right.readAll();
          assert.equal(all.length, FLOOD.length);
        });
      });
    }),
  );

  it(
    "has written a prefix of whole writes when it is cancelled at any step",
    everyStep(async (step) => {
      const [left, right] = memoryPipe();
      const piece = 100_000;
      let received = 0;
      await withTaskGroup((group) => {
        group.spawn(async () => {
          await step.attempt(async () => {
            for (let i = 0; i < 3; i++) await left.write(new Uint8Array(piece));
          });
          const taken = left.bytesWritten;
          assert.equal(taken % piece, 0);
          await left.end();
          assert.equal(left.bytesWritten, taken);
        });
        group.spawn(async () => {
          for await (const chunk of right) received += chunk.length;
        });
      });
      assert.equal(received, left.bytesWritten);
    }),
  );

  it(
    "gives the array back: what is done to it afterwards is not sent",
    virtual(async () => {
      const [left, right] = memoryPipe();
      const array = new TextEncoder().encode("first");
      await left.write(array);
      array.fill(0);
      await left.end();
      assert.equal(text(await right.readAll()), "first");
    }),
  );

  it(
    "ends its own data, and can still read",
    virtual(async () => {
      const [left, right] = memoryPipe();
      await left.write("question");
      await left.end();
      await left.end();
      assert.equal(text(await right.readAll()), "question");
      await right.write("answer");
      await right.end();
      assert.equal(await left.readText(), "answer");
      await assert.rejects(left.write("more"), StreamClosed);
    }),
  );

  it(
    "ends behind the writes that wait for their turn",
    virtual(async (t) => {
      const [left, right] = memoryPipe();
      await withTaskGroup(async (group) => {
        group.spawn(() => left.write(FLOOD));
        group.spawn(() => left.write("last"));
        group.spawn(() => left.end());
        await t.settled();
        const all = await right.readAll();
        assert.equal(text(all.subarray(-4)), "last");
        assert.equal(all.length, FLOOD.length + 4);
      });
    }),
  );

  it(
    "has done nothing when its end is cancelled before its turn",
    virtual(async () => {
      const [left, right] = memoryPipe();
      await withTaskGroup((group) => {
        group.spawn(() => left.write(FLOOD));
        group.spawn(async () => {
          assert.equal(await withTimeoutOr(5, () => left.end(), "late"), "late");
          group.spawn(async () => {
            await right.readExactly(FLOOD.length);
            assert.equal(text(await right.readExactly(2)), "ok");
          });
          await left.write("ok");
        });
      });
    }),
  );

  it("refuses what is neither bytes nor text", () => {
    const [left] = memoryPipe();
    for (const data of [7, null, undefined, {}, new ArrayBuffer(1)])
      assert.throws(() => left.write(data as never), InvalidArgument);
  });
});

describe("The end of a ByteStream", () => {
  it(
    "comes by close: what was written arrives, then the end",
    virtual(async () => {
      const [left, right] = memoryPipe();
      await left.write("bye");
      await left.close();
      await left.close();
      assert.equal(await right.readText(), "bye");
      await assert.rejects(left.read(), StreamClosed);
      await assert.rejects(left.write("more"), StreamClosed);
      await assert.rejects(left.end(), StreamClosed);
    }),
  );

  it(
    "comes by close in a cancelled scope too, and sends what was written",
    virtual(async () => {
      const [left, right] = memoryPipe();
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          await withCancelScope(async (scope) => {
            await using stream = left;
            void stream.write(FLOOD).catch(() => {});
            scope.cancel();
            await sleep(1);
          });
        });
        const all = await right.readAll();
        assert.equal(all.length, FLOOD.length);
      });
    }),
  );

  it(
    "is cut after 5 s where the peer takes nothing",
    virtual(async (t) => {
      const [left, right] = memoryPipe();
      void left.write(FLOOD).catch(() => {});
      await left.close();
      assert.equal(t.now(), 5_000);
      await assert.rejects(right.readAll(), ConnectionReset);
    }),
  );

  it(
    "comes at once by abort, and the peer sees a reset",
    virtual(async () => {
      const [left, right] = memoryPipe();
      left.abort();
      left.abort();
      await assert.rejects(right.read(), ConnectionReset);
      await assert.rejects(right.read(), ConnectionReset);
      await assert.rejects(left.read(), StreamClosed);
      await left.close();
      await right.close();
    }),
  );

  it(
    "lets what had come before a reset be read first",
    virtual(async (t) => {
      const [left, right] = memoryPipe();
      await left.write("last words\n");
      await t.settled();
      left.abort();
      await t.settled();
      assert.equal(await right.readLine(), "last words");
      await assert.rejects(right.readLine(), ConnectionReset);
    }),
  );

  it(
    "wakes a reader and writers that wait, with the reason",
    virtual(async (t) => {
      for (const [end, reason] of [
        [(stream: ByteStream): unknown => stream.close(), StreamClosed],
        [(stream: ByteStream): unknown => stream.abort(), StreamClosed],
      ] as const) {
        const [left] = memoryPipe();
        await withTaskGroup(async (group) => {
          group.spawn(() => assert.rejects(left.readExactly(1), reason));
          group.spawn(() =>
            left.write(FLOOD).catch((error: unknown) => assert.ok(error instanceof reason)),
          );
          group.spawn(() => assert.rejects(left.write("in turn"), reason));
          await t.settled();
          await end(left);
        });
      }
    }),
  );

  it(
    "wakes a writer that waits when the peer resets",
    virtual(async (t) => {
      const [left, right] = memoryPipe();
      await withTaskGroup(async (group) => {
        group.spawn(() => assert.rejects(left.write(FLOOD), ConnectionReset));
        group.spawn(() => assert.rejects(left.write("in turn"), ConnectionReset));
        group.spawn(() => assert.rejects(left.flush(), ConnectionReset));
        await t.settled();
        right.abort();
      });
      await assert.rejects(left.write("more"), ConnectionReset);
      await left.close();
    }),
  );

  it(
    "leaves nothing behind when a limit ends a read",
    virtual(async (t) => {
      const [, right] = memoryPipe();
      await assert.rejects(
        withTimeout(10, () => right.readLine()),
        TimeoutError,
      );
      await right.close();
      assert.equal(t.takeUnhandled().length, 0);
    }),
  );
});

describe("ByteStream.stats", () => {
  it(
    "counts bytes",
    virtual(async (t) => {
      const [left, right] = memoryPipe();
      await left.write("hello");
      await t.settled();
      await right.read(2);
      assert.deepEqual(right.stats(), {
        bytesRead: 5,
        bytesWritten: 0,
        bufferedBytes: 3,
        unsentBytes: 0,
      });
      assert.equal(left.stats().bytesWritten, 5);
    }),
  );
});
