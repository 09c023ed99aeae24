import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import { BodyWriter, sendBody } from "../../../src/http/body/body-writer.ts";
import { outgoingBody } from "../../../src/http/body/outgoing-body.ts";
import { virtual } from "../../../src/testing.ts";
import { everyStep } from "../../every-step.ts";
import { encode } from "./feeding.ts";
import { unchunked, Wire } from "./wire-end.ts";

const NAME = "the body of PUT /file";

describe("The writer of a body", () => {
  it("in chunks frames each piece by its length in bytes, and ends with trailers", async () => {
    const wire = new Wire();
    const writer = new BodyWriter(wire, "chunked", NAME);
    await writer.write("grüße");
    await writer.write(encode("x".repeat(26)));
    await writer.write("");
    await writer.write(new Uint8Array(0));
    await writer.end("Checksum: 42\r\n");
    assert.equal(wire.text, `7\r\ngrüße\r\n1a\r\n${"x".repeat(26)}\r\n0\r\nChecksum: 42\r\n\r\n`);
    assert.equal(writer.bytesWritten, 33);
    assert.equal(wire.writes.length, 3);
  });

  it("with a length, and until the end of the connection, writes the bytes as they are", async () => {
    for (const framing of [5, "until the end"] as const) {
      const wire = new Wire();
      const writer = new BodyWriter(wire, framing, NAME);
      await writer.write("é");
      await writer.write(encode("bcd"));
      await writer.end();
      assert.equal(wire.text, "ébcd");
    }
  });

  it("refuses a piece that is too much, whole, and an end that comes too early", async () => {
    const wire = new Wire();
    const writer = new BodyWriter(wire, 4, NAME);
    await writer.write("abc");
    await assert.rejects(async () => writer.write("de"), {
      code: "TSY_BODY_LENGTH",
      message: /PUT \/file/,
    });
    assert.equal(wire.text, "abc");
    const short = new BodyWriter(wire, 4, NAME);
    await short.write("abc");
    await assert.rejects(async () => short.end(), { code: "TSY_BODY_LENGTH", writtenBytes: 3 });
  });

  it("refuses what is no piece of a body", async () => {
    const writer = new BodyWriter(new Wire(), "chunked", NAME);
    await assert.rejects(async () => writer.write(42 as never), { code: "TSY_INVALID_ARGUMENT" });
    const numbers = outgoingBody([1, 2, 3] as never);
    await assert.rejects(sendBody(numbers, writer), { code: "TSY_INVALID_ARGUMENT" });
  });

  it(
    "takes the next piece only when the connection has drained",
    virtual(async (time) => {
      const wire = new Wire(1);
      let taken = 0;
      const pieces = (function* () {
        for (; taken < 4; taken++) yield `piece ${taken}`;
      })();
      await withTaskGroup(async (group) => {
        group.spawn(() => sendBody(outgoingBody(pieces), new BodyWriter(wire, "chunked", NAME)));
        for (let writes = 1; writes <= 5; writes++) {
          await time.settled();
          assert.equal(wire.writes.length, writes);
          assert.equal(taken, Math.min(writes - 1, 4));
          wire.drain(1);
        }
      });
      assert.equal(unchunked(wire.text), "piece 0piece 1piece 2piece 3");
    }),
  );

  it(
    "ends the source of a body whose sending is cancelled at any step",
    everyStep(async (step) => {
      const wire = new Wire(1);
      let isOpen = true;
      const pieces = (async function* () {
        try {
          yield "one";
          yield "two";
        } finally {
          isOpen = false;
        }
      })();
      await withTaskGroup(async (group) => {
        const attempt = group.spawn(() =>
          step.attempt(() => sendBody(outgoingBody(pieces), new BodyWriter(wire, "chunked", NAME))),
        );
        for (let i = 0; i < 3; i++) {
          await withTimeoutOr(1, () => attempt.join(), undefined);
          wire.drain(1);
        }
        const { cancelled } = await attempt.join();
        const all = "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n";
        assert.ok(all.startsWith(wire.text));
        if (!cancelled) assert.equal(wire.text, all);
      });
      // One that never began has nothing to end.
      assert.equal(isOpen && wire.text !== "", false);
    }),
  );
});
