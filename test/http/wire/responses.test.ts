/** What is in order, by the rules of RFC 9110 and RFC 9112; what is not stands in malformed-responses.ts. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { wireLimits } from "../../../src/http/wire/limits.ts";
import type { ResponseHead } from "../../../src/http/wire/response-head.ts";
import { ResponseReader } from "../../../src/http/wire/response-reader.ts";
import { bytesOf, readResponses, textOf } from "./reading.ts";

function headOf(text: string, method: string = "GET"): ResponseHead {
  const reader = new ResponseReader(wireLimits);
  reader.expect(method);
  reader.push(bytesOf(text));
  assert.equal(reader.next(), 1);
  return reader.head;
}

function ok(fields: string, method?: string): ResponseHead {
  return headOf(`HTTP/1.1 200 OK\r\n${fields}\r\n`, method);
}

describe("a status line", () => {
  it("has a status and a reason, which may be empty, and may lack its space as well", () => {
    const cases: [line: string, status: number, reason: string][] = [
      ["HTTP/1.1 200 OK", 200, "OK"],
      ["HTTP/1.0 404 Not \xe4 Found\t!", 404, "Not \xe4 Found\t!"],
      ["HTTP/1.1 200 ", 200, ""],
      ["HTTP/1.1 200", 200, ""],
      ["HTTP/1.1 999 x", 999, "x"],
      ["HTTP/1.1 299  two", 299, " two"],
    ];
    for (const [line, status, reason] of cases) {
      const head = headOf(`${line}\r\n\r\n`);
      assert.deepEqual(
        [head.status, head.reason, head.version],
        [status, reason, line[7] === "1" ? 11 : 10],
      );
    }
  });
});

describe("the body of a response (RFC 9112, 6.3)", () => {
  it("is none to HEAD, whatever the fields say", () => {
    assert.equal(ok("Content-Length: 5\r\n", "HEAD").bodyBytes, 0);
    assert.equal(ok("Transfer-Encoding: chunked\r\n", "HEAD").bodyBytes, 0);
    assert.equal(ok("", "HEAD").bodyBytes, 0);
    assert.equal(ok("", "HEAD").keepsAlive, true);
  });

  it("is none with status 304, whatever the fields say", () => {
    for (const fields of ["", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"]) {
      const head = headOf(`HTTP/1.1 304 Not Modified\r\n${fields}\r\n`);
      assert.deepEqual([head.bodyBytes, head.keepsAlive], [0, true]);
    }
  });

  it("is none with status 204, which may announce a length of 0 and nothing else", () => {
    assert.equal(headOf("HTTP/1.1 204 No Content\r\n\r\n").bodyBytes, 0);
    assert.equal(headOf("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n").bodyBytes, 0);
  });

  it("is what comes behind a successful CONNECT: a tunnel, whatever the fields say", () => {
    const reader = new ResponseReader(wireLimits);
    reader.expect("CONNECT");
    reader.push(bytesOf("HTTP/1.1 200 Connected\r\nContent-Length: 5\r\n\r\n\x16\x03"));
    assert.deepEqual([reader.next(), reader.next(), reader.next()], [1, 3, 0]);
    assert.equal(reader.head.isTunnel, true);
    assert.equal(textOf(reader.takeUnread() ?? new Uint8Array()), "\x16\x03");
    assert.equal(reader.finish(), 0);
  });

  it("of a CONNECT that failed is an ordinary one", () => {
    const head = headOf("HTTP/1.1 407 No\r\nContent-Length: 5\r\n\r\n", "CONNECT");
    assert.deepEqual([head.bodyBytes, head.isTunnel], [5, false]);
  });

  it("has the announced length, or comes in chunks with trailers", () => {
    const seen = readResponses(
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" +
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n" +
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    );
    assert.deepEqual(
      seen.messages.map(({ body, trailers, isComplete }) => [body, trailers, isComplete]),
      [
        ["hello", null, true],
        ["hello", [["x", "y"]], true],
        ["", null, true],
      ],
    );
    assert.equal(seen.isBetweenMessages, true);
  });

  it("runs until the connection ends where nothing is announced, and the connection ends with it", () => {
    for (const version of ["1.0", "1.1"]) {
      const reader = new ResponseReader(wireLimits);
      reader.push(bytesOf(`HTTP/${version} 200 OK\r\nConnection: keep-alive\r\n\r\nhel`));
      assert.equal(reader.next(), 1);
      assert.deepEqual([reader.head.bodyBytes, reader.head.keepsAlive], [-2, false]);
      assert.equal(reader.next(), 2);
      assert.equal(textOf(reader.data), "hel");
      assert.equal(reader.next(), 0);
      reader.push(bytesOf("lo"));
      assert.equal(reader.next(), 2);
      assert.equal(reader.next(), 0);
      assert.equal(reader.finish(), 3);
      assert.equal(reader.finish(), 0);
    }
  });

  it("is not longer than a length that a HEAD names, however large that is", () => {
    const limits = { bodyBytes: 10 };
    const text = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n";
    assert.equal(readResponses(text, "HEAD", limits).refused, null);
    assert.equal(readResponses(text, "GET", limits).rule, "content-too-large");
  });
});

describe("interim responses (RFC 9110, 15.2)", () => {
  it("are heads of their own before the final one", () => {
    const seen = readResponses(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
    );
    assert.deepEqual(
      seen.messages.map(({ start, body }) => [start, body]),
      [
        ["100 Continue", ""],
        ["103 Early Hints", ""],
        ["200 OK", "a"],
      ],
    );
  });

  it("are counted anew for each final one", () => {
    const text = `${"HTTP/1.1 102 P\r\n\r\n".repeat(32)}HTTP/1.1 204 No\r\n\r\n`;
    assert.equal(readResponses(text + text).refused, null);
    assert.equal(readResponses(`HTTP/1.1 102 P\r\n\r\n${text}`).rule, "interim-count");
  });

  it("leave the reader within a message", () => {
    const reader = new ResponseReader(wireLimits);
    reader.push(bytesOf("HTTP/1.1 100 Continue\r\n\r\n"));
    assert.deepEqual([reader.next(), reader.next()], [1, 0]);
    assert.equal(reader.isBetweenMessages, false);
    assert.throws(() => reader.finish(), { rule: "truncated" });
  });

  it("end with status 101, behind which nothing is HTTP", () => {
    const reader = new ResponseReader(wireLimits);
    reader.push(
      bytesOf(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00",
      ),
    );
    assert.deepEqual([reader.next(), reader.next(), reader.next()], [1, 3, 0]);
    assert.deepEqual([reader.head.upgrade, reader.head.isTunnel], ["websocket", true]);
    assert.equal(reader.takeUnread()?.length, 2);
  });
});

describe("a connection behind a response (RFC 9112, 9.3)", () => {
  it("is kept in HTTP/1.1, and in HTTP/1.0 on request, unless it is to be closed", () => {
    const length = "Content-Length: 0\r\n";
    assert.equal(ok(length).keepsAlive, true);
    assert.equal(ok(`${length}Connection: close\r\n`).keepsAlive, false);
    assert.equal(ok(`${length}Connection: x, Close\r\n`).keepsAlive, false);
    assert.equal(headOf(`HTTP/1.0 200 OK\r\n${length}\r\n`).keepsAlive, false);
    assert.equal(headOf(`HTTP/1.0 200 OK\r\n${length}Connection: Keep-Alive\r\n\r\n`).keepsAlive, true);
  });

  it("is closed where Connection cannot be read", () => {
    assert.equal(ok('Content-Length: 0\r\nConnection: "keep-alive"\r\n').keepsAlive, false);
  });

  it("is kept for as long as Keep-Alive says", () => {
    const cases: [value: string, ms: number | null][] = [
      ["timeout=5", 5_000],
      ["timeout=5, max=100", 5_000],
      ["max=100, Timeout = 7", 7_000],
      ['timeout="6"', 6_000],
      ["timeout=0", 0],
      ["timeout=-5", null],
      ["timeout=x", null],
      ["xtimeout=5", null],
      ["5", null],
    ];
    for (const [value, ms] of cases)
      assert.equal(ok(`Content-Length: 0\r\nKeep-Alive: ${value}\r\n`).keepAliveMs, ms, value);
    assert.equal(ok("Content-Length: 0\r\n").keepAliveMs, null);
  });
});

describe("the end of the connection", () => {
  it("between messages is in order", () => {
    const reader = new ResponseReader(wireLimits);
    assert.equal(reader.finish(), 0);
    reader.push(bytesOf("HTTP/1.1 204 No\r\n\r\n"));
    while (reader.next() !== 0);
    assert.equal(reader.finish(), 0);
  });

  it("within a head, an announced body, a chunk or a trailer is an error, for ever", () => {
    for (const text of [
      "H",
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    ]) {
      const reader = new ResponseReader(wireLimits);
      reader.push(bytesOf(text));
      while (reader.next() !== 0);
      assert.throws(() => reader.finish(), { code: "TSY_HTTP_PROTOCOL", rule: "truncated" }, text);
      assert.throws(() => reader.next(), { rule: "truncated" }, text);
    }
  });
});
