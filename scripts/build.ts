/** `npm run build`: makes `dist/` from `src/`, one JavaScript file and one declaration file for each source file. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runStep, toolPath } from "./steps.ts";

const root = join(import.meta.dirname, "..");

/**
 * Compiles into `outFolder`, which is replaced when the compiler has succeeded, so that a reader never sees half a build.
 * @throws with the compiler's words where it fails.
 */
export async function build(outFolder: string = join(root, "dist")): Promise<void> {
  const fresh = `${outFolder}.new-${process.pid}`;
  const project = ["-p", join(root, "tsconfig.build.json"), "--outDir", fresh];
  const result = await runStep({
    name: "tsc",
    command: ["node", toolPath("typescript", "tsc"), ...project],
    cwd: root,
  });
  if (result.code !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    throw new Error(`tsc ended with ${result.code}:\n${result.output}`);
  }
  if (!existsSync(join(fresh, "index.js"))) throw new Error(`the build made no index.js in ${fresh}`);
  for (const name of readdirSync(fresh, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".d.ts")) nameJavaScript(join(fresh, name));
  }
  rmSync(outFolder, { recursive: true, force: true });
  renameSync(fresh, outFolder);
}

/** The compiler leaves `.ts` in the imports of declarations; readers of a package expect the names of its files. */
function nameJavaScript(path: string): void {
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replaceAll(/((?:from|import) ?\(?["']\.[^"'\n]*)\.ts(["'])/g, "$1.js$2"));
}

if (import.meta.main) await build();
