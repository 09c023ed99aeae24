import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { wireRules } from "../../../src/http/wire/rules.ts";
import { malformedResponses } from "./malformed-responses.ts";
import { readResponses, readResponsesSlowly } from "./reading.ts";

describe("a malformed response", () => {
  for (const { what, rule, bytes, method } of malformedResponses) {
    it(`is refused: ${what} (${rule})`, () => {
      assert.equal(readResponses(bytes, method).refused, `${rule} ${wireRules[rule][0]}`);
    });
  }

  it("is refused with the same error, and the same messages before it, where it comes byte by byte", () => {
    for (const { what, bytes, method } of malformedResponses) {
      const whole = readResponses(bytes, method);
      const single = readResponsesSlowly(bytes, method);
      assert.deepEqual({ ...single, atBytes: 0 }, { ...whole, atBytes: 0 }, what);
    }
  });
});
