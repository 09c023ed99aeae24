/** Holds docs/http-comparison.md against the tests that it names. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { malformedRequests } from "../wire/malformed-requests.ts";
import { malformedResponses } from "../wire/malformed-responses.ts";

const docs = join(import.meta.dirname, "../../../docs");
const page = readFileSync(join(docs, "http-comparison.md"), "utf8");
const links = [...page.matchAll(/\]\((\.\.\/test\/\S+) "([^"]+)"\)/g)].map(
  ([, path = "", name = ""]) => ({
    path: join(docs, path),
    name,
  }),
);

describe("docs/http-comparison.md", () => {
  it("names tests that there are", () => {
    assert.ok(links.length > 100);
    const missing = links.filter(
      ({ path, name }) => !existsSync(path) || !readFileSync(path, "utf8").includes(name),
    );
    assert.deepEqual(missing, []);
  });

  it("names a test in each row that says Y of us", () => {
    const rows = page.split("\n").map((line) => line.split(" | "));
    const ours = rows.filter((row) => row.length > 5 && /^Y\b/.test(row[1] ?? ""));
    assert.ok(ours.length > 30);
    const bare = ours.filter((row) => !/\.test\.ts "|`npm run /.test(row.at(-1) ?? ""));
    assert.deepEqual(bare, []);
  });

  it("counts the malformed messages as they are", () => {
    const { length } = malformedRequests;
    assert.match(
      page,
      new RegExp(`${length} malformed requests and ${malformedResponses.length} malformed responses`),
    );
  });
});
