/** Holds cases.md, the list of asyncio's test cases, against the tests of this folder. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

interface Section {
  readonly title: string;
  /** The share of cases that may be left out. */
  readonly mayLeaveOut: number;
  readonly rows: ReadonlyArray<{ readonly case: string; readonly test: string }>;
}

const LEFT_OUT = "left out: ";
/** Chapters 4.2 to 4.6 are ported but for 15 %; of the others, what has a meaning here. */
const whole = /^§?4\.[2-6]\b/;

const page = readFileSync(join(import.meta.dirname, "cases.md"), "utf8");

/** A heading `## title`, then rows `| test_case | name of a test, or "left out: reason" |`. */
const sections: readonly Section[] = page
  .split(/^## /m)
  .slice(1)
  .map((text) => {
    const [title = "", ...lines] = text.split("\n");
    const rows = lines
      .filter((line) => line.startsWith("| ") && !line.startsWith("| asyncio |"))
      .map((line) => {
        const [, first = "", second = ""] = line.split("|").map((cell) => cell.trim());
        return { case: first.replaceAll("`", ""), test: second.replaceAll("`", "") };
      });
    return { title, mayLeaveOut: whole.test(title) ? 0.15 : 1, rows };
  });

const listed = sections
  .flatMap(({ rows }) => rows.map(({ test }) => test))
  .filter((test) => !test.startsWith(LEFT_OUT));

/** The names of the tests of the folder, this file aside. */
const written = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".test.ts") && file !== "table.test.ts")
  .flatMap((file) => {
    const source = readFileSync(join(import.meta.dirname, file), "utf8");
    return [...source.matchAll(/\bit\(\s*"((?:[^"\\]|\\.)*)"/g)].map(
      ([, name]) => JSON.parse(`"${name}"`) as string,
    );
  });

const counted = (names: readonly string[], name: string): number =>
  names.filter((other) => other === name).length;

describe("The table of asyncio's test cases", () => {
  it("is read whole, and so are the tests", () => {
    assert.ok(
      sections.length >= 13 && listed.length >= 300,
      `${sections.length} lists, ${listed.length} tests`,
    );
    for (const { title, rows } of sections) {
      const announced = /: (\d+) cases$/.exec(title)?.[1];
      if (announced !== undefined) assert.equal(rows.length, Number(announced), title);
      assert.ok(rows.length > 0, title);
    }
  });

  it("has each case of a list once, with a test or a reason", () => {
    for (const { title, rows } of sections) {
      const cases = rows.map((row) => row.case);
      for (const row of rows) {
        assert.match(row.case, /^test_\w+/, title);
        assert.equal(counted(cases, row.case), 1, `${title}: ${row.case}`);
        assert.ok(row.test.length > LEFT_OUT.length, `${title}: ${row.case}`);
      }
    }
  });

  it("names tests that are there, each once", () => {
    for (const name of listed) {
      assert.equal(counted(written, name), 1, `tests called "${name}"`);
      assert.equal(counted(listed, name), 1, `rows that name "${name}"`);
    }
  });

  it("names all tests that are there", () => {
    for (const name of written) assert.ok(listed.includes(name), `no row names "${name}"`);
  });

  it("leaves out at most 15 % of each list that is to be there whole", () => {
    for (const { title, rows, mayLeaveOut } of sections) {
      const leftOut = rows.filter(({ test }) => test.startsWith(LEFT_OUT)).length;
      assert.ok(leftOut <= mayLeaveOut * rows.length, `${title}: ${leftOut} of ${rows.length}`);
    }
  });
});
