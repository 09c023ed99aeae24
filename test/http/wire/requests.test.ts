/** What is in order, by the rules of RFC 9110 and RFC 9112; what is not stands in malformed-requests.ts. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { wireLimits } from "../../../src/http/wire/limits.ts";
import type { RequestHead } from "../../../src/http/wire/request-head.ts";
import { RequestReader } from "../../../src/http/wire/request-reader.ts";
import { bytesOf, readRequests, singly, textOf } from "./reading.ts";

const HOST = "Host: a.example\r\n";

/** The head that `text` begins with. */
function headOf(text: string): RequestHead {
  const reader = new RequestReader(wireLimits);
  reader.push(bytesOf(text));
  assert.equal(reader.next(), 1);
  return reader.head;
}

function get(fields: string): RequestHead {
  return headOf(`GET / HTTP/1.1\r\n${HOST}${fields}\r\n`);
}

describe("a request head", () => {
  it("has method, target, version, and headers in their order", () => {
    const head = headOf("PUT /a?b HTTP/1.1\r\nHost: a.example:80\r\nX-B: 1\r\nx-a:2\r\nX-B:\t3 \r\n\r\n");
    assert.equal(head.method, "PUT");
    assert.equal(head.target, "/a?b");
    assert.equal(head.path, "/a?b");
    assert.equal(head.host, "a.example:80");
    assert.equal(head.version, 11);
    assert.deepEqual(
      [...head.headers],
      [
        ["host", "a.example:80"],
        ["x-b", "1"],
        ["x-a", "2"],
        ["x-b", "3"],
      ],
    );
  });

  it("keeps the case of its method: get is not GET (RFC 9110, 9.1)", () => {
    assert.equal(headOf(`get / HTTP/1.1\r\n${HOST}\r\n`).method, "get");
  });

  it("may have one empty line before it (RFC 9112, 2.2)", () => {
    assert.equal(headOf(`\r\nGET / HTTP/1.1\r\n${HOST}\r\n`).path, "/");
    const seen = readRequests(
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\n\r\na\r\nGET /2 HTTP/1.1\r\n${HOST}\r\n`,
    );
    assert.deepEqual(
      seen.messages.map((message) => message.start),
      ["POST /", "GET /2"],
    );
  });

  it("may have empty values, and values with bytes above ASCII, which are Latin-1 (RFC 9110, 5.5)", () => {
    const { headers } = get("A:\r\nB: \t \r\nC: \xe4\xff\xa0\r\n");
    assert.equal(headers.get("a"), "");
    assert.equal(headers.get("b"), "");
    assert.equal(headers.get("c"), "\xe4\xff\xa0");
  });

  it("joins the values of a field that comes twice, and tells them apart on request", () => {
    const { headers } = get("Accept: a, b\r\nX: y\r\naccept: c\r\n");
    assert.equal(headers.get("Accept"), "a, b, c");
    assert.deepEqual(headers.getAll("accept"), ["a, b", "c"]);
    assert.equal(headers.size, 4);
  });

  it("finds no field by a part of its name", () => {
    const { headers } = get("X-Content-Length-Y: 7\r\nContent-Lengthy: 8\r\nExpected: x\r\nHosts: y\r\n");
    assert.equal(headers.has("content-length"), false);
    assert.equal(headers.has("x"), false);
    assert.equal(headers.get("expect"), null);
    assert.deepEqual(headers.getAll("length"), []);
  });

  it("does not take fields out of its own values", () => {
    const head = get("X: Content-Length: 5\r\nY: Transfer-Encoding: chunked\r\n");
    assert.equal(head.bodyBytes, 0);
  });
});

describe("the target of a request (RFC 9112, 3.2)", () => {
  const cases: [method: string, target: string, fields: string, host: string, path: string][] = [
    ["GET", "/", HOST, "a.example", "/"],
    ["GET", "//b.example/x", HOST, "a.example", "//b.example/x"],
    ["GET", "/a;b=c/../d%2F?x=/?&y", HOST, "a.example", "/a;b=c/../d%2F?x=/?&y"],
    ["GET", '/a|b[c]{d}^`\\"<>', HOST, "a.example", '/a|b[c]{d}^`\\"<>'],
    ["GET", "http://a.example/x?y", HOST, "a.example", "/x?y"],
    ["GET", "HTTP://A.example/x", HOST, "A.example", "/x"],
    ["GET", "https://a.example", HOST, "a.example", "/"],
    ["GET", "http://a.example?q", HOST, "a.example", "/?q"],
    ["GET", "http://a.example/x@y", HOST, "a.example", "/x@y"],
    ["OPTIONS", "http://a.example", HOST, "a.example", "*"],
    ["OPTIONS", "*", HOST, "a.example", "*"],
    ["OPTIONS", "/x", HOST, "a.example", "/x"],
    ["CONNECT", "b.example:443", "Host: b.example:443\r\n", "b.example:443", "b.example:443"],
    ["CONNECT", "b.example:443", "Host: b.example\r\n", "b.example:443", "b.example:443"],
    ["CONNECT", "[::1]:443", "Host: [::1]:443\r\n", "[::1]:443", "[::1]:443"],
  ];
  for (const [method, target, fields, host, path] of cases) {
    it(`${method} ${target} is ${path} at ${host}`, () => {
      const head = headOf(`${method} ${target} HTTP/1.1\r\n${fields}\r\n`);
      assert.deepEqual([head.target, head.host, head.path], [target, host, path]);
    });
  }

  it("of HTTP/1.0 has the host of an absolute target, and none without it or Host", () => {
    assert.equal(headOf("GET http://a.example/ HTTP/1.0\r\n\r\n").host, "a.example");
    assert.equal(headOf("GET / HTTP/1.0\r\n\r\n").host, "");
    assert.equal(headOf(`GET / HTTP/1.0\r\n${HOST}\r\n`).host, "a.example");
  });
});

describe("Host (RFC 9112, 3.2; RFC 3986, 3.2.2)", () => {
  for (const host of [
    "a.example",
    "A.EXAMPLE:8080",
    "localhost:0",
    "a_b.example",
    "127.0.0.1:65535",
    "[::1]",
    "[2001:db8::1.2.3.4]:80",
    "a.example:",
    "x%20y",
    "a-b~c!$&'()*+;=",
  ]) {
    it(`may be ${host}`, () => assert.equal(headOf(`GET / HTTP/1.1\r\nHost:${host}\r\n\r\n`).host, host));
  }
});

describe("the body of a request", () => {
  it("is none without Content-Length and Transfer-Encoding, whatever the method (RFC 9112, 6.3)", () => {
    for (const method of ["GET", "POST", "PUT", "x"])
      assert.equal(headOf(`${method} / HTTP/1.1\r\n${HOST}\r\n`).bodyBytes, 0);
  });

  it("has the length that is announced, also with GET, and with zeros before it", () => {
    assert.equal(get("Content-Length: 5\r\n").bodyBytes, 5);
    assert.equal(get("content-length:\t0000000000000005 \r\n").bodyBytes, 5);
    assert.equal(get("Content-Length: 9007199254740991\r\n").bodyBytes, 9_007_199_254_740_991);
  });

  it("is in chunks where Transfer-Encoding is chunked, in letters of any case (RFC 9112, 7)", () => {
    for (const value of ["chunked", "Chunked", " CHUNKED\t"])
      assert.equal(get(`Transfer-Encoding:${value}\r\n`).bodyBytes, -1);
  });

  it("comes whole, and what is behind it is the next request", () => {
    const seen = readRequests(
      `POST /1 HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhelloPOST /2 HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n` +
        `5;a;b=c;d="e \\" f"\r\nhello\r\n00a\r\n0123456789\r\n0;last\r\nX-Sum: 1\r\nx-sum: 2\r\n\r\nGET /3 HTTP/1.1\r\n${HOST}\r\n`,
    );
    assert.deepEqual(
      seen.messages.map(({ start, body, trailers, isComplete }) => ({
        start,
        body,
        trailers,
        isComplete,
      })),
      [
        { start: "POST /1", body: "hello", trailers: null, isComplete: true },
        {
          start: "POST /2",
          body: "hello0123456789",
          trailers: [
            ["x-sum", "1"],
            ["x-sum", "2"],
          ],
          isComplete: true,
        },
        { start: "GET /3", body: "", trailers: null, isComplete: true },
      ],
    );
    assert.equal(seen.isBetweenMessages, true);
  });

  it("may look like a request, and is none", () => {
    const inner = `GET /inner HTTP/1.1\r\n${HOST}\r\n`;
    const seen = readRequests(
      `POST / HTTP/1.1\r\n${HOST}Content-Length: ${inner.length}\r\n\r\n${inner}`,
    );
    assert.equal(seen.messages.length, 1);
    assert.equal(seen.messages[0]?.body, inner);
  });

  it("has what came before an error", () => {
    const seen = readRequests(
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nabc\r\nx`,
    );
    assert.equal(seen.messages[0]?.body, "helloabc");
    assert.equal(seen.rule, "chunk-size");
  });
});

describe("a connection behind a request (RFC 9112, 9.3)", () => {
  const cases: [version: string, connection: string, keepsAlive: boolean][] = [
    ["1.1", "", true],
    ["1.1", "Connection: keep-alive\r\n", true],
    ["1.1", "Connection: close\r\n", false],
    ["1.1", "Connection: Close\r\n", false],
    ["1.1", "Connection: keep-alive, close\r\n", false],
    ["1.1", "Connection: keep-alive\r\nConnection: close\r\n", false],
    ["1.1", "Connection: , x-a ,,close\r\n", false],
    ["1.1", "Connection: closed, unclose\r\n", true],
    ["1.1", "Connection:\r\n", true],
    ["1.1", "Proxy-Connection: close\r\n", true],
    ["1.0", "", false],
    ["1.0", "Connection: Keep-Alive\r\n", true],
    ["1.0", "Connection: keep-alive, close\r\n", false],
    ["1.0", "Connection: upgrade\r\n", false],
  ];
  for (const [version, connection, keepsAlive] of cases) {
    it(`of HTTP/${version} with ${JSON.stringify(connection)} is ${keepsAlive ? "kept" : "closed"}`, () => {
      assert.equal(headOf(`GET / HTTP/${version}\r\n${HOST}${connection}\r\n`).keepsAlive, keepsAlive);
    });
  }
});

describe("Expect (RFC 9110, 10.1.1)", () => {
  it("is for a body in HTTP/1.1, in letters of any case", () => {
    assert.equal(get("Expect: 100-continue\r\nContent-Length: 5\r\n").expectsContinue, true);
    assert.equal(get("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n").expectsContinue, true);
    assert.equal(get("Content-Length: 5\r\n").expectsContinue, false);
  });

  it("says nothing without a body, and in HTTP/1.0, whatever it says there", () => {
    assert.equal(get("Expect: 100-continue\r\n").expectsContinue, false);
    assert.equal(get("Expect: 100-continue\r\nContent-Length: 0\r\n").expectsContinue, false);
    const head = headOf("POST / HTTP/1.0\r\nExpect: anything\r\nContent-Length: 5\r\n\r\n");
    assert.equal(head.expectsContinue, false);
  });
});

describe("Upgrade (RFC 9110, 7.8)", () => {
  it("counts where Connection names it", () => {
    assert.equal(get("Connection: Upgrade\r\nUpgrade: websocket\r\n").upgrade, "websocket");
    assert.equal(get("Connection: x, UPGRADE\r\nUpgrade: h2c, IRC/6.9\r\n").upgrade, "h2c, IRC/6.9");
    assert.equal(get("Connection: upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n").upgrade, "a, b");
  });

  it("is nothing where Connection does not, without a protocol, and in HTTP/1.0", () => {
    assert.equal(get("Upgrade: websocket\r\n").upgrade, null);
    assert.equal(get("Connection: upgrade\r\n").upgrade, null);
    assert.equal(headOf("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n").upgrade, null);
  });

  it("leaves what follows to whoever goes on with the connection", () => {
    const reader = new RequestReader(wireLimits);
    reader.push(
      bytesOf(`GET / HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00`),
    );
    assert.deepEqual([reader.next(), reader.next()], [1, 3]);
    assert.equal(reader.unreadBytes, 2);
    assert.equal(textOf(reader.takeUnread() ?? new Uint8Array()), "\x81\x00");
    assert.equal(reader.takeUnread(), null);
    assert.equal(reader.unreadBytes, 0);
  });
});

describe("a reader of requests", () => {
  it("is between messages until the first byte of the next one, empty lines not counted", () => {
    const reader = new RequestReader(wireLimits);
    const told: boolean[] = [reader.isBetweenMessages];
    for (const byte of singly(bytesOf(`\r\nGET / HTTP/1.1\r\n${HOST}\r\n`))) {
      reader.push(byte);
      while (reader.next() !== 0);
      told.push(reader.isBetweenMessages);
    }
    assert.equal(told.indexOf(false), 3);
    assert.equal(told.lastIndexOf(false), told.length - 2);
  });

  it("keeps the same error for ever", () => {
    const reader = new RequestReader(wireLimits);
    reader.push(bytesOf("GET / HTTP/1.1\n"));
    const errors: unknown[] = [];
    for (let round = 0; round < 3; round++) {
      try {
        reader.next();
      } catch (error) {
        errors.push(error);
      }
      reader.push(bytesOf(`GET / HTTP/1.1\r\n${HOST}\r\n`));
    }
    assert.equal(errors.length, 3);
    assert.equal(new Set(errors).size, 1);
    assert.equal(reader.isBetweenMessages, false);
  });

  it("holds no buffer while it is idle", () => {
    const reader = new RequestReader(wireLimits);
    reader.push(bytesOf(`GET / HTTP/1.1\r\n${HOST}\r\n`));
    while (reader.next() !== 0);
    assert.equal(reader.unreadBytes, 0);
    assert.equal(reader.takeUnread(), null);
  });

  it("refuses at the first byte that no request can have there, and waits for no line end", () => {
    const cases: [text: string, at: number, rule: string][] = [
      ["\x16\x03\x01\x02\x00", 1, "tls"],
      ["{}", 1, "method"],
      ["GET /\n", 6, "request-line"],
      ["GET / HTTP/1.1\nHost: a", 15, "bare-lf"],
      ["GET / HTTP/2.0\r\n", 14, "version"],
      ["GET / HTTX", 10, "request-line"],
      ["GET /\x80", 6, "target"],
      ["GET / HTTP/1.1\r\nHost : a", 21, "field-name-space"],
      ["GET / HTTP/1.1\r\nA: b\0c", 21, "field-value"],
      [`${"A".repeat(40)}`, 33, "method-length"],
      [`GET /${"a".repeat(9_000)}`, 8_193, "request-line-length"],
    ];
    for (const [text, at, rule] of cases) {
      const reader = new RequestReader(wireLimits);
      const pieces = singly(bytesOf(text));
      let pushed = 0;
      assert.throws(
        () => {
          for (const piece of pieces) {
            pushed++;
            reader.push(piece);
            assert.equal(reader.next(), 0);
          }
        },
        { code: "TSY_HTTP_PROTOCOL", rule },
        text.slice(0, 30),
      );
      assert.equal(pushed, at, text.slice(0, 30));
    }
  });
});
