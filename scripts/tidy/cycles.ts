/** Import cycles, type imports included. A type-level cycle is where a house begins to lean. */
import { resolveImport } from "./floors.ts";
import type { ParsedFile } from "./parsed.ts";

/** Each cycle once, as the full path `a -> b -> a`, beginning with the file that was read first. */
export function findCycles(files: readonly ParsedFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at !== -1) {
      cycles.push([...trail.slice(at), path].join(" -> "));
      return;
    }
    const file = byPath.get(path);
    if (file === undefined || done.has(path)) return;
    const targets = new Set(file.imports.map(({ specifier }) => resolveImport(path, specifier)));
    for (const target of targets) if (target !== null) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return cycles;
}
