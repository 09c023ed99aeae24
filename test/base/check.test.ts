import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkCount, checkDuration, checkFunction, show } from "../../src/base/check.ts";
import { InvalidArgument } from "../../src/index.ts";

const wrong = (value: unknown) => value as never;

describe("checkDuration", () => {
  it("takes milliseconds as they are, fractions and Infinity included", () => {
    for (const ms of [1, 0.25, 2 ** 31, 1e300, Infinity]) assert.equal(checkDuration("ms", ms), ms);
  });

  it("makes 0 of everything negative, minus zero included", () => {
    for (const ms of [0, -0, -1, -0.001, -Infinity]) {
      assert.ok(Object.is(checkDuration("ms", ms), 0), String(ms));
    }
  });

  it("throws for NaN and for what is no number, and names argument and value", () => {
    for (const value of [Number.NaN, "5", null, undefined, 5n, {}, [], new Date(), () => 5]) {
      assert.throws(() => checkDuration("graceMs of run", wrong(value)), InvalidArgument);
    }
    assert.throws(() => checkDuration("graceMs of run", Number.NaN), /graceMs of run is NaN/);
    assert.throws(() => checkDuration("ms", wrong("5")), /ms is "5"/);
  });
});

describe("checkCount", () => {
  it("takes positive integers and Infinity", () => {
    for (const count of [1, 2, Number.MAX_SAFE_INTEGER, Infinity]) {
      assert.equal(checkCount("n", count), count);
    }
  });

  it("takes 0 only where it is allowed", () => {
    assert.equal(checkCount("n", 0, 0), 0);
    assert.throws(() => checkCount("n", 0), /n is 0\. Give an integer of at least 1, or Infinity/);
  });

  it("throws for fractions, negatives, NaN and what is no number", () => {
    for (const value of [0.5, 1.5, -1, -Infinity, Number.NaN, 2 ** 53, "3", null, undefined, 3n]) {
      assert.throws(() => checkCount("n", wrong(value), 0), InvalidArgument, String(value));
    }
  });
});

describe("checkFunction", () => {
  it("takes functions of any kind", () => {
    for (const fn of [() => 1, async () => 1, class {}, Math.max]) checkFunction("fn", fn);
  });

  it("throws for anything else, and names it", () => {
    for (const value of [undefined, null, 1, "f", {}]) {
      assert.throws(() => checkFunction("fn of x", value), InvalidArgument);
    }
    assert.throws(() => checkFunction("fn of x", 1), /fn of x is 1\. Give a function/);
  });

  it("tells who gave a promise to give the function that makes it", () => {
    assert.throws(() => checkFunction("fn", Promise.resolve()), /pass the function that makes it/);
  });
});

describe("show", () => {
  it("pictures values of every type", () => {
    const named = function work() {};
    const pictures = [1, -0, "text", true, null, undefined, Symbol("s"), 5n, named, new Map(), [1]];
    assert.deepEqual(pictures.map(show), [
      "1",
      "0",
      '"text"',
      "true",
      "null",
      "undefined",
      "Symbol(s)",
      "5",
      "function work",
      "a value of type Map",
      "a value of type Array",
    ]);
  });

  it("shows errors by name and message, and cuts long strings", () => {
    assert.equal(show(new RangeError("too far")), "RangeError: too far");
    assert.ok(show("x".repeat(1_000)).length < 100);
  });

  it("never throws, whatever the value does", () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error("get");
        },
        getPrototypeOf() {
          throw new Error("getPrototypeOf");
        },
      },
    );
    assert.equal(typeof show(hostile), "string");
    assert.equal(typeof show(Object.create(null)), "string");
    assert.equal(typeof show(Object.defineProperty(() => {}, "name", { value: Symbol("s") })), "string");
  });
});
