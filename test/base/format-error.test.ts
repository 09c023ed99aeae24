import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatError, sleep, TimeoutError, withTaskGroup } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("formatError", () => {
  it(
    "shows the stack, the causes and the suppressed failures",
    virtual(async () => {
      const error = await withTaskGroup((group) => {
        group.spawn(() => {
          throw new Error("first", { cause: new RangeError("root cause") });
        });
        group.spawn(async () => {
          await sleep(1).finally(() => {
            throw new TypeError("second");
          });
        });
      }).catch((thrown: unknown) => thrown);
      const text = formatError(error);
      assert.match(text, /^Error: first\n\s+at /);
      assert.match(text, /\n {2}cause: RangeError: root cause/);
      assert.match(text, /\n {2}suppressed 1 of 1: TypeError: second/);
    }),
  );

  it("shows the members of an AggregateError, and ends at a cycle", () => {
    const error = new AggregateError([new Error("member")], "all failed");
    error.cause = error;
    const text = formatError(error);
    assert.match(text, /error 1 of 1: Error: member/);
    assert.match(text, /cause: AggregateError: all failed \(shown above\)/);
  });

  it("takes any value", () => {
    assert.equal(formatError("text"), '"text"');
    assert.equal(formatError(undefined), "undefined");
    assert.match(formatError(Object.create(null)), /object/);
    assert.match(formatError(new TimeoutError("scope", "5 ms")), /TSY_TIMEOUT/);
  });
});
