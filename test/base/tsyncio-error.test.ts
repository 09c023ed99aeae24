import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type * as Errors from "../../src/base/tsyncio-error.ts";
import { brandOf } from "../../src/base/tsyncio-error.ts";
import { InvalidArgument, NotReady, TimeoutError, TsyncioError } from "../../src/index.ts";

// The query makes it a module of its own: what a second installed copy of the package is.
const copyUrl = "../../src/base/tsyncio-error.ts?copy=2";
const copy = (await import(copyUrl)) as typeof Errors;

class TooLong extends InvalidArgument {}

describe("TsyncioError", () => {
  it("has a code, and a message that opens with it", () => {
    const error = new NotReady("main > serve");
    assert.equal(error.code, "TSY_NOT_READY");
    assert.match(error.message, /^TSY_NOT_READY: main > serve /);
  });

  it("is named after its class, in `name` and at the head of the stack", () => {
    const error = new TimeoutError("main", "5 ms");
    assert.equal(error.name, "TimeoutError");
    assert.match(String(error), /^TimeoutError: TSY_TIMEOUT: /);
    // Bun takes the head of the stack from the class that was extended.
    if ("Bun" in globalThis) return;
    assert.match(error.stack ?? "", /^TimeoutError: TSY_TIMEOUT: /);
  });

  it("is an Error, of its class and of no other", () => {
    const error = new NotReady("t");
    assert.ok(error instanceof Error && error instanceof TsyncioError && error instanceof NotReady);
    assert.ok(!((error as unknown) instanceof InvalidArgument));
  });

  it("shows neither `name` nor the brand among its own keys", () => {
    assert.deepEqual(Object.keys(new NotReady("t")), ["code"]);
    assert.deepEqual(Object.getOwnPropertySymbols(new NotReady("t")), []);
  });

  it("keeps the cause it is given", () => {
    const cause = new Error("below");
    assert.equal(new TsyncioError("TSY_TIMEOUT", "x", { cause }).cause, cause);
  });
});

describe("instanceof", () => {
  it("recognises the errors of another copy, both ways", () => {
    assert.notEqual(copy.InvalidArgument, InvalidArgument);
    assert.ok(new copy.InvalidArgument("x") instanceof InvalidArgument);
    assert.ok(new InvalidArgument("x") instanceof copy.InvalidArgument);
    assert.ok(new copy.InvalidArgument("x") instanceof TsyncioError);
    assert.ok(new TimeoutError("s", "1 ms") instanceof copy.TsyncioError);
  });

  it("tells another copy's classes apart", () => {
    assert.ok(!((new TimeoutError("s", "1 ms") as unknown) instanceof copy.InvalidArgument));
  });

  it("goes by the prototype for a class that a user derives", () => {
    assert.ok(new TooLong("x") instanceof TooLong);
    assert.ok(new TooLong("x") instanceof InvalidArgument);
    assert.ok(!(new InvalidArgument("x") instanceof TooLong));
  });

  it("says no to everything that is no error of ours, and does not throw", () => {
    const values = [undefined, null, 1, "TSY_TIMEOUT", {}, { code: "TSY_TIMEOUT" }, new Error("x")];
    for (const value of [...values, Object.create(null) as object, () => {}]) {
      assert.ok(!((value as object) instanceof TsyncioError));
      assert.ok(!((value as object) instanceof TimeoutError));
    }
  });
});

describe("brandOf", () => {
  it("gives the code of an error of any copy, and undefined for all else", () => {
    assert.equal(brandOf(new copy.InvalidArgument("x")), "TSY_INVALID_ARGUMENT");
    assert.equal(brandOf(new Error("x")), undefined);
    assert.equal(brandOf("x"), undefined);
    assert.equal(brandOf(null), undefined);
  });
});
