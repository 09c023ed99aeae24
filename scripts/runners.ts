/**
 * `npm run test:runners`: the tests of `examples/testing` as a user would have them, each in the test runner that it is written
 * for: node:test, Vitest, bun test and deno test. The package is built, packed and installed for it. Prints a table.
 *
 * Ends with 1 when a test has failed, a runner passed none, or the examples do not compile.
 */
import { execFile } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { makeProject } from "./runners/project.ts";
import { findRunners } from "./runners/test-runners.ts";
import type { TestRunner } from "./runners/test-runners.ts";
import { toolPath } from "./steps.ts";

const timeLimitMs = 60_000;

interface Row {
  readonly version: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

interface Ended {
  readonly succeeded: boolean;
  readonly output: string;
}

/** Runs a program in a process of its own, which is killed when its time is up. */
function runLimited([program = "", ...args]: readonly string[], cwd: string): Promise<Ended> {
  const limits = { timeout: timeLimitMs, killSignal: "SIGKILL", maxBuffer: 2 ** 24 } as const;
  return new Promise((resolve) => {
    execFile(program, args, { cwd, ...limits }, (error, stdout, stderr) => {
      const late = error?.killed === true ? `\nkilled after ${timeLimitMs} ms` : "";
      const output = stripVTControlCharacters(stdout + stderr) + late;
      resolve({ succeeded: error === null, output });
    });
  });
}

async function runTests(runner: TestRunner, project: string): Promise<Row> {
  const started = performance.now();
  const { succeeded, output } = await runLimited(runner.command, project);
  const passed = Number(runner.passed.exec(output)?.[1] ?? 0);
  const counted = Number(runner.failed.exec(output)?.[1] ?? 0);
  const failed = succeeded && passed > 0 ? counted : Math.max(counted, 1);
  if (failed > 0) console.log(`\n${runner.name} failed, or passed no test:\n${output.trim()}\n`);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  return { version: runner.version, passed, failed, seconds };
}

async function compiles(project: string): Promise<boolean> {
  const command = [process.execPath, toolPath("typescript", "tsc"), "-p", "tsconfig.json"];
  const { succeeded, output } = await runLimited(command, project);
  if (!succeeded) console.log(`\nthe examples do not compile:\n${output.trim()}\n`);
  return succeeded;
}

async function main(): Promise<void> {
  const project = await makeProject();
  const rows: Record<string, Row> = {};
  for (const runner of await findRunners(project)) rows[runner.name] = await runTests(runner, project);
  const compiled = await compiles(project);
  console.table(rows);
  const all = Object.values(rows);
  const passed = all.reduce((sum, row) => sum + row.passed, 0);
  const failed = all.reduce((sum, row) => sum + row.failed, compiled ? 0 : 1);
  console.log(`runners: ${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

await main();
