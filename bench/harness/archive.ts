/**
 * The folder `results/`: a text to read and the figures to compare with, per day. Each table has files of its own: `<date>.md` is the
 * one of `npm run bench`, `<date>-http.md` the one of `npm run bench:http`.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { SavedRun } from "./results.ts";

const folder = new URL("../results/", import.meta.url);

const isDate = /^\d{4}-\d\d-\d\d$/;

/** The newest saved run of the table whose files end in `suffix`, or null. */
export function newestRun(suffix: string): SavedRun | null {
  mkdirSync(folder, { recursive: true });
  const ending = `${suffix}.json`;
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith(ending) && isDate.test(name.slice(0, -ending.length)))
    .toSorted()
    .at(-1);
  return newest === undefined
    ? null
    : (JSON.parse(readFileSync(new URL(newest, folder), "utf8")) as SavedRun);
}

/** Saves a run under its date. A second one on the same day replaces the first. */
export function saveRun(run: SavedRun, text: string, suffix: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    new URL(`${run.date}${suffix}.md`, folder),
    `# ${run.date}\n\n\`\`\`\n${text.trimEnd()}\n\`\`\`\n`,
  );
  writeFileSync(new URL(`${run.date}${suffix}.json`, folder), `${JSON.stringify(run, rounded, 1)}\n`);
}

const rounded = (_: string, value: unknown): unknown =>
  typeof value === "number" ? Number(value.toPrecision(4)) : value;
