/** Sizes that keep a file readable in one sitting. There is no list of exceptions: split the file. */
import { roomOf } from "./floors.ts";
import type { ParsedFile } from "./parsed.ts";

export const sizeLimits = {
  fileLines: 250,
  kernelFileLines: 300,
  functionLines: 70,
  kernelCodeLines: 2_000,
} as const;

export function checkSizes(files: readonly ParsedFile[]): string[] {
  return [...files.flatMap(checkFile), ...checkKernel(files)];
}

function checkFile({ path, text, functions }: ParsedFile): string[] {
  const limit = roomOf(path) === "kernel" ? sizeLimits.kernelFileLines : sizeLimits.fileLines;
  const lines = text.trimEnd().split("\n").length;
  const problems = lines > limit ? [`${path}:${lines}: ${lines} lines; at most ${limit}`] : [];
  for (const span of functions) {
    if (span.lines <= sizeLimits.functionLines) continue;
    problems.push(
      `${path}:${span.line}: ${span.name} has ${span.lines} lines; at most ${sizeLimits.functionLines}`,
    );
  }
  return problems;
}

function checkKernel(files: readonly ParsedFile[]): string[] {
  const kernel = files.filter(({ path }) => roomOf(path) === "kernel");
  const total = kernel.reduce((sum, { codeLines }) => sum + codeLines, 0);
  if (total <= sizeLimits.kernelCodeLines) return [];
  return [
    `src/kernel: ${total} lines of code; at most ${sizeLimits.kernelCodeLines}, comments and blanks not counted`,
  ];
}
