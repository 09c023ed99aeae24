/**
 * `npm run test:matrix`: the same test files under Node 24, Node 26, Bun and Deno, one process for each file and runtime, and
 * a table. Tests of the repository itself (the files directly in test/, the package, the peers, the soak) belong to Node alone.
 *
 * A failed test counts unless `test/matrix-exceptions.ts` lists it. Arguments narrow the run: names of runtimes, parts of paths.
 */
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { knownFaults } from "../test/matrix-exceptions.ts";
import type { KnownFault } from "../test/matrix-exceptions.ts";
import { installRuntimes } from "./matrix/runtimes.ts";
import type { RuntimeUnderTest } from "./matrix/runtimes.ts";
import { runStep } from "./steps.ts";

const root = join(import.meta.dirname, "..");
const processesAtOnce = 2;

interface Row {
  readonly runtime: string;
  files: number;
  passed: number;
  failed: number;
  known: number;
  seconds: number;
}

function testFiles(): string[] {
  const own = /^test[\\/](package|peers|soak|types)[\\/]/;
  const files = globSync("test/*/**/*.test.ts", { cwd: root }).filter((path) => !own.test(path));
  return files.map((path) => path.replaceAll("\\", "/")).sort();
}

/** The names of failed tests in a runtime's output, without the suites around them. */
function failedTests(runtime: RuntimeUnderTest, output: string): string[] {
  const lines = output.split("\n");
  const suites = new Set(lines.map((line) => runtime.failedSuite.exec(line)?.[1]));
  const names = lines.map((line) => runtime.failedTest.exec(line)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined && !suites.has(name)))] as string[];
}

function countPassed(runtime: RuntimeUnderTest, output: string): number {
  return [...output.matchAll(runtime.passed)].reduce(
    (sum, match) => sum + Number(match[2] ?? match[1]),
    0,
  );
}

function knownFor(runtime: RuntimeUnderTest, file: string): Set<string> {
  const faults = knownFaults.filter((fault) => fault.runtime === runtime.name && fault.file === file);
  return new Set(faults.flatMap(({ tests }) => tests));
}

/** Whether a failed name is a listed test, also with its suites before it, as Bun prints it. */
function isListed(name: string, listed: ReadonlySet<string>): boolean {
  return [...listed].some((test) => name === test || name.endsWith(`> ${test}`));
}

async function runFile(runtime: RuntimeUnderTest, file: string, row: Row): Promise<void> {
  const result = await runStep({
    name: file,
    command: [runtime.program, ...runtime.testArgs(file)],
    cwd: root,
  });
  row.files += 1;
  row.passed += countPassed(runtime, result.output);
  if (result.code === 0) return;
  const listed = knownFor(runtime, file);
  const failed = failedTests(runtime, result.output);
  const unlisted = failed.filter((name) => !isListed(name, listed));
  if (listed.size > 0 && failed.length > 0 && unlisted.length === 0) {
    row.known += failed.length;
    return;
  }
  row.failed += Math.max(unlisted.length, 1);
  console.log(
    `\n${runtime.name}: ${file} ended with ${result.code}\n${result.output.trim().slice(-6_000)}\n`,
  );
}

async function runRuntime(runtime: RuntimeUnderTest, files: readonly string[]): Promise<Row> {
  const row: Row = {
    runtime: `${runtime.name} (${runtime.version})`,
    files: 0,
    passed: 0,
    failed: 0,
    known: 0,
    seconds: 0,
  };
  const started = performance.now();
  const waiting = files.values();
  const worker = async (): Promise<void> => {
    for (const file of waiting) await runFile(runtime, file, row);
  };
  await Promise.all(Array.from({ length: processesAtOnce }, worker));
  row.seconds = Math.round((performance.now() - started) / 100) / 10;
  return row;
}

/** A listed fault whose program no longer shows it: the list says less than it claims. */
async function isGone(fault: KnownFault, runtimes: readonly RuntimeUnderTest[]): Promise<boolean> {
  const runtime = runtimes.find(({ name }) => name === fault.runtime);
  if (runtime === undefined) return false;
  const folder = mkdtempSync(join(tmpdir(), "tsyncio-fault-"));
  try {
    const file = join(folder, "fault.ts");
    writeFileSync(file, fault.program);
    const result = await runStep({
      name: "fault",
      command: [runtime.program, ...runtime.runArgs(file)],
      cwd: folder,
    });
    if (result.code !== 0) return false;
    console.log(
      `${fault.runtime} no longer shows "${fault.fault}"; take it out of test/matrix-exceptions.ts`,
    );
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  const all = await installRuntimes();
  const runtimes =
    all.filter(({ name }) => asked.includes(name)).length > 0
      ? all.filter(({ name }) => asked.includes(name))
      : all;
  const parts = asked.filter((word) => !all.some(({ name }) => name === word));
  const files = testFiles().filter(
    (path) => parts.length === 0 || parts.some((part) => path.includes(part)),
  );
  if (files.length === 0) throw new Error("no test file to run");
  const rows: Row[] = [];
  for (const runtime of runtimes) rows.push(await runRuntime(runtime, files));
  console.table(Object.fromEntries(rows.map(({ runtime, ...cells }) => [runtime, cells])));
  const gone: KnownFault[] = [];
  for (const fault of knownFaults) if (await isGone(fault, runtimes)) gone.push(fault);
  const passed = rows.reduce((sum, row) => sum + row.passed, 0);
  const failed = rows.reduce((sum, row) => sum + row.failed, 0) + gone.length;
  const silent = rows.filter((row) => row.passed === 0);
  for (const { runtime } of silent) console.log(`${runtime} passed no test: were any run?`);
  console.log(`matrix: ${passed} passed, ${failed} failed`);
  if (failed > 0 || silent.length > 0) process.exitCode = 1;
}

await main();
