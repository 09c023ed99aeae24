/** The name of a rule of the HTTP/1.1 grammar or framing. */
export type WireRule =
  | "tls"
  | "bare-lf"
  | "bare-cr"
  | "empty-lines"
  | "method"
  | "method-length"
  | "request-line"
  | "request-line-length"
  | "target"
  | "target-fragment"
  | "target-form"
  | "target-authority"
  | "target-host"
  | "version"
  | "status-line"
  | "status-line-length"
  | "obs-fold"
  | "field-name"
  | "field-name-space"
  | "field-value"
  | "field-count"
  | "head-length"
  | "host-missing"
  | "host-repeated"
  | "host"
  | "content-length"
  | "content-length-repeated"
  | "content-length-coding"
  | "content-length-forbidden"
  | "transfer-encoding"
  | "transfer-encoding-repeated"
  | "transfer-encoding-unknown"
  | "transfer-encoding-version"
  | "content-too-large"
  | "connection"
  | "upgrade"
  | "upgrade-missing"
  | "expect"
  | "chunk-size"
  | "chunk-extension"
  | "chunk-extension-length"
  | "chunk-end"
  | "trailer-name"
  | "trailer-length"
  | "interim-count"
  | "truncated";

/**
 * The rules that a message may break: what a server answers, and what the message says of it. There is no lenient mode: whoever reads
 * differently from us what we let pass has found a fault of ours.
 *
 * Most have the status 400. The others follow RFC 9110: 413 for content, 414 for a target and 431 for fields that are too long, 417 for
 * an expectation nobody knows, 501 for a method or transfer coding nobody has, 505 for another version.
 */
export const wireRules: Readonly<Record<WireRule, readonly [status: number, what: string]>> = {
  tls: [400, "a TLS handshake came on a connection without TLS"],
  "bare-lf": [400, "a line ends with LF alone, not with CRLF"],
  "bare-cr": [400, "a CR has no LF behind it"],
  "empty-lines": [400, "more than one empty line comes before the request line"],
  method: [400, "the method is not a token"],
  "method-length": [501, "the method is longer than any that is known"],
  "request-line": [400, 'the request line is not "method target HTTP/1.1"'],
  "request-line-length": [414, "the request line is too long"],
  target: [400, "the request target is none"],
  "target-fragment": [400, 'the request target has a fragment ("#")'],
  "target-form": [400, "the request target has a form that its method does not allow"],
  "target-authority": [400, "the authority in the request target is not valid"],
  "target-host": [400, "the authority in the request target is another one than in Host"],
  version: [505, "the version is not HTTP/1.1 or HTTP/1.0"],
  "status-line": [400, 'the status line is not "HTTP/1.1 status reason"'],
  "status-line-length": [400, "the status line is too long"],
  "obs-fold": [400, "a line of the head begins with a space or tab"],
  "field-name": [400, "the name of a field is not a token"],
  "field-name-space": [400, "a space or tab stands between the name of a field and its colon"],
  "field-value": [400, "the value of a field has a control character"],
  "field-count": [431, "there are too many fields"],
  "head-length": [431, "the head is too long"],
  "host-missing": [400, "the request has no Host"],
  "host-repeated": [400, "the request has more than one Host"],
  host: [400, 'the value of Host is not "name" or "name:port"'],
  "content-length": [400, "the value of Content-Length is not a decimal number"],
  "content-length-repeated": [400, "Content-Length comes more than once"],
  "content-length-coding": [400, "there is a Content-Length and a Transfer-Encoding"],
  "content-length-forbidden": [400, "a message that cannot have content announces some"],
  "transfer-encoding": [400, 'the transfer coding does not end with "chunked"'],
  "transfer-encoding-repeated": [400, "Transfer-Encoding comes more than once"],
  "transfer-encoding-unknown": [501, 'the transfer coding is not just "chunked"'],
  "transfer-encoding-version": [400, "HTTP/1.0 has no transfer codings"],
  "content-too-large": [413, "the content is longer than allowed"],
  connection: [400, "the value of Connection is not a list of tokens"],
  upgrade: [400, "the value of Upgrade is not a list of protocols"],
  "upgrade-missing": [400, "status 101 lacks Upgrade, or Connection: upgrade"],
  expect: [417, 'the value of Expect is not "100-continue"'],
  "chunk-size": [400, "the size of a chunk is not a hexadecimal number below 2 to the power of 53"],
  "chunk-extension": [400, "an extension of a chunk is not valid"],
  "chunk-extension-length": [400, "the extensions of chunks are too long"],
  "chunk-end": [400, "the data of a chunk is not followed by CRLF"],
  "trailer-name": [400, "a trailer field has a name that only belongs in a head"],
  "trailer-length": [431, "the trailer fields are too long"],
  "interim-count": [400, "there are too many interim (1xx) responses"],
  truncated: [400, "the connection ended within a message"],
};
