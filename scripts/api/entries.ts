/** The entries of the package: the keys of `exports` in package.json that have types. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Entry {
  /** What a user imports: `tsyncio` or `tsyncio/testing`. */
  readonly specifier: string;
  /** The name of its file in src/, without an extension. */
  readonly file: string;
}

export function readEntries(root: string): Entry[] {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    name: string;
    exports: Record<string, string | { types: string }>;
  };
  return Object.entries(manifest.exports).flatMap(([key, target]) => {
    if (typeof target === "string") return [];
    const file = /^\.\/dist\/(\w+)\.d\.ts$/.exec(target.types)?.[1];
    if (file === undefined)
      throw new Error(`exports["${key}"].types is not a file directly in dist/: ${target.types}`);
    return [{ specifier: manifest.name + key.slice(1), file }];
  });
}
