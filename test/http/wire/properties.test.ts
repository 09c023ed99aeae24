import { describe, it } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { fieldsText, HttpHeaders } from "../../../src/http/wire/fields.ts";
import {
  headEnd,
  requestHeadPattern,
  responseHeadPattern,
} from "../../../src/http/wire/head-patterns.ts";
import { HeadScan } from "../../../src/http/wire/head-scan.ts";
import { wireLimits } from "../../../src/http/wire/limits.ts";
import { RequestReader } from "../../../src/http/wire/request-reader.ts";
import { ResponseReader } from "../../../src/http/wire/response-reader.ts";
import {
  CHUNK_END,
  chunkHead,
  requestHeadText,
  responseHeadText,
  trailersText,
} from "../../../src/http/wire/writing.ts";
import { HttpProtocolError } from "../../../src/http/wire/errors.ts";
import { requestCorpus, responseCorpus } from "./corpus.ts";
import { malformedRequests } from "./malformed-requests.ts";
import { malformedResponses } from "./malformed-responses.ts";
import { mutated, randomFrom } from "./mutations.ts";
import { bytesOf, read, singly, type Seen, textOf } from "./reading.ts";

/** `bytes` in pieces whose lengths come from `cuts`, over and over. */
function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const length = cuts[index % cuts.length] ?? 1;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

function told({ messages, refused, message, isBetweenMessages }: Seen): unknown {
  return { messages, refused, message, isBetweenMessages };
}

const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 });
const seed = fc.integer({ min: 0, max: 1_000_000 });

const requestSeeds = [...requestCorpus, ...malformedRequests.map((row) => row.bytes)];
const responseSeeds = [
  ...responseCorpus.map((row) => row.text),
  ...malformedResponses.map((row) => row.bytes),
];

describe("however the bytes are cut", () => {
  it("requests give the same events and the same error", () => {
    fc.assert(
      fc.property(seed, cuts, (number, lengths) => {
        const bytes = mutated(requestSeeds, randomFrom(number));
        const whole = told(read(new RequestReader(wireLimits), [bytes]));
        assert.deepEqual(told(read(new RequestReader(wireLimits), cut(bytes, lengths))), whole);
      }),
      { numRuns: 500 },
    );
  });

  it("responses give the same events and the same error", () => {
    fc.assert(
      fc.property(seed, cuts, fc.constantFrom("GET", "HEAD", "CONNECT"), (number, lengths, method) => {
        const bytes = mutated(responseSeeds, randomFrom(number));
        const readers = [new ResponseReader(wireLimits), new ResponseReader(wireLimits)] as const;
        for (const reader of readers) reader.expect(method);
        const whole = told(read(readers[0], [bytes]));
        assert.deepEqual(told(read(readers[1], cut(bytes, lengths))), whole);
      }),
      { numRuns: 500 },
    );
  });

  it("the limits strike at the same place", () => {
    const limits = {
      ...wireLimits,
      methodBytes: 4,
      requestLineBytes: 24,
      headBytes: 70,
      fieldCount: 3,
      bodyBytes: 12,
      trailerBytes: 20,
      chunkExtensionBytes: 6,
    };
    fc.assert(
      fc.property(seed, cuts, (number, lengths) => {
        const bytes = mutated(requestSeeds, randomFrom(number));
        const whole = told(read(new RequestReader(limits), [bytes]));
        assert.deepEqual(told(read(new RequestReader(limits), cut(bytes, lengths))), whole);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the scan of heads byte by byte", () => {
  for (const [kind, pattern, seeds] of [
    ["request", requestHeadPattern, requestSeeds],
    ["response", responseHeadPattern, responseSeeds],
  ] as const) {
    it(`lets through what the pattern of ${kind} heads does, and nothing else`, () => {
      // Without limits, which the pattern does not know.
      const limits = { ...wireLimits, emptyLines: 0 };
      const noLimits = Object.fromEntries(Object.keys(limits).map((name) => [name, Infinity]));
      fc.assert(
        fc.property(seed, (number) => {
          const bytes = mutated(seeds, randomFrom(number));
          const scan = new HeadScan(kind, { ...limits, ...noLimits, emptyLines: 0 });
          let end = -1;
          try {
            if (scan.run(bytes, 0, bytes.length)) end = scan.offset;
          } catch (error) {
            if (!(error instanceof HttpProtocolError)) throw error;
          }
          assert.equal(end, headEnd(pattern, textOf(bytes)));
        }),
        { numRuns: 1_000 },
      );
    });
  }
});

const tokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const token = fc.string({
  unit: fc.constantFrom(...tokenCharacters.split("")),
  minLength: 1,
  maxLength: 12,
});
const valueCharacter = fc
  .integer({ min: 0x20, max: 0xff })
  .filter((code) => code !== 0x7f)
  .map((code) => String.fromCharCode(code));
const value = fc
  .string({ unit: valueCharacter, maxLength: 20 })
  .map((text) => text.replace(/^ +| +$/g, ""));
/** Names that say nothing of framing. */
const field = fc.tuple(
  token.map((name) => `x-${name}`),
  value,
);
const fields = fc.array(field, { maxLength: 8 });
const target = fc.string({
  unit: fc.constantFrom(..."/abcABC019-._~%!$&'()*+,;=:@?[]|^`{}<>\\\"".split("")),
  maxLength: 30,
});
const body = fc.uint8Array({ minLength: 1, maxLength: 30 });

function lower(pairs: readonly (readonly [string, string])[]): [string, string][] {
  return pairs.map(([name, text]) => [name.toLowerCase(), text]);
}

/** Requests and responses as they are written, in the pieces in which they are read. */
const sentRequest = fc.record({
  method: fc.constantFrom("GET", "POST", "M-SEARCH", "x"),
  path: target.map((text) => `/${text}`),
  head: fields,
  chunks: fc.array(body, { maxLength: 4 }),
  trailers: fields,
  lengths: cuts,
});
const sentResponse = fc.record({
  status: fc.integer({ min: 200, max: 999 }).filter((status) => status !== 204 && status !== 304),
  reason: fc.option(value),
  head: fields,
  data: body,
  lengths: cuts,
});

describe("what is written is read", () => {
  it("as a request with the same method, target, fields, body and trailers, in any pieces", () => {
    fc.assert(
      fc.property(sentRequest, ({ method, path, head, chunks, trailers, lengths }) => {
        const own: [string, string][] = [
          ["host", "a.example"],
          ["transfer-encoding", "chunked"],
          ...head,
        ];
        const text =
          requestHeadText(method, path, fieldsText(own)) +
          chunks.map((data) => chunkHead(data.length) + textOf(data) + CHUNK_END).join("") +
          trailersText(trailers);
        const seen = read(new RequestReader(wireLimits), cut(bytesOf(text), lengths));
        const [message] = seen.messages;
        assert.equal(seen.refused, null);
        assert.equal(message?.start, `${method} ${path}`);
        assert.deepEqual(message?.headers, lower(own));
        assert.equal(message?.body, chunks.map(textOf).join(""));
        assert.deepEqual(message?.trailers ?? [], lower(trailers));
        assert.ok(message?.isComplete);
      }),
      { numRuns: 300 },
    );
  });

  it("as a response with the same status, reason, fields and body, in any pieces", () => {
    fc.assert(
      fc.property(sentResponse, ({ status, reason, head, data, lengths }) => {
        const own: [string, string][] = [...head, ["content-length", `${data.length}`]];
        const text = responseHeadText(status, reason, fieldsText(own)) + textOf(data);
        const seen = read(new ResponseReader(wireLimits), cut(bytesOf(text), lengths));
        const [message] = seen.messages;
        assert.equal(seen.refused, null);
        if (reason !== null) assert.equal(message?.start, `${status} ${reason}`);
        assert.deepEqual(message?.headers, lower(own));
        assert.equal(message?.body, textOf(data));
        assert.ok(message?.isComplete && seen.isBetweenMessages);
      }),
      { numRuns: 300 },
    );
  });

  it("as headers that give the same answers as a list of pairs", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom("a", "B", "a-b", "^", "~", "b"), value)), (pairs) => {
        const headers = HttpHeaders.from(pairs);
        assert.deepEqual([...headers], lower(pairs));
        assert.equal(headers.size, pairs.length);
        for (const name of ["A", "b", "a-b", "^", "~", "c"]) {
          const all = lower(pairs).flatMap(([each, text]) => (each === name.toLowerCase() ? [text] : []));
          assert.deepEqual(headers.getAll(name), all);
          assert.equal(headers.get(name), all.length === 0 ? null : all.join(", "));
          assert.equal(headers.has(name), all.length > 0);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("pieces of a body", () => {
  it("are handed out in few events where many small chunks come at once", () => {
    const reader = new RequestReader(wireLimits);
    const chunks = "1\r\na\r\n".repeat(1_000);
    reader.push(
      bytesOf(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`),
    );
    let events = 0;
    while (reader.next() !== 3) events++;
    assert.equal(events, 2);
  });

  it("stay as they are when more is pushed and read", () => {
    const bytes = bytesOf(
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${"3\r\nabc\r\n".repeat(50)}0\r\n\r\n`,
    );
    for (const pieces of [singly(bytes), cut(bytes, [7, 30, 2]), cut(bytes, [60, 1])]) {
      const reader = new RequestReader(wireLimits);
      const handedOut: Uint8Array[] = [];
      for (const piece of pieces) {
        reader.push(Uint8Array.from(piece));
        for (let event = reader.next(); event !== 0 && event !== 3; event = reader.next())
          if (event === 2) handedOut.push(reader.data);
      }
      assert.equal(handedOut.map(textOf).join(""), "abc".repeat(50));
    }
  });
});
