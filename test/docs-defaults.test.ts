/** docs/defaults.md names for each value a file and a piece of its text; here the two are held together. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/defaults.md"), "utf8");
const places = [...page.matchAll(/`(src\/[\w/.-]+)`: `([^`]+)` \|$/gm)].map(
  ([, file = "", text = ""]) => ({ file, text }),
);

describe("docs/defaults.md", () => {
  it("names a place in the code in every row of its tables", () => {
    const rows = page.match(/^\| (?!what \|).*\|$/gm) ?? [];
    assert.equal(places.length, rows.length);
    assert.ok(places.length > 30);
  });

  it("quotes the code as it is", () => {
    const wrong = places.filter(
      ({ file, text }) => !readFileSync(join(root, file), "utf8").includes(text),
    );
    assert.deepEqual(wrong, []);
  });
});
