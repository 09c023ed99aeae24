import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { BodyLengthMismatch } from "../../../src/http/wire/errors.ts";
import { LengthCheck } from "../../../src/http/wire/length-check.ts";
import { parseMediaType } from "../../../src/http/wire/media-type.ts";
import { quoteString } from "../../../src/http/wire/quoted.ts";
import { statusText } from "../../../src/http/wire/status-text.ts";
import {
  chunkHead,
  LAST_CHUNK,
  requestHeadText,
  responseHeadText,
  trailersText,
} from "../../../src/http/wire/writing.ts";

const invalid = { code: "TSY_INVALID_ARGUMENT" };

describe("requestHeadText", () => {
  it("writes a request line and the fields", () => {
    assert.equal(requestHeadText("GET", "/a?b", "A: b\r\n"), "GET /a?b HTTP/1.1\r\nA: b\r\n\r\n");
    assert.equal(requestHeadText("OPTIONS", "*", ""), "OPTIONS * HTTP/1.1\r\n\r\n");
  });

  it("refuses methods that are no tokens", () => {
    for (const method of ["", "G T", "GET\r\n", "GET / HTTP/1.1\r\nX:", "GÉT", "a:b"])
      assert.throws(() => requestHeadText(method, "/", ""), invalid, JSON.stringify(method));
  });

  it("refuses targets with spaces, line ends, fragments, or anything but ASCII", () => {
    for (const target of [
      "",
      "/a b",
      "/a\r\n",
      "/ HTTP/1.1\r\nX: y",
      "/\t",
      "/#a",
      "/é",
      "/\u{1f600}",
      "/\ud800",
      "/\0",
    ])
      assert.throws(() => requestHeadText("GET", target, ""), invalid, JSON.stringify(target));
  });
});

describe("responseHeadText", () => {
  it("writes the usual reason, the given one, or none", () => {
    assert.equal(responseHeadText(200, null, "A: b\r\n"), "HTTP/1.1 200 OK\r\nA: b\r\n\r\n");
    assert.equal(responseHeadText(200, "Fine \xe4", ""), "HTTP/1.1 200 Fine \xe4\r\n\r\n");
    assert.equal(responseHeadText(200, "", ""), "HTTP/1.1 200 \r\n\r\n");
    assert.equal(responseHeadText(599, null, ""), "HTTP/1.1 599 \r\n\r\n");
  });

  it("refuses statuses that are none, the first time and later", () => {
    for (const status of [99, 1_000, 200.5, NaN, -1, "200" as unknown as number, Infinity]) {
      for (let round = 0; round < 2; round++) {
        if (status === ("200" as unknown))
          assert.throws(() => responseHeadText(status, "x", ""), invalid);
        else assert.throws(() => responseHeadText(status, null, ""), invalid, String(status));
      }
    }
  });

  it("refuses reasons that could end the line", () => {
    for (const reason of ["OK\r\nX: y", "OK\n", "\0", "\u20ac", "\ud800"])
      assert.throws(() => responseHeadText(200, reason, ""), invalid, JSON.stringify(reason));
  });

  it("knows the reasons of all registered statuses", () => {
    assert.equal(statusText(404), "Not Found");
    assert.equal(statusText(431), "Request Header Fields Too Large");
    assert.equal(statusText(299), "");
  });
});

describe("chunks and trailers", () => {
  it("begin with their size in hexadecimal digits; a chunk has data", () => {
    assert.equal(chunkHead(1), "1\r\n");
    assert.equal(chunkHead(65_535), "ffff\r\n");
    for (const size of [0, -1, 1.5, NaN]) assert.throws(() => chunkHead(size), invalid, String(size));
  });

  it("end with the trailer fields, if any", () => {
    assert.equal(LAST_CHUNK, "0\r\n\r\n");
    assert.equal(trailersText({}), LAST_CHUNK);
    assert.equal(trailersText({ "X-Sum": "1" }), "0\r\nX-Sum: 1\r\n\r\n");
  });

  it("refuse trailer fields that belong in a head, and such as could end their line", () => {
    for (const name of [
      "Content-Length",
      "transfer-encoding",
      "HOST",
      "Connection",
      "Set-Cookie",
      "Trailer",
    ])
      assert.throws(() => trailersText({ [name]: "x" }), invalid, name);
    assert.throws(() => trailersText({ A: "b\r\nC: d" }), invalid);
  });
});

describe("LengthCheck", () => {
  it("lets the announced length pass, in any pieces", () => {
    for (const pieces of [[5], [2, 3], [0, 5, 0], [1, 1, 1, 1, 1]]) {
      const check = new LengthCheck("the body of POST /x", 5);
      for (const piece of pieces) check.add(piece);
      check.end();
    }
  });

  it("refuses the piece with which it gets longer, before it is written", () => {
    const check = new LengthCheck("the body of POST /x", 5);
    check.add(5);
    assert.throws(
      () => check.add(1),
      (error: unknown) => {
        assert.ok(error instanceof BodyLengthMismatch);
        assert.deepEqual([error.announcedBytes, error.writtenBytes], [5, 6]);
        assert.match(
          error.message,
          /TSY_BODY_LENGTH: the body of POST \/x is longer .* 5 bytes .* 6 written/,
        );
        return true;
      },
    );
  });

  it("refuses an end that comes too early", () => {
    const check = new LengthCheck("the reply to GET /x", 5);
    check.add(4);
    assert.throws(() => check.end(), { code: "TSY_BODY_LENGTH", writtenBytes: 4 });
    assert.throws(() => new LengthCheck("x", 1).end(), /shorter/);
  });
});

describe("parseMediaType", () => {
  const cases: [value: string, essence: string | null, parameters: Record<string, string>][] = [
    ["text/plain", "text/plain", {}],
    [" Text/HTML ; Charset=UTF-8", "text/html", { charset: "UTF-8" }],
    ['a/b;c="d;e=\\"f\\""; g=h;', "a/b", { c: 'd;e="f"', g: "h" }],
    ["a/b; c=d; C=e", "a/b", { c: "d" }],
    ["a/b ;; c=d ", "a/b", { c: "d" }],
    ['multipart/form-data; boundary="a b"', "multipart/form-data", { boundary: "a b" }],
    ['a/b; c=""', "a/b", { c: "" }],
    ["text", null, {}],
    ["", null, {}],
    ["a/b c", null, {}],
    ["a/b; c = d", null, {}],
    ['a/b; c="d', null, {}],
    ["a/b, c/d", null, {}],
    ["a/b\xa0", null, {}],
  ];
  for (const [value, essence, parameters] of cases) {
    it(`reads ${JSON.stringify(value)} as ${essence === null ? "none" : essence}`, () => {
      const read = parseMediaType(value);
      assert.equal(read?.essence ?? null, essence);
      assert.deepEqual(Object.fromEntries(read?.parameters ?? []), parameters);
    });
  }

  it("reads what quoteString writes", () => {
    for (const text of ["a", "a b", 'say "x"', "back\\slash", "\xe4;=,", ""])
      assert.equal(parseMediaType(`a/b; c=${quoteString(text)}`)?.parameters.get("c"), text);
    for (const text of ["a\r\n", "\0", "\u20ac"]) assert.throws(() => quoteString(text), invalid);
  });
});
