/**
 * `npm run api`: writes `api/<entry>.api.md`, the public types of each entry as the compiler emits them. The reports are in
 * git, so that a change of the public surface is a visible part of the commit that makes it; a test keeps them current.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDeclarations } from "./api/declarations.ts";
import type { Declaration } from "./api/declarations.ts";
import { readEntries } from "./api/entries.ts";
import { runStep, toolPath } from "./steps.ts";

const root = join(import.meta.dirname, "..");

export interface Report {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Emits the declarations of all of src/ and hands their folder to `use`; the folder is gone afterwards. */
export async function withDeclarations<T>(use: (folder: string) => T): Promise<T> {
  mkdirSync(join(root, ".build"), { recursive: true });
  const folder = mkdtempSync(join(root, ".build", "declarations-"));
  try {
    const options = [
      "-p",
      join(root, "tsconfig.build.json"),
      "--emitDeclarationOnly",
      "--outDir",
      folder,
    ];
    const result = await runStep({
      name: "tsc",
      command: ["node", toolPath("typescript", "tsc"), ...options],
      cwd: root,
    });
    if (result.code !== 0) throw new Error(`tsc ended with ${result.code}:\n${result.output}`);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The reports as they should be now. */
export function makeReports(): Promise<Report[]> {
  return withDeclarations((folder) =>
    readEntries(root).map(({ specifier, file }) => ({
      path: `api/${file}.api.md`,
      text: renderReport(specifier, readDeclarations(folder, file)),
    })),
  );
}

function renderReport(specifier: string, declarations: readonly Declaration[]): string {
  const block = (list: readonly Declaration[]): string =>
    list.map(({ texts }) => `\`\`\`ts\n${texts.join("\n")}\n\`\`\`\n`).join("\n");
  const mentioned = declarations.filter(({ exported }) => !exported);
  const parts = [
    `# ${specifier}\n`,
    "Written by `npm run api`; do not edit.\n",
    block(declarations.filter(({ exported }) => exported)),
  ];
  if (mentioned.length > 0) parts.push("## Mentioned, not exported\n", block(mentioned));
  return parts.join("\n");
}

/** Paths of reports that are not what they should be. */
export async function findStaleReports(): Promise<string[]> {
  const reports = await makeReports();
  return reports
    .filter(({ path, text }) => readOrEmpty(join(root, path)) !== text)
    .map(({ path }) => path);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

async function main(): Promise<void> {
  if (!process.argv.includes("--write")) {
    const stale = await findStaleReports();
    if (stale.length > 0) throw new Error(`not current: ${stale.join(", ")}; run "npm run api"`);
    return;
  }
  mkdirSync(join(root, "api"), { recursive: true });
  for (const { path, text } of await makeReports()) writeFileSync(join(root, path), text);
}

if (import.meta.main) await main();
