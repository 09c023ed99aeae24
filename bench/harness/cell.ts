/** Runs one cell of the table, a (case, contender), in a process of its own. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import process from "node:process";
import type { AnyContender, Case } from "./contract.ts";
import type { Report } from "./worker.ts";

const worker = fileURLToPath(new URL("worker.ts", import.meta.url));
const pythonScript = fileURLToPath(new URL("../python/worker.py", import.meta.url));
const PATIENCE_MS = 180_000;

/** Debian's, for which uvloop is packaged. */
export const PYTHON = "/usr/bin/python3";

export interface Effort {
  readonly warmUps: number;
  readonly repeats: number;
}

export function runCell(
  benchCase: Case,
  name: string,
  contender: AnyContender,
  effort: Effort,
): Promise<Report> {
  const amount = [String(effort.warmUps), String(effort.repeats)];
  if (typeof contender === "function" || contender.kind === "peer") {
    return report(process.execPath, [
      "--expose-gc",
      "--no-warnings",
      worker,
      benchCase.name,
      name,
      ...amount,
    ]);
  }
  if (contender.kind === "server" || contender.kind === "program")
    return Promise.resolve({ failed: "servers are measured side by side" });
  if (!existsSync(PYTHON)) return Promise.resolve({ failed: `there is no ${PYTHON}` });
  const { name: caseName, count, figures, checksum } = benchCase;
  const work = JSON.stringify({
    case: caseName,
    loop: contender.loop,
    count,
    checksum: checksum(count),
    figures,
  });
  return report(PYTHON, ["-B", pythonScript, work, ...amount]);
}

function report(program: string, args: readonly string[]): Promise<Report> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: PATIENCE_MS, maxBuffer: 1e7 }, (error, stdout, stderr) => {
      const line = stdout.trimEnd().split("\n").at(-1) ?? "";
      if (line.startsWith("{")) resolve(JSON.parse(line) as Report);
      else resolve({ failed: complaint(stderr) ?? error?.message ?? "it printed no report" });
    });
  });
}

/** The line of a program's complaint that says what is wrong. */
function complaint(stderr: string): string | undefined {
  const lines = stderr.trim().split("\n");
  return lines.find((line) => /error/i.test(line)) ?? (lines.at(-1) || undefined);
}
