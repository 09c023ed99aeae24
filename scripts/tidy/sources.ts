/** The repository's text files, as the tidy checks see them: a path with forward slashes from the root, and the text. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

const skippedFolders = new Set([".git", ".build", "node_modules", "dist", "coverage"]);
const textName =
  /\.(ts|js|mjs|cjs|json|jsonc|md|yml|yaml|html|css|sh|sql|txt|csv)$|(^|\/)(LICENSE|run|\.[a-z]+(rc|ignore|attributes))$/;

/** Every text file under `root`, folders first come first, without what tools put there. */
export function readTextFiles(root: string, folder = ""): TextFile[] {
  const files: TextFile[] = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!skippedFolders.has(entry.name)) files.push(...readTextFiles(root, path));
    } else if (entry.isFile() && textName.test(path)) {
      files.push({ path, text: readFileSync(join(root, path), "utf8") });
    }
  }
  return files;
}
