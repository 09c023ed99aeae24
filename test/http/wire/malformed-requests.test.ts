import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { wireRules, type WireRule } from "../../../src/http/wire/rules.ts";
import { malformedRequests } from "./malformed-requests.ts";
import { readRequests, readRequestsSlowly } from "./reading.ts";

describe("a malformed request", () => {
  for (const { what, rule, bytes } of malformedRequests) {
    it(`is refused: ${what} (${rule})`, () => {
      const seen = readRequests(bytes);
      assert.equal(seen.refused, `${rule} ${wireRules[rule][0]}`);
    });
  }

  it("is refused with the same error, and the same messages before it, where it comes byte by byte", () => {
    for (const { what, bytes } of malformedRequests) {
      const whole = readRequests(bytes);
      const single = readRequestsSlowly(bytes);
      assert.deepEqual(
        { ...single, atBytes: 0 },
        { ...whole, atBytes: 0 },
        `${what}: cut differently, it means something else`,
      );
    }
  });

  it("says in its message what is wrong", () => {
    for (const { what, rule, bytes } of malformedRequests) {
      const { message } = readRequests(bytes);
      assert.ok(message.startsWith(`TSY_HTTP_PROTOCOL: ${wireRules[rule][1]}`), what);
      assert.ok(message.length < 300, `${what}: ${message.length} characters`);
    }
  });

  it("shows that each rule for requests refuses something", () => {
    const elsewhere: WireRule[] = [
      "content-too-large", // a limit without a default
      "status-line",
      "status-line-length",
      "upgrade-missing",
      "interim-count",
      "truncated",
    ];
    const shown = new Set<string>([...malformedRequests.map((row) => row.rule), ...elsewhere]);
    assert.deepEqual(
      Object.keys(wireRules).filter((rule) => !shown.has(rule)),
      [],
    );
  });
});
