import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeFailure } from "../../src/cli/fetch-failure.ts";
import { TimeoutError } from "../../src/kernel/errors.ts";

/** An error as `fetch` throws it on Node: what happened is its cause. */
function fetchFailed(code: string, message: string = code, more: object = {}): TypeError {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(message), { code, ...more }) });
}

function describeIn(error: unknown, url = "https://example.com/page", bytes = 0) {
  return describeFailure(error, new URL(url), bytes, 500);
}

describe("The words for a failure", () => {
  it("name the server with its port, given or not", () => {
    const error = fetchFailed("ECONNREFUSED");
    assert.match(describeIn(error).message, / by example\.com:443: is a server running there\?$/);
    assert.match(describeIn(error, "http://example.com/").message, / by example\.com:80: /);
    assert.match(describeIn(error, "http://[::1]:81/").message, / by \[::1\]:81: /);
  });

  it("name the server to which a redirect led, where that is known", () => {
    const error = fetchFailed("ECONNREFUSED", "connect", { address: "127.0.0.1", port: 8_080 });
    assert.match(describeIn(error).message, / by 127\.0\.0\.1:8080: /);
    const missing = fetchFailed("ENOTFOUND", "getaddrinfo ENOTFOUND www.example.con");
    assert.match(describeIn(missing).message, /no host named "www\.example\.con"/);
  });

  it("look behind an error that stands for one at each address of a host", () => {
    const both = new AggregateError([fetchFailed("ECONNREFUSED"), fetchFailed("ECONNREFUSED")]);
    assert.equal(describeIn(new TypeError("fetch failed", { cause: both })).kind, "refused");
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
      const failure = describeIn(fetchFailed(code));
      assert.deepEqual([failure.kind, failure.transient], ["tls", false], code);
      assert.match(failure.message, pattern);
    }
  });

  it("call transient what another attempt may mend", () => {
    const transient = [
      "ECONNREFUSED",
      "ECONNRESET",
      "UND_ERR_SOCKET",
      "EAI_AGAIN",
      "ETIMEDOUT",
      "ENETUNREACH",
    ];
    for (const code of transient) assert.equal(describeIn(fetchFailed(code)).transient, true, code);
    for (const code of ["ENOTFOUND", "HPE_INVALID_HEADER_TOKEN", "EWHATEVER"]) {
      assert.equal(describeIn(fetchFailed(code)).transient, false, code);
    }
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
    const failure = describeIn(fetchFailed("EWHATEVER", "it\nbroke \u001B[2J"));
    assert.deepEqual(failure, { kind: "other", message: "it broke ?[2J", transient: false });
    assert.equal(describeIn("a string").message, "a string");
  });
});
