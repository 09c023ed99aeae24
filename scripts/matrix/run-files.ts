/**
 * Runs test files under a runtime: many in a process, and by themselves where that process did not succeed.
 *
 * The verdict on a file is always that of a run alone, or of a batch that succeeded as a whole. What fails in a batch alone is a
 * failure too: something that one of its files left behind disturbs another one.
 */
import { runStep } from "../steps.ts";
import type { StepResult } from "../steps.ts";
import type { RuntimeUnderTest } from "./runtimes.ts";
import { countPassed, failedTests, isListed, listedFaults } from "./verdict.ts";

/** What has run so far under one runtime. */
export interface Tally {
  files: number;
  passed: number;
  failed: number;
  /** Failures that `test/matrix-exceptions.ts` lists. */
  known: number;
}

/** A run of test files in a folder, with the time that a process may take. */
export interface Run {
  readonly runtime: RuntimeUnderTest;
  readonly folder: string;
  readonly limitMs: number;
  readonly tally: Tally;
  readonly say: (text: string) => void;
}

/** Far more than the slowest batch takes on a busy machine. */
export const processLimitMs = 180_000;

function start({ runtime, folder, limitMs }: Run, files: readonly string[]): Promise<StepResult> {
  const command = [runtime.program, ...runtime.testArgs(files)];
  return runStep({ name: files.join(" "), command, cwd: folder, limitMs });
}

/** Runs files in one process; where that fails, each of them by itself. */
export async function runBatch(run: Run, files: readonly string[]): Promise<void> {
  const { runtime, tally, say } = run;
  const [only] = files;
  if (files.length === 1 && only !== undefined) {
    await runAlone(run, only);
    return;
  }
  const { code, output } = await start(run, files);
  const passed = countPassed(runtime, output);
  if (code === 0 && passed !== undefined) {
    tally.files += files.length;
    tally.passed += passed;
    return;
  }
  const alone = new Set<string>();
  for (const file of files) for (const name of await runAlone(run, file)) alone.add(name);
  const failed = failedTests(runtime, output);
  const together = failed.filter((name) => !alone.has(name));
  if (together.length === 0 && alone.size > 0) return;
  tally.failed += Math.max(together.length, 1);
  const names = together.length > 0 ? together.join("\n  ") : "no test: its process failed as a whole";
  say(
    `\n${runtime.name}: a batch ended with ${code}, though its files pass by themselves; one disturbs another:\n` +
      `  ${files.join("\n  ")}\nwhat failed in the batch alone:\n  ${names}\n${tailOf(output)}\n`,
  );
}

/** Runs a file in a process of its own, and gives what failed; the file itself where its output names no test. */
async function runAlone(run: Run, file: string): Promise<string[]> {
  const { runtime, tally, say } = run;
  const { code, output } = await start(run, [file]);
  const passed = countPassed(runtime, output);
  tally.files += 1;
  tally.passed += passed ?? 0;
  if (code === 0 && passed !== undefined) return [];
  const listed = listedFaults(runtime, file);
  const failed = failedTests(runtime, output);
  const unlisted = failed.filter((name) => !isListed(name, listed));
  if (listed.size > 0 && failed.length > 0 && unlisted.length === 0) {
    tally.known += failed.length;
    return failed;
  }
  tally.failed += Math.max(unlisted.length, 1);
  say(`\n${runtime.name}: ${file} ended with ${code}\n${tailOf(output)}\n`);
  return failed.length > 0 ? failed : [file];
}

function tailOf(output: string): string {
  return output.trim().slice(-6_000);
}
