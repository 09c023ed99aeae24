import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { jsonErrorAt } from "../../../src/http/body/json-position.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const letters = fc.constantFrom(...Array.from('{}[],:"\\ \n0123-+.eEtruefalsnu/x\u0001é'));

describe("Where a text stops being JSON", () => {
  it("is named for each kind of mistake", () => {
    const cases: ReadonlyArray<readonly [string, number]> = [
      ["", 0],
      ["  ", 2],
      ["{'a':1}", 1],
      ['{"a" 1}', 5],
      ['{"a":1 "b":2}', 7],
      ['{"a":1,}', 7],
      ["[1,]", 3],
      ["[1}", 2],
      ["1 2", 2],
      ["01", 1],
      ["1.", 2],
      ["-", 1],
      ["+1", 0],
      ["nulL", 3],
      ['"a\nb"', 2],
      ['"\\x"', 2],
      ['"\\u12g4"', 5],
      ['"\\', 2],
      ['"a\\"', 4],
      ["[[[", 3],
      ["]", 0],
      ["NaN", 0],
    ];
    for (const [text, position] of cases) assert.equal(jsonErrorAt(text), position, JSON.stringify(text));
  });

  it("is the end of every text that more could still make right", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(1_000), (text, cut) => {
        const part = text.slice(0, cut % text.length);
        if (!isJson(part)) assert.equal(jsonErrorAt(part), part.length);
      }),
    );
  });

  it("comes after what is right, and at what is not", () => {
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 12 }), (text) => {
        if (isJson(text)) return;
        const position = jsonErrorAt(text);
        const before = text.slice(0, position);
        assert.ok(isJson(before) || jsonErrorAt(before) === position);
        if (position < text.length) assert.equal(jsonErrorAt(`${text.slice(0, position + 1)}`), position);
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes time by the length of the text, and no stack", () => {
    assert.equal(jsonErrorAt("[".repeat(1_000_000)), 1_000_000);
    assert.equal(jsonErrorAt(`"${"a".repeat(2_000_000)}`), 2_000_001);
    assert.equal(jsonErrorAt(`"${"\\n".repeat(1_000_000)}`), 2_000_001);
    assert.equal(jsonErrorAt(`${"1".repeat(2_000_000)}.`), 2_000_001);
  });
});
