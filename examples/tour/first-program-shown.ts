import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { all, until } from "tsyncio";
import type { Screen } from "./screen.ts";
import type { TourSite } from "./site.ts";

const path = fileURLToPath(new URL("../first-program.ts", import.meta.url));

/** Runs the first program as a process of its own, and shows the file beside what it printed. */
export async function showFirstProgram(site: TourSite, screen: Screen): Promise<void> {
  const urls = [site.urlOf(1), site.urlOf(2)];
  const start = promisify(execFile);
  const [listing, { stdout }] = await all([
    () => until((signal) => readFile(path, { encoding: "utf8", signal })),
    () => until((signal) => start(process.execPath, [...process.execArgv, path, ...urls], { signal })),
  ]);
  screen.beside(listing.trimEnd().split("\n"), stdout.trimEnd().split("\n"), [
    "examples/first-program.ts",
    "its output",
  ]);
}
