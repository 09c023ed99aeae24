/** The folder `results/`: a text to read and the figures to compare with, per day. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { SavedRun } from "./results.ts";

const folder = new URL("../results/", import.meta.url);

/** The newest saved run, or null. */
export function newestRun(): SavedRun | null {
  mkdirSync(folder, { recursive: true });
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .at(-1);
  return newest === undefined
    ? null
    : (JSON.parse(readFileSync(new URL(newest, folder), "utf8")) as SavedRun);
}

/** Saves a run under its date. A second one on the same day replaces the first. */
export function saveRun(run: SavedRun, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    new URL(`${run.date}.md`, folder),
    `# ${run.date}\n\n\`\`\`\n${text.trimEnd()}\n\`\`\`\n`,
  );
  writeFileSync(new URL(`${run.date}.json`, folder), `${JSON.stringify(run, rounded, 1)}\n`);
}

const rounded = (_: string, value: unknown): unknown =>
  typeof value === "number" ? Number(value.toPrecision(4)) : value;
