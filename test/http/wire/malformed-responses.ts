/** Responses that are refused, each with the rule that it breaks. */
import type { WireRule } from "../../../src/http/wire/rules.ts";

export interface MalformedResponse {
  readonly what: string;
  readonly rule: WireRule;
  readonly method: string;
  readonly bytes: string;
}

function row(rule: WireRule, what: string, bytes: string, method: string = "GET"): MalformedResponse {
  return { rule, what, bytes, method };
}

function ok(fields: string, body: string = ""): string {
  return `HTTP/1.1 200 OK\r\n${fields}\r\n${body}`;
}

export const malformedResponses: readonly MalformedResponse[] = [
  row("status-line", "an SSH greeting", "SSH-2.0-OpenSSH_9.2\r\n"),
  row("status-line", "a TLS alert", "\x15\x03\x01\x00\x02\x02\x16"),
  row("status-line", "HTTP/0.9: the page itself", "<html>"),
  row("status-line", "an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n"),
  row("status-line", "a version in small letters", "http/1.1 200 OK\r\n\r\n"),
  row("status-line", "a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"),
  row("status-line", "a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"),
  row("status-line", "a status that begins with 0", "HTTP/1.1 099 Low\r\n\r\n"),
  row("status-line", "two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n"),
  row("status-line", "no status", "HTTP/1.1\r\n\r\n"),
  row("status-line", "a status that is none", "HTTP/1.1 2x0 OK\r\n\r\n"),
  row("status-line", "a control character in the reason", "HTTP/1.1 200 O\0K\r\n\r\n"),
  row("status-line", "a request", "GET / HTTP/1.1\r\n\r\n"),
  row("status-line-length", "an endless reason", `HTTP/1.1 200 ${"a".repeat(9_000)}`),
  row("version", "HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n"),
  row("version", "HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n"),
  row("bare-lf", "a status line that ends with LF", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"),
  row("bare-lf", "a status line without a reason that ends with LF", "HTTP/1.1 200\n\n"),
  row("bare-lf", "a field that ends with LF", ok("A: b\nContent-Length: 0\r\n")),
  row("bare-cr", "a CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n"),
  row("bare-cr", "a CR in a value", ok("A: b\rSet-Cookie: c\r\n")),
  row("obs-fold", "a folded value", ok("A: b\r\n c\r\n")),
  row("field-name-space", "a space before the colon", ok("Content-Length : 5\r\n", "hello")),
  row("field-name", "an empty name", ok(": b\r\n")),
  row("field-value", "a NUL in a value", ok("A: b\0\r\n")),
  row("field-count", "101 fields", ok("A: b\r\n".repeat(101))),
  row("head-length", "a head above 16 KiB", ok(`A: ${"b".repeat(16_384)}\r\n`)),
  row(
    "content-length-repeated",
    "two lengths",
    ok("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"),
  ),
  row(
    "content-length-repeated",
    "the same length twice",
    ok("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
  ),
  row("content-length", "a list of lengths", ok("Content-Length: 5, 5\r\n", "hello")),
  row("content-length", "a signed length", ok("Content-Length: +5\r\n", "hello")),
  row("content-length", "a broken length beside HEAD", ok("Content-Length: x\r\n"), "HEAD"),
  row(
    "content-length-coding",
    "a length and chunks",
    ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
  ),
  row(
    "content-length-coding",
    "both beside HEAD",
    ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
    "HEAD",
  ),
  row(
    "transfer-encoding-repeated",
    "chunked twice",
    ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
  ),
  row("transfer-encoding", "gzip until the end", ok("Transfer-Encoding: gzip\r\n", "x")),
  row("transfer-encoding", "identity", ok("Transfer-Encoding: identity\r\n", "x")),
  row(
    "transfer-encoding-unknown",
    "gzip in chunks",
    ok("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
  ),
  row(
    "transfer-encoding-version",
    "chunks in HTTP/1.0",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ),
  row(
    "content-length-forbidden",
    "status 204 with content",
    "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
  ),
  row(
    "content-length-forbidden",
    "status 204 in chunks",
    "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ),
  row(
    "content-length-forbidden",
    "status 100 with content",
    "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello",
  ),
  row("upgrade-missing", "status 101 without Upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
  row(
    "upgrade",
    "status 101 to no protocol",
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a b\r\n\r\n",
  ),
  row(
    "upgrade-missing",
    "status 101 without Connection: upgrade",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
  ),
  row("interim-count", "33 interim responses", "HTTP/1.1 102 Processing\r\n\r\n".repeat(33)),
  row(
    "chunk-size",
    "a size with a sign",
    ok("Transfer-Encoding: chunked\r\n", "+5\r\nhello\r\n0\r\n\r\n"),
  ),
  row(
    "chunk-end",
    "a chunk longer than its size",
    ok("Transfer-Encoding: chunked\r\n", "5\r\nhello!\r\n0\r\n\r\n"),
  ),
  row(
    "chunk-extension",
    "a space in a chunk extension",
    ok("Transfer-Encoding: chunked\r\n", "5; a\r\nhello\r\n0\r\n\r\n"),
  ),
  row(
    "trailer-name",
    "Content-Length in the trailer",
    ok("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 5\r\n\r\n"),
  ),
  row("status-line", "bytes behind a response", ok("Content-Length: 5\r\n", "hello!")),
];
