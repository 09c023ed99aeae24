/**
 * Requests that are refused, each with the rule that it breaks: written from RFC 9110 and RFC 9112, and from the classes of past
 * advisories of HTTP servers (smuggling by two lengths, lenient numbers, lenient line ends, two hosts, chunk extensions, trailers).
 */
import type { WireRule } from "../../../src/http/wire/rules.ts";

export interface Malformed {
  readonly what: string;
  readonly rule: WireRule;
  readonly bytes: string;
}

const HOST = "Host: a.example\r\n";

function get(fields: string): string {
  return `GET / HTTP/1.1\r\n${HOST}${fields}\r\n`;
}

function post(fields: string, body = ""): string {
  return `POST / HTTP/1.1\r\n${HOST}${fields}\r\n${body}`;
}

function chunks(body: string): string {
  return post("Transfer-Encoding: chunked\r\n", body);
}

function row(rule: WireRule, what: string, bytes: string): Malformed {
  return { rule, what, bytes };
}

const lines: Malformed[] = [
  row("bare-lf", "a request line that ends with LF", `GET / HTTP/1.1\n${HOST}\r\n`),
  row("bare-lf", "a field that ends with LF", get("A: b\nC: d\r\n")),
  row("bare-lf", "a head that ends with LF LF", `GET / HTTP/1.1\r\n${HOST}\n`),
  row("bare-lf", "an LF before the request line", `\nGET / HTTP/1.1\r\n${HOST}\r\n`),
  row("bare-cr", "a CR within a request line's end", `GET / HTTP/1.1\r${HOST}\r\n`),
  row("bare-cr", "a CR in a value", get("A: b\rc\r\n")),
  row("bare-cr", "a CR that ends a field", get("A: b\rContent-Length: 5\r\n")),
  row("bare-cr", "two CR at the end of a field", get("A: b\r\r\n")),
  row("bare-cr", "a CR in place of the empty line", `GET / HTTP/1.1\r\n${HOST}\r\rX`),
  row("bare-cr", "a CR before the request line", `\rGET / HTTP/1.1\r\n${HOST}\r\n`),
  row("empty-lines", "two empty lines before the request line", `\r\n\r\nGET / HTTP/1.1\r\n${HOST}\r\n`),
  row("tls", "a TLS ClientHello", "\x16\x03\x01\x02\x00\x01\x00"),
  row("method", "an SSL 2 ClientHello", "\x80\x2e\x01\x03\x01"),
  row("method", "zeros", "\0\0\0\0"),
  row("method", "a space first", " GET / HTTP/1.1\r\n"),
  row("method", "a method with a bracket", "GE(T / HTTP/1.1\r\n"),
  row("method", "a method with a NUL", "G\0ET / HTTP/1.1\r\n"),
  row("method", "a method with a byte above ASCII", "G\xc9T / HTTP/1.1\r\n"),
  row("method", "a tab behind the method", "GET\t/ HTTP/1.1\r\n"),
  row("method", "a proxy protocol header of version 2", "\r\n\r\n\0\r\nQUIT\n".slice(4)),
  row("method-length", "a method of 33 bytes", `${"M".repeat(33)} / HTTP/1.1\r\n`),
  row("request-line", "a method alone", "GET\r\n"),
  row("request-line", "HTTP/0.9: no version", "GET /\r\n"),
  row("request-line", "a version in small letters", "GET / http/1.1\r\n"),
  row("request-line", "a version of two digits", "GET / HTTP/11\r\n"),
  row("request-line", "a minor version of two digits", "GET / HTTP/1.10\r\n"),
  row("request-line", "a version with a comma", "GET / HTTP/1,1\r\n"),
  row("request-line", "a space behind the version", "GET / HTTP/1.1 \r\n"),
  row("request-line", "two spaces before the version", "GET /  HTTP/1.1\r\n"),
  row("request-line", "a target with a space", "GET /a b HTTP/1.1\r\n"),
  row("request-line", "another protocol", "GET / ICY/1.1\r\n"),
  row("request-line", "no version, and a space", "GET / \r\n"),
  row("version", "HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  row("version", "HTTP/1.2", "GET / HTTP/1.2\r\n"),
  row("version", "HTTP/0.9 written out", "GET / HTTP/0.9\r\n"),
  row("version", "HTTP/3.0", "GET / HTTP/3.0\r\n"),
  row("request-line-length", "a target of 9,000 bytes", `GET /${"a".repeat(9_000)} HTTP/1.1\r\n`),
];

const targets: Malformed[] = [
  row("target", "two spaces behind the method", "GET  / HTTP/1.1\r\n"),
  row("target", "a NUL in the target", "GET /\0 HTTP/1.1\r\n"),
  row("target", "a tab in the target", "GET /\t HTTP/1.1\r\n"),
  row("target", "raw UTF-8 in the target", "GET /caf\xc3\xa9 HTTP/1.1\r\n"),
  row("target", "a DEL in the target", "GET /\x7f HTTP/1.1\r\n"),
  row("target-fragment", "a fragment", "GET /#top HTTP/1.1\r\n"),
  row(
    "target-fragment",
    "a fragment in an absolute target",
    `GET http://a.example/#top HTTP/1.1\r\n${HOST}\r\n`,
  ),
  row("target-form", "GET *", `GET * HTTP/1.1\r\n${HOST}\r\n`),
  row("target-form", "a path without its slash", `GET index.html HTTP/1.1\r\n${HOST}\r\n`),
  row("target-form", "an authority with GET", `GET a.example:80 HTTP/1.1\r\n${HOST}\r\n`),
  row("target-form", "another scheme", `GET ftp://a.example/ HTTP/1.1\r\n${HOST}\r\n`),
  row("target-form", "a scheme with one slash", `GET http:/a.example/ HTTP/1.1\r\n${HOST}\r\n`),
  row("target-form", "a query alone", `GET ?q HTTP/1.1\r\n${HOST}\r\n`),
  row("target-authority", "an absolute target without a host", `GET http:///x HTTP/1.1\r\n${HOST}\r\n`),
  row(
    "target-authority",
    "userinfo in an absolute target",
    `GET http://me@a.example/ HTTP/1.1\r\n${HOST}\r\n`,
  ),
  row(
    "target-authority",
    "a backslash in an authority",
    `GET http://a.example\\b/ HTTP/1.1\r\n${HOST}\r\n`,
  ),
  row("target-authority", "CONNECT with a path", `CONNECT / HTTP/1.1\r\n${HOST}\r\n`),
  row("target-authority", "CONNECT without a port", `CONNECT a.example HTTP/1.1\r\n${HOST}\r\n`),
  row("target-authority", "CONNECT with an empty port", `CONNECT a.example: HTTP/1.1\r\n${HOST}\r\n`),
  row("target-authority", "CONNECT with a URL", `CONNECT http://a.example:80/ HTTP/1.1\r\n${HOST}\r\n`),
  row(
    "target-host",
    "an absolute target of another host",
    `GET http://b.example/ HTTP/1.1\r\n${HOST}\r\n`,
  ),
  row(
    "target-host",
    "an absolute target of another port",
    `GET http://a.example:81/ HTTP/1.1\r\n${HOST}\r\n`,
  ),
  row("target-host", "CONNECT to another host", `CONNECT b.example:443 HTTP/1.1\r\n${HOST}\r\n`),
  row("host-missing", "no Host", "GET / HTTP/1.1\r\n\r\n"),
  row("host-missing", "no Host beside an absolute target", "GET http://a.example/ HTTP/1.1\r\n\r\n"),
  row("host-repeated", "two hosts", get("Host: b.example\r\n")),
  row("host-repeated", "the same Host twice", get(HOST)),
  row("host-repeated", "two hosts in different letters", get("hOST: b.example\r\n")),
  row("host", "an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
  row("host", "a list of hosts", "GET / HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n"),
  row("host", "hosts with a comma", "GET / HTTP/1.1\r\nHost: a.example,b.example\r\n\r\n"),
  row("host", "a path in Host", "GET / HTTP/1.1\r\nHost: a.example/x\r\n\r\n"),
  row("host", "userinfo in Host", "GET / HTTP/1.1\r\nHost: me@a.example\r\n\r\n"),
  row("host", "a scheme in Host", "GET / HTTP/1.1\r\nHost: http://a.example\r\n\r\n"),
  row("host", "a query in Host", "GET / HTTP/1.1\r\nHost: a.example?x\r\n\r\n"),
  row("host", "a space in Host", "GET / HTTP/1.1\r\nHost: a.example b.example\r\n\r\n"),
  row("host", "a tab in Host", "GET / HTTP/1.1\r\nHost: a.example\tb\r\n\r\n"),
  row("host", "a port that is none", "GET / HTTP/1.1\r\nHost: a.example:8o\r\n\r\n"),
  row("host", "a port above 65535", "GET / HTTP/1.1\r\nHost: a.example:65536\r\n\r\n"),
  row("host", "two ports", "GET / HTTP/1.1\r\nHost: a.example:80:81\r\n\r\n"),
  row("host", "an IPv6 address without brackets", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n"),
  row("host", "an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
  row("host", "a percent sign with no digits", "GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n"),
  row("host", "a byte above ASCII", "GET / HTTP/1.1\r\nHost: caf\xe9.example\r\n\r\n"),
];

const fields: Malformed[] = [
  row("obs-fold", "a folded value", get("A: b\r\n c\r\n")),
  row("obs-fold", "a value folded with a tab", get("A: b\r\n\tc\r\n")),
  row("obs-fold", "a space before the first field", `GET / HTTP/1.1\r\n ${HOST}\r\n`),
  row("obs-fold", "a folded Content-Length", post("Content-Length: 1\r\n 2\r\n")),
  row("field-name-space", "a space before the colon", get("A : b\r\n")),
  row("field-name-space", "a tab before the colon", get("Content-Length\t: 5\r\n")),
  row("field-name-space", "a space in a name", get("A B: c\r\n")),
  row("field-name", "an empty name", get(": b\r\n")),
  row("field-name", "a line without a colon", get("A\r\n")),
  row("field-name", "a name in brackets", get("A[]: b\r\n")),
  row("field-name", "a NUL in a name", get("A\0: b\r\n")),
  row("field-name", "a byte above ASCII in a name", get("\xc4: b\r\n")),
  row("field-name", "a name in quotes", get('"A": b\r\n')),
  row("field-name", "an LF in a name", get("A\nB: c\r\n")),
  row("field-value", "a NUL in a value", get("A: b\0\r\n")),
  row("field-value", "an escape in a value", get("A: \x1b[2J\r\n")),
  row("field-value", "a DEL in a value", get("A: \x7f\r\n")),
  row("field-value", "a vertical tab in a value", get("A: b\vc\r\n")),
  row("field-count", "101 fields", get("A: b\r\n".repeat(100))),
  row("head-length", "a head above 16 KiB", get(`A: ${"b".repeat(16_384)}\r\n`)),
  row("connection", "a quoted Connection", get('Connection: "close"\r\n')),
  row("connection", "a Connection with a parameter", get("Connection: keep-alive;x\r\n")),
  row("upgrade", "an Upgrade that is no protocol", get("Connection: upgrade\r\nUpgrade: a/b/c\r\n")),
  row("upgrade", "an empty Upgrade", get("Connection: upgrade\r\nUpgrade:\r\n")),
  row("expect", "an unknown expectation", post("Expect: 200-ok\r\nContent-Length: 5\r\n", "hello")),
  row(
    "expect",
    "two expectations",
    post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5\r\n"),
  ),
];

const lengths: Malformed[] = [
  row("content-length-repeated", "two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n")),
  row(
    "content-length-repeated",
    "the same length twice",
    post("Content-Length: 5\r\ncontent-length: 5\r\n"),
  ),
  row("content-length", "a list of lengths", post("Content-Length: 5, 5\r\n")),
  row("content-length", "a plus sign", post("Content-Length: +5\r\n")),
  row("content-length", "a minus sign", post("Content-Length: -5\r\n")),
  row("content-length", "no digits", post("Content-Length:\r\n")),
  row("content-length", "a hexadecimal length", post("Content-Length: 0x10\r\n")),
  row("content-length", "an exponent", post("Content-Length: 1e3\r\n")),
  row("content-length", "an underscore", post("Content-Length: 1_0\r\n")),
  row("content-length", "a decimal point", post("Content-Length: 5.0\r\n")),
  row("content-length", "a space between digits", post("Content-Length: 1 0\r\n")),
  row("content-length", "superscript digits (Latin-1)", post("Content-Length: \xb2\r\n")),
  row("content-length", "Arabic-Indic digits (UTF-8)", post("Content-Length: \xd9\xa5\r\n")),
  row("content-length", "two to the power of 53", post("Content-Length: 9007199254740992\r\n")),
  row("content-length", "17 digits", post("Content-Length: 00000000000000005\r\n")),
  row(
    "content-length-coding",
    "a length and chunks",
    post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
  ),
  row(
    "content-length-coding",
    "chunks and a length",
    post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
  ),
  row(
    "content-length-coding",
    "a length of 0 and chunks",
    post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
  ),
  row(
    "content-length-forbidden",
    "CONNECT with content",
    `CONNECT a.example:80 HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\n`,
  ),
  row(
    "content-length-forbidden",
    "CONNECT in chunks",
    `CONNECT a.example:80 HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`,
  ),
  row(
    "transfer-encoding-repeated",
    "chunked twice",
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
  ),
  row(
    "transfer-encoding-repeated",
    "chunked and identity",
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
  ),
  row("transfer-encoding", "chunked within chunked", post("Transfer-Encoding: chunked, chunked\r\n")),
  row("transfer-encoding", "gzip alone", post("Transfer-Encoding: gzip\r\n")),
  row("transfer-encoding", "chunked before gzip", post("Transfer-Encoding: chunked, gzip\r\n")),
  row("transfer-encoding", "identity", post("Transfer-Encoding: identity\r\n")),
  row("transfer-encoding", "no coding", post("Transfer-Encoding:\r\n")),
  row("transfer-encoding", "xchunked", post("Transfer-Encoding: xchunked\r\n")),
  row("transfer-encoding", "chunked in quotes", post('Transfer-Encoding: "chunked"\r\n')),
  row("transfer-encoding", "chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n")),
  row("transfer-encoding", "chunked and a comma", post("Transfer-Encoding: chunked,\r\n")),
  row(
    "transfer-encoding",
    "chunked and a non-breaking space",
    post("Transfer-Encoding: chunked\xa0\r\n"),
  ),
  row("transfer-encoding-unknown", "gzip in chunks", post("Transfer-Encoding: gzip, chunked\r\n")),
  row(
    "transfer-encoding-version",
    "chunks in HTTP/1.0",
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ),
];

const bodies: Malformed[] = [
  row("chunk-size", "a chunk without a size", chunks("\r\nhello\r\n")),
  row("chunk-size", "a size with a sign", chunks("+5\r\nhello\r\n")),
  row("chunk-size", "a negative size", chunks("-5\r\nhello\r\n")),
  row("chunk-size", "a size with 0x", chunks("0x5\r\nhello\r\n")),
  row("chunk-size", "an underscore in a size", chunks("1_0\r\n")),
  row("chunk-size", "a space before a size", chunks(" 5\r\nhello\r\n")),
  row("chunk-size", "a space behind a size", chunks("5 \r\nhello\r\n")),
  row("chunk-size", "a tab behind a size", chunks("5\t;a\r\nhello\r\n")),
  row("chunk-size", "a size of 17 digits", chunks("00000000000000005\r\nhello\r\n")),
  row("chunk-size", "a size that wraps around 64 bits", chunks("10000000000000005\r\nhello\r\n")),
  row("chunk-size", "a size above 2 to the power of 53", chunks("ffffffffffffffff\r\n")),
  row("chunk-size", "a letter beyond f", chunks("g\r\n")),
  row("chunk-size", "a digit of another script", chunks("\xb2\r\n")),
  row("bare-lf", "a size that ends with LF", chunks("5\nhello\r\n")),
  row("bare-cr", "a size that ends with CR", chunks("5\rhello\r\n")),
  row("bare-lf", "an LF in a chunk extension", chunks("5;a\nb\r\nhello\r\n")),
  row("bare-lf", "an LF in a quoted chunk extension", chunks('5;a="\n"\r\nhello\r\n')),
  row("chunk-extension", "a chunk extension without a name", chunks("5;\r\nhello\r\n")),
  row("chunk-extension", "a chunk extension without a value", chunks("5;a=\r\nhello\r\n")),
  row("chunk-extension", "a space in a chunk extension", chunks("5; a\r\nhello\r\n")),
  row("chunk-extension", "a NUL in a chunk extension", chunks("5;a\0\r\nhello\r\n")),
  row(
    "chunk-extension",
    "a control character in a quoted chunk extension",
    chunks('5;a="\x01"\r\nhello\r\n'),
  ),
  row("chunk-extension", "text behind a quoted chunk extension", chunks('5;a="b"c\r\nhello\r\n')),
  row("chunk-extension", "an open quote in a chunk extension", chunks('5;a="b\r\nhello\r\n')),
  row(
    "chunk-extension-length",
    "chunk extensions above 4 KiB",
    chunks(`5;${"a".repeat(4_096)}\r\nhello\r\n`),
  ),
  row("chunk-end", "a chunk longer than its size", chunks("5\r\nhello!\r\n")),
  row("chunk-end", "a chunk that ends with LF", chunks("5\r\nhello\n0\r\n\r\n")),
  row("chunk-end", "a chunk that ends with CR", chunks("5\r\nhello\r0\r\n\r\n")),
  row("chunk-end", "a chunk shorter than its size", chunks("6\r\nhello\r\n0\r\n\r\n")),
  row("trailer-name", "Content-Length in the trailer", chunks("0\r\nContent-Length: 5\r\n\r\n")),
  row(
    "trailer-name",
    "Transfer-Encoding in the trailer",
    chunks("0\r\ntransfer-encoding: chunked\r\n\r\n"),
  ),
  row("trailer-name", "Host in the trailer", chunks("0\r\nA: b\r\nHOST: b.example\r\n\r\n")),
  row("trailer-name", "Authorization in the trailer", chunks("0\r\nAuthorization: Basic x\r\n\r\n")),
  row("trailer-length", "a trailer above 8 KiB", chunks(`0\r\nA: ${"b".repeat(8_192)}\r\n\r\n`)),
  row("field-count", "101 trailer fields", chunks(`0\r\n${"A: b\r\n".repeat(101)}\r\n`)),
  row("obs-fold", "a folded trailer", chunks("0\r\nA: b\r\n c\r\n\r\n")),
  row("field-name-space", "a space before the colon of a trailer", chunks("0\r\nA : b\r\n\r\n")),
  row("field-name", "data behind the last chunk", chunks("0\r\nhello\r\n\r\n")),
  row("bare-lf", "a trailer that ends with LF", chunks("0\r\n\n")),
];

export const malformedRequests: readonly Malformed[] = [
  ...lines,
  ...targets,
  ...fields,
  ...lengths,
  ...bodies,
];
