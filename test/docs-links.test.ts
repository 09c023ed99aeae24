/** Links between the pages of the repository lead to files and headings that exist. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, it } from "node:test";
import { readTextFiles } from "../scripts/tidy/sources.ts";

const root = join(import.meta.dirname, "..");
const pages = readTextFiles(root).filter(({ path }) => path.endsWith(".md"));

interface Link {
  readonly from: string;
  readonly to: string;
}

/** Links to files, code aside: `[text](path#heading)`, without those that lead out of the repository. */
function linksOf(path: string, text: string): Link[] {
  const prose = text.replaceAll(/^```[^]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, "`code`");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, to = ""]) => ({ from: path, to }))
    .filter(({ to }) => !/^[a-z]+:/.test(to));
}

/** The anchor that a heading gets. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

function leadsSomewhere({ from, to }: Link): boolean {
  const [file = "", anchor] = to.split("#");
  const path = file === "" ? from : normalize(join(dirname(from), file));
  if (!existsSync(join(root, path))) return false;
  if (anchor === undefined) return true;
  const headings = readFileSync(join(root, path), "utf8").matchAll(/^#+ (.*)$/gm);
  return [...headings].some(([, heading = ""]) => anchorOf(heading) === anchor);
}

describe("Links in the documentation", () => {
  const links = pages.flatMap(({ path, text }) => linksOf(path, text));

  it("are there", () => {
    assert.ok(pages.length > 15, `${pages.length} pages`);
    assert.ok(links.length > 60, `${links.length} links`);
  });

  it("lead to files and headings that exist", () => {
    assert.deepEqual(
      links.filter((link) => !leadsSomewhere(link)),
      [],
    );
  });
});
