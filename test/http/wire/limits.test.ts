/** Each limit, just kept and just broken; whole, and byte by byte. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import type { WireLimits } from "../../../src/http/wire/limits.ts";
import type { WireRule } from "../../../src/http/wire/rules.ts";
import {
  readRequests,
  readRequestsSlowly,
  readResponses,
  readResponsesSlowly,
  type Seen,
} from "./reading.ts";

const HOST = "Host: a\r\n";

function chunked(body: string): string {
  return `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${body}`;
}

interface Case {
  readonly limit: keyof WireLimits;
  readonly rule: WireRule;
  readonly status: number;
  /** What is to be measured. */
  readonly what: string;
  /** A request whose measure is `size`. */
  readonly make: (size: number) => string;
  readonly sizes: readonly number[];
}

const cases: readonly Case[] = [
  {
    limit: "methodBytes",
    rule: "method-length",
    status: 501,
    what: "the bytes of a method",
    make: (size) => `${"M".repeat(size)} / HTTP/1.1\r\n${HOST}\r\n`,
    sizes: [1, 32],
  },
  {
    limit: "requestLineBytes",
    rule: "request-line-length",
    status: 414,
    what: "the bytes of a request line",
    make: (size) => `GET /${"a".repeat(size - 14)} HTTP/1.1\r\n${HOST}\r\n`,
    sizes: [20, 1_200, 8_192],
  },
  {
    limit: "headBytes",
    rule: "head-length",
    status: 431,
    what: "the bytes of a head with its empty line",
    make: (size) => `GET / HTTP/1.1\r\n${HOST}A: ${"a".repeat(size - 32)}\r\n\r\n`,
    sizes: [40, 1_024, 16_384],
  },
  {
    limit: "fieldCount",
    rule: "field-count",
    status: 431,
    what: "the fields of a head",
    make: (size) => `GET / HTTP/1.1\r\n${HOST}${"A: b\r\n".repeat(size - 1)}\r\n`,
    sizes: [1, 100],
  },
  {
    limit: "fieldCount",
    rule: "field-count",
    status: 431,
    what: "the fields of a trailer",
    make: (size) => chunked(`0\r\n${"A: b\r\n".repeat(size)}\r\n`),
    sizes: [2, 100],
  },
  {
    limit: "bodyBytes",
    rule: "content-too-large",
    status: 413,
    what: "an announced length",
    make: (size) => `POST / HTTP/1.1\r\n${HOST}Content-Length: ${size}\r\n\r\n${"a".repeat(size)}`,
    sizes: [0, 5, 5_000],
  },
  {
    limit: "bodyBytes",
    rule: "content-too-large",
    status: 413,
    what: "the data of all chunks",
    make: (size) => chunked(`${"1\r\na\r\n".repeat(size)}0\r\n\r\n`),
    sizes: [1, 50],
  },
  {
    limit: "trailerBytes",
    rule: "trailer-length",
    status: 431,
    what: "the bytes of a trailer with its empty line",
    make: (size) => chunked(`0\r\nA: ${"b".repeat(size - 7)}\r\n\r\n`),
    sizes: [10, 8_192],
  },
  {
    limit: "chunkExtensionBytes",
    rule: "chunk-extension-length",
    status: 400,
    what: "the bytes of the extensions of all chunks",
    make: (size) => chunked(`1;${"a".repeat(size - 3)}\r\nx\r\n0;b\r\n\r\n`),
    sizes: [5, 4_096],
  },
  {
    limit: "emptyLines",
    rule: "empty-lines",
    status: 400,
    what: "empty lines before a request",
    make: (size) => `${"\r\n".repeat(size)}GET / HTTP/1.1\r\n${HOST}\r\n`,
    sizes: [0, 1, 3],
  },
];

function outcome(seen: Seen): string | null {
  return seen.refused ?? (seen.messages.at(-1)?.isComplete === true ? null : "incomplete");
}

describe("a limit", () => {
  for (const { limit, rule, status, what, make, sizes } of cases) {
    it(`${limit} bounds ${what}, with status ${status}`, () => {
      for (const size of sizes) {
        for (const readAll of [readRequests, readRequestsSlowly]) {
          const limits = { [limit]: size };
          assert.equal(outcome(readAll(make(size), limits)), null, `${size} of ${size}`);
          assert.equal(
            outcome(readAll(make(size + 1), limits)),
            `${rule} ${status}`,
            `${size + 1} of ${size}`,
          );
        }
      }
    });
  }

  it("interimResponses bounds the interim responses before a final one", () => {
    const make = (size: number): string =>
      `${"HTTP/1.1 102 Processing\r\n\r\n".repeat(size)}HTTP/1.1 204 No Content\r\n\r\n`;
    for (const readAll of [readResponses, readResponsesSlowly]) {
      assert.equal(outcome(readAll(make(2), "GET", { interimResponses: 2 })), null);
      assert.equal(outcome(readAll(make(3), "GET", { interimResponses: 2 })), "interim-count 400");
    }
  });

  it("bodyBytes bounds a response that runs until the connection ends", () => {
    const make = (size: number): string => `HTTP/1.1 200 OK\r\n\r\n${"a".repeat(size)}`;
    for (const readAll of [readResponses, readResponsesSlowly]) {
      assert.equal(readAll(make(10), "GET", { bodyBytes: 10 }).refused, null);
      assert.equal(readAll(make(11), "GET", { bodyBytes: 10 }).refused, "content-too-large 413");
    }
  });

  it("strikes while the bytes come, not when all have come", () => {
    const seen = readRequestsSlowly(`GET /${"a".repeat(100)}`, { requestLineBytes: 50 });
    assert.equal(seen.atBytes, 51);
    const extended = readRequestsSlowly(chunked(`1;${"a".repeat(100)}`), { chunkExtensionBytes: 20 });
    assert.equal(extended.atBytes, chunked("1").length + 21);
    const head = readRequestsSlowly(`GET / HTTP/1.1\r\nA: ${"a".repeat(100)}`, { headBytes: 50 });
    assert.equal(head.atBytes, 51);
    const chunk = readRequestsSlowly(chunked("ffffffff\r\naaaa"), { bodyBytes: 1_000 });
    assert.equal(chunk.atBytes, chunked("ffffffff\r\n").length);
  });

  it("counts chunk extensions over the whole body, and fields of head and trailer each for themselves", () => {
    const limits = { chunkExtensionBytes: 5, fieldCount: 2 };
    assert.equal(
      outcome(readRequests(chunked("1;a\r\nx\r\n1;b\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n"), limits)),
      null,
    );
    assert.equal(
      outcome(readRequests(chunked("1;a\r\nx\r\n1;b\r\nx\r\n0;c\r\n\r\n"), limits)),
      "chunk-extension-length 400",
    );
  });

  it("does not count the empty line before a request", () => {
    const { make } = cases.find(({ limit }) => limit === "headBytes") as Case;
    const limits = { headBytes: 1_024, requestLineBytes: 14, methodBytes: 3 };
    for (const readAll of [readRequests, readRequestsSlowly])
      assert.equal(outcome(readAll(`\r\n${make(1_024)}`, limits)), null);
  });

  it("counts each message for itself", () => {
    const limits = {
      bodyBytes: 5,
      chunkExtensionBytes: 2,
      fieldCount: 3,
      trailerBytes: 8,
      emptyLines: 1,
    };
    const message = `\r\n${chunked("5;a\r\nhello\r\n0\r\nA: b\r\n\r\n")}`;
    for (const readAll of [readRequests, readRequestsSlowly]) {
      const seen = readAll(message.repeat(3), limits);
      assert.equal(outcome(seen), null);
      assert.equal(seen.messages.length, 3);
    }
  });
});
