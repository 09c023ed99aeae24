import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { fieldsText, HttpHeaders, type HeadersInit } from "../../../src/http/wire/fields.ts";

const invalid = { code: "TSY_INVALID_ARGUMENT" };

describe("HttpHeaders", () => {
  it("come from a record, pairs, a Map, or other headers", () => {
    const pairs: [string, string][] = [
      ["A", "1"],
      ["b", "2"],
    ];
    for (const init of [
      pairs,
      new Map(pairs),
      { A: 1, b: "2" },
      HttpHeaders.from(pairs),
    ] as HeadersInit[]) {
      assert.deepEqual(
        [...HttpHeaders.from(init)],
        [
          ["a", "1"],
          ["b", "2"],
        ],
      );
    }
    const headers = HttpHeaders.from(pairs);
    assert.equal(HttpHeaders.from(headers), headers);
  });

  it("have a field for each value of an array, and none for undefined", () => {
    const headers = HttpHeaders.from({ "Set-Cookie": ["a=1", "b=2"], Gone: undefined, None: [] });
    assert.deepEqual(headers.getAll("set-cookie"), ["a=1", "b=2"]);
    assert.equal(headers.size, 2);
    assert.equal(headers.has("gone"), false);
  });

  it("may be none", () => {
    for (const init of [{}, [], new Map()] as HeadersInit[]) {
      const headers = HttpHeaders.from(init);
      assert.deepEqual([[...headers], headers.size, headers.get("a")], [[], 0, null]);
      assert.equal(fieldsText(headers), "");
    }
  });

  it("take no names from the prototype of a record", () => {
    const record = Object.create({ inherited: "x" }) as Record<string, string>;
    record["own"] = "y";
    assert.deepEqual([...HttpHeaders.from(record)], [["own", "y"]]);
  });

  it("tell names apart that differ by what is no case: ^ and ~", () => {
    const headers = HttpHeaders.from({ "^": "1", "~": "2" });
    assert.deepEqual([headers.get("^"), headers.get("~")], ["1", "2"]);
  });
});

describe("fieldsText", () => {
  it("writes a line for each field, in order, as the names were given", () => {
    assert.equal(
      fieldsText({ "Content-Length": 5, A: ["b", "c"] }),
      "Content-Length: 5\r\nA: b\r\nA: c\r\n",
    );
    assert.equal(fieldsText(HttpHeaders.from({ "X-a": "b" })), "X-a: b\r\n");
  });

  it("takes the spaces and tabs around a value off, and nothing else", () => {
    assert.equal(fieldsText({ A: " \tb c\t " }), "A: b c\r\n");
    assert.equal(fieldsText({ A: "\xa0b\xa0" }), "A: \xa0b\xa0\r\n");
    assert.equal(fieldsText({ A: "" }), "A: \r\n");
  });

  it("refuses whatever could end a line, or is no character of a field", () => {
    for (const value of [
      "a\r\nB: c",
      "a\nb",
      "a\rb",
      "a\0",
      "\x0b",
      "\x7f",
      "\n",
      "token\n",
      "\u{2028}",
    ]) {
      assert.throws(() => fieldsText({ A: value }), invalid, JSON.stringify(value));
      assert.throws(() => fieldsText([["A", value]]), invalid, JSON.stringify(value));
      assert.throws(() => HttpHeaders.from({ A: ["x", value] }), invalid, JSON.stringify(value));
    }
    for (const name of ["", "a b", "a:", "a\r\nb", "ä", "a\0", "\u212a", "(", "a\n"])
      assert.throws(() => fieldsText({ [name]: "x" }), invalid, JSON.stringify(name));
  });

  it("says which field is wrong, at which position, and by which character", () => {
    assert.throws(
      () => fieldsText({ Authorization: "Bearer x\n" }),
      /"Authorization".*U\+000A at position 8/,
    );
    assert.throws(
      () => fieldsText({ A: "pri\u20ace" }),
      /"A".*U\+20AC at position 3.*encodeURIComponent/,
    );
    assert.throws(() => fieldsText({ A: "x\ud800" }), /U\+D800 at position 1/);
    assert.throws(
      () => fieldsText({ "Content Type": "x" }),
      /"Content Type", with U\+0020 at position 7/,
    );
  });

  it("refuses values that are no strings, and numbers that are none", () => {
    for (const value of [null, true, {}, 5n, Symbol("x"), NaN, Infinity, [null]])
      assert.throws(() => fieldsText({ A: value } as unknown as HeadersInit), invalid);
    for (const init of [null, undefined, "a: b", 5])
      assert.throws(() => HttpHeaders.from(init as unknown as HeadersInit), invalid);
  });

  it("keeps refusing a name, however often it comes", () => {
    for (let round = 0; round < 3; round++) assert.throws(() => fieldsText({ "a b": "c" }), invalid);
    for (let round = 0; round < 1_000; round++)
      assert.equal(fieldsText({ [`x-${round}`]: 1 }).length, 7 + `${round}`.length);
  });
});
