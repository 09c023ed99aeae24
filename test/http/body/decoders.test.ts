/** No decoder is left open, whatever becomes of the body that it decodes. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { withTimeoutOr } from "../../../src/index.ts";
import { zlibDecoders } from "../../../src/host/http/content-coding.ts";
import type { Decoder, Decoders } from "../../../src/http/body/decoder.ts";
import type { DecodedBody } from "../../../src/http/body/decoded-body.ts";
import { code, coded, noise } from "./coded.ts";
import { deliver, encode } from "./feeding.ts";

const open = new Set<Decoder>();
let opened = 0;
const platform: Decoders["open"] = zlibDecoders.open;

/** The platform's decoders, counted. */
const counting: Decoders["open"] = (coding, to) => {
  const decoder = platform(coding, to);
  const { destroy } = decoder;
  decoder.destroy = () => {
    open.delete(decoder);
    destroy.call(decoder);
  };
  open.add(decoder);
  opened++;
  return decoder;
};

const content = noise(300_000);
const over = new Error("over");

/** What may become of a body, of which all codes are the same. */
const fates: Readonly<Record<string, (decoded: DecodedBody, bytes: Uint8Array) => unknown>> = {
  "it is read to its end": async ({ body, receiver }, bytes) => {
    deliver(receiver, bytes);
    assert.equal((await body.bytes()).length, content.length);
  },
  "it is cut off": async ({ body, receiver }, bytes) => {
    deliver(receiver, bytes.slice(0, 1_000));
    await assert.rejects(body.bytes());
  },
  "it is no code": async ({ body, receiver }) => {
    deliver(receiver, encode("this is none of it all, whatever you take it for"));
    await assert.rejects(body.bytes());
  },
  "its connection is lost": async ({ body, receiver }, bytes) => {
    receiver.arrived(bytes.slice(0, 1_000));
    receiver.failed(over);
    await assert.rejects(body.bytes(), (error) => error === over);
  },
  "its message is over before it was read": ({ receiver }, bytes) => {
    deliver(receiver, bytes);
    receiver.close(over);
  },
  "its message is over in the middle": async ({ body, receiver }, bytes) => {
    receiver.arrived(bytes.slice(0, 200_000));
    await body.read();
    receiver.close(over);
    receiver.arrived(bytes.slice(200_000));
    receiver.ended();
  },
  "it is closed, and not what delivers to it": async ({ body, receiver }, bytes) => {
    receiver.arrived(bytes.slice(0, 200_000));
    await body.read();
    body.close(over);
    receiver.ended();
  },
  "its reader is cancelled, and its message is over": async ({ body, receiver }, bytes) => {
    receiver.arrived(bytes.slice(0, 1_000));
    assert.equal(await withTimeoutOr(1, () => body.bytes(), "late"), "late");
    receiver.close(over);
  },
};

describe("No decoder is left open", () => {
  before(() => void Object.assign(zlibDecoders, { open: counting }));
  after(() => void Object.assign(zlibDecoders, { open: platform }));

  for (const [fate, meet] of Object.entries(fates))
    it(`when ${fate}`, async () => {
      for (const codings of ["gzip", "deflate", "br", "zstd", "gzip, br, zstd"]) {
        const all = codings.split(", ");
        opened = 0;
        await meet(
          coded(codings),
          all.reduce((made, each) => code(each, made), content),
        );
        assert.equal(open.size, 0, codings);
        assert.ok(opened >= 1 && opened <= all.length, `${opened} decoders of ${codings}`);
      }
    });

  it("when a body is too long for its code", async () => {
    const bytes = code("gzip", code("br", new Uint8Array(4_000_000)));
    const { body, receiver } = coded("br, gzip");
    deliver(receiver, bytes);
    await assert.rejects(body.bytes({ maxBytes: Infinity }), { code: "TSY_BODY_TOO_LARGE" });
    assert.equal(open.size, 0);
  });

  it("and none is opened for a short body, or one that never comes", async () => {
    opened = 0;
    assert.equal(await coded("br", { whole: code("br", encode("short")) }).body.text(), "short");
    coded("gzip").receiver.close(over);
    deliver(coded("gzip").receiver);
    assert.equal(opened, 0);
  });
});
