import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeFailure } from "../../src/cli/fetch-failure.ts";
import { TooManyRedirects } from "../../src/http/client/features/redirect-errors.ts";
import { HttpRequestFailed, type RequestFacts } from "../../src/http/client/request-errors.ts";
import { HttpProtocolError } from "../../src/http/wire/errors.ts";
import {
  ConnectFailed,
  ConnectionRefused,
  ConnectionReset,
  TlsFailed,
  UnknownHost,
} from "../../src/io/errors.ts";
import { TimeoutError } from "../../src/kernel/errors.ts";

function factsOf(url: string, wasSent: boolean): RequestFacts {
  const timings = {
    startedAt: 0,
    connectionMs: null,
    sentMs: null,
    headMs: null,
    endMs: null,
    isReused: false,
  };
  return { method: "GET", url, attempt: 1, phase: wasSent ? "head" : "connect", wasSent, timings };
}

/** What the client throws when this happened. */
function failed(cause: unknown, url = "https://example.com/page", wasSent = false): HttpRequestFailed {
  return new HttpRequestFailed(factsOf(url, wasSent), cause);
}

function system(code: string, message = code): Error {
  return Object.assign(new Error(message), { code });
}

const refused = new ConnectionRefused("127.0.0.1:80", system("ECONNREFUSED"));

function describeIn(error: unknown, url = "https://example.com/page", bytes = 0) {
  return describeFailure(error, new URL(url), bytes, 500);
}

describe("The words for a failure", () => {
  it("name the server with its port, given or not", () => {
    const words = (url: string): string => describeIn(failed(refused, url), url).message;
    assert.match(words("https://example.com/"), / by example\.com:443: is a server running there\?$/);
    assert.match(words("http://example.com/"), / by example\.com:80: /);
    assert.match(words("http://[::1]:81/"), / by \[::1\]:81: /);
  });

  it("name the server to which a redirect led", () => {
    const led = failed(refused, "http://127.0.0.1:8080/");
    assert.match(describeIn(led).message, / by 127\.0\.0\.1:8080: /);
    const missing = failed(
      new UnknownHost("www.example.con", system("ENOTFOUND")),
      "http://www.example.con/",
    );
    assert.match(describeIn(missing).message, /no host named "www\.example\.con"/);
  });

  it("say what is wrong with a certificate", () => {
    const words: Record<string, RegExp> = {
      DEPTH_ZERO_SELF_SIGNED_CERT:
        /^no secure connection to example\.com:443: its certificate is self-signed$/,
      CERT_HAS_EXPIRED: /its certificate has expired$/,
      ERR_TLS_CERT_ALTNAME_INVALID: /its certificate is for another name$/,
      UNABLE_TO_VERIFY_LEAF_SIGNATURE: /an authority that is not known here$/,
      ERR_SSL_WRONG_VERSION_NUMBER: /is it http:\/\/ that you mean\?$/,
      ERR_SSL_SOMETHING_NEW: /: ERR_SSL_SOMETHING_NEW$/,
    };
    for (const [code, pattern] of Object.entries(words)) {
      const failure = describeIn(failed(new TlsFailed("the server", system(code))));
      assert.deepEqual([failure.kind, failure.transient], ["tls", false], code);
      assert.match(failure.message, pattern);
    }
  });

  it("call transient what another attempt may mend", () => {
    const transient: Record<string, Error> = {
      refused: failed(refused),
      name: failed(new UnknownHost("example.com", system("EAI_AGAIN"))),
      unreachable: failed(new ConnectFailed("example.com:443", [system("ENETUNREACH")])),
      closed: failed(new ConnectionReset("example.com:443", system("ECONNRESET")), undefined, true),
    };
    for (const [kind, error] of Object.entries(transient))
      assert.deepEqual([describeIn(error).kind, describeIn(error).transient], [kind, true]);
    const lasting: Record<string, Error> = {
      name: failed(new UnknownHost("example.com", system("ENOTFOUND"))),
      "not-http": failed(new HttpProtocolError("status-line"), undefined, true),
      redirects: new TooManyRedirects(factsOf("http://example.com/", true), 10, "round and round"),
      other: failed(system("EWHATEVER")),
    };
    for (const [kind, error] of Object.entries(lasting))
      assert.deepEqual([describeIn(error).kind, describeIn(error).transient], [kind, false]);
  });

  it("call an answer that breaks off closed, whether or not something of it came", () => {
    const silent = failed(new Error("the server has closed the connection"), undefined, true);
    const cut = failed(new HttpProtocolError("truncated"), undefined, true);
    for (const error of [silent, cut])
      assert.match(
        describeIn(error).message,
        /^example\.com:443 closed the connection before its answer was complete$/,
      );
  });

  it("say how much came before a time limit", () => {
    const late = new TimeoutError("main", "500 ms");
    assert.equal(describeIn(late).message, "no answer within 500 ms");
    assert.equal(
      describeIn(late, undefined, 3_000).message,
      "only 3.0 kB of the answer came within 500 ms",
    );
  });

  it("fall back on the innermost cause, on one line and unable to move the cursor", () => {
    const failure = describeIn(failed(system("EWHATEVER", "it\nbroke \u001B[2J")));
    assert.deepEqual(failure, { kind: "other", message: "it broke ?[2J", transient: false });
    assert.equal(describeIn("a string").message, "a string");
  });
});
