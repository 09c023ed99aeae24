/**
 * The programs in the documentation: every `@example` of a docstring in src/, and every block marked `ts` in a Markdown file.
 *
 * Each is a module of its own. A block marked `ts no-run: REASON` is type-checked only.
 */
import type { TextFile } from "../tidy/sources.ts";

export interface DocsExample {
  readonly path: string;
  /** The line of the file on which the code begins. */
  readonly line: number;
  readonly code: string;
  /** Why it is not run; null where it is. */
  readonly notRun: string | null;
}

export interface Extracted {
  readonly examples: readonly DocsExample[];
  /** Marks that are not understood, one line each, beginning with `path:line`. */
  readonly problems: readonly string[];
}

export function extractExamples(files: readonly TextFile[]): Extracted {
  const examples: DocsExample[] = [];
  const problems: string[] = [];
  for (const file of files) {
    const blocks = file.path.endsWith(".md")
      ? fencedBlocks(file.text.split("\n"), 1)
      : docstringBlocks(file.text);
    for (const block of blocks) {
      const { path } = file;
      const [language, mark, ...reason] = block.info.split(/\s+/);
      if (language !== "ts" && language !== "typescript") continue;
      const why = reason.join(" ");
      if (mark !== undefined && (!/^no-run:?$/.test(mark) || why === "")) {
        problems.push(
          `${path}:${block.line - 1}: the mark "${block.info}" is neither "ts" nor "ts no-run: REASON"`,
        );
      }
      const { line, code } = block;
      examples.push({ path, line, code, notRun: mark === undefined ? null : why });
    }
  }
  return { examples, problems };
}

interface Block {
  readonly info: string;
  readonly line: number;
  readonly code: string;
}

/** Blocks between fences. `first` is the number of the first line. */
function fencedBlocks(lines: readonly string[], first: number): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const open = /^(\s*)(```+)\s*(.*)$/.exec(lines[at] ?? "");
    if (open === null) continue;
    const [, indent = "", fence = "", info = ""] = open;
    const start = at + 1;
    while (++at < lines.length && (lines[at] ?? "").trim() !== fence);
    const code = lines
      .slice(start, at)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    blocks.push({ info: info.trim(), line: first + start, code: code.join("\n") });
  }
  return blocks;
}

/** The examples of all docstrings of a source file. Without a fence all lines up to the next tag are the example. */
function docstringBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  for (const comment of text.matchAll(/^[ \t]*\/\*\*[^]*?\*\//gm)) {
    const firstLine = text.slice(0, comment.index).split("\n").length;
    const lines = comment[0]
      .replace(/\s*\*\/$/, "")
      .split("\n")
      .map((line) => line.replace(/^\s*\/?\*+ ?/, ""));
    for (let at = 0; at < lines.length; at++) {
      if (!/^@example\b/.test(lines[at] ?? "")) continue;
      const start = at + 1;
      while (at + 1 < lines.length && !/^@[a-z]/.test(lines[at + 1] ?? "")) at++;
      const body = lines.slice(start, at + 1);
      const fenced = fencedBlocks(body, firstLine + start);
      if (fenced.length > 0) blocks.push(...fenced);
      else blocks.push({ info: "ts", line: firstLine + start, code: body.join("\n").trimEnd() });
    }
  }
  return blocks;
}
