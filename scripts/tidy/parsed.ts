/**
 * What the tidy checks need to know of one TypeScript file: its imports and re-exports, where its functions begin and end,
 * which global names it uses as values, and how many lines hold code.
 */
import { parseSync } from "oxc-parser";
import { findGlobalUses } from "./global-uses.ts";
import type { GlobalUse } from "./global-uses.ts";
import type { TextFile } from "./sources.ts";
import { walk } from "./walk.ts";
import type { Node } from "./walk.ts";

/** One `import`, `export ... from`, `import()` or `import("x").T`, whether of values or of types. */
export interface ImportEdge {
  readonly specifier: string;
  readonly line: number;
  readonly kind: "import" | "re-export" | "import()";
}

export interface FunctionSpan {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

export interface ParsedFile extends TextFile {
  readonly imports: readonly ImportEdge[];
  /** Lines of `export { x }` where `x` was imported: a re-export in two steps. */
  readonly indirectReexports: readonly number[];
  /** Lines of top-level statements that are neither an import nor a re-export. */
  readonly ownStatements: readonly number[];
  readonly functions: readonly FunctionSpan[];
  readonly globals: readonly GlobalUse[];
  /** Lines that hold something besides blanks and comments. */
  readonly codeLines: number;
}

type LineOf = (offset: number) => number;

/** @throws where the file does not parse: a check that skips such a file would pass without having read it. */
export function parseSource(file: TextFile): ParsedFile {
  const { program, comments, errors } = parseSync(file.path, file.text, {
    lang: "ts",
    sourceType: "module",
  });
  const [problem] = errors;
  if (problem !== undefined) throw new Error(`${file.path} does not parse: ${problem.message}`);
  const root = program as unknown as Node;
  const body = root["body"] as readonly Node[];
  const lineOf = lineFinder(file.text);
  return {
    ...file,
    imports: findImports(root, lineOf),
    indirectReexports: findIndirectReexports(body, lineOf),
    ownStatements: body.filter((node) => sourceOf(node) === null).map((node) => lineOf(node.start)),
    functions: findFunctions(root, lineOf),
    globals: findGlobalUses(root, lineOf),
    codeLines: countCodeLines(file.text, comments),
  };
}

function sourceOf(node: Node): string | null {
  const source = node["source"] as { value?: unknown } | null | undefined;
  return typeof source?.value === "string" ? source.value : null;
}

function findImports(root: Node, lineOf: LineOf): ImportEdge[] {
  const edges: ImportEdge[] = [];
  walk(root, (node) => {
    const specifier = sourceOf(node);
    if (specifier === null) return;
    const kind = node.type.startsWith("Export")
      ? "re-export"
      : node.type === "ImportDeclaration"
        ? "import"
        : "import()";
    edges.push({ specifier, line: lineOf(node.start), kind });
  });
  return edges;
}

function findIndirectReexports(body: readonly Node[], lineOf: LineOf): number[] {
  const imported = new Set<unknown>();
  for (const node of body) {
    if (node.type !== "ImportDeclaration") continue;
    for (const specifier of node["specifiers"] as { local: { name: string } }[])
      imported.add(specifier.local.name);
  }
  const exportsImported = (node: Node): boolean =>
    node.type === "ExportNamedDeclaration" &&
    sourceOf(node) === null &&
    (node["specifiers"] as { local: { name?: string } }[]).some(({ local }) => imported.has(local.name));
  return body.filter(exportsImported).map((node) => lineOf(node.start));
}

const functionTypes = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

function findFunctions(root: Node, lineOf: LineOf): FunctionSpan[] {
  const spans: FunctionSpan[] = [];
  walk(root, (node, parent) => {
    if (!functionTypes.has(node.type)) return;
    const named = (node["id"] ?? parent?.["key"] ?? parent?.["id"]) as
      | { name?: string }
      | null
      | undefined;
    const line = lineOf(node.start);
    spans.push({ name: named?.name ?? "(anonymous)", line, lines: lineOf(node.end - 1) - line + 1 });
  });
  return spans;
}

/** A function from an offset in `text` to its line, from 1, by binary search. */
function lineFinder(text: string): LineOf {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? Infinity) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

function countCodeLines(text: string, comments: readonly { start: number; end: number }[]): number {
  let code = "";
  let at = 0;
  for (const { start, end } of comments) {
    code += text.slice(at, start);
    at = end;
  }
  code += text.slice(at);
  return code.split("\n").filter((line) => line.trim() !== "").length;
}
