/**
 * `npm run test:matrix`: the same test files under Node 24, Node 26, Bun and Deno, in batches, two processes at a time, and a
 * table. Tests of the repository itself (the files directly in test/, the package, the peers, the soak) belong to Node alone.
 *
 * A failed test counts unless `test/matrix-exceptions.ts` lists it. Arguments narrow the run: names of runtimes, parts of paths.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { knownFaults } from "../test/matrix-exceptions.ts";
import type { KnownFault } from "../test/matrix-exceptions.ts";
import { deal, findTestFiles, forEachAtOnce, processesAtOnce } from "./matrix/batches.ts";
import { shareCompiledCode } from "./matrix/compile-cache.ts";
import { processLimitMs, runBatch } from "./matrix/run-files.ts";
import type { Run, Tally } from "./matrix/run-files.ts";
import { installRuntimes } from "./matrix/runtimes.ts";
import type { RuntimeUnderTest } from "./matrix/runtimes.ts";
import { listedFaults } from "./matrix/verdict.ts";
import { endStepsWithUs, runStep } from "./steps.ts";

const root = join(import.meta.dirname, "..");

interface Row extends Tally {
  readonly runtime: string;
  /** Of all processes together. */
  seconds: number;
}

interface Job {
  readonly run: Run;
  readonly row: Row;
  readonly files: readonly string[];
}

/** What to run under one runtime. Where a fault is listed, the file runs by itself: it would take its whole batch with it. */
function plan(runtime: RuntimeUnderTest, files: readonly string[]): Job[] {
  const row: Row = {
    runtime: `${runtime.name} (${runtime.version})`,
    files: 0,
    passed: 0,
    failed: 0,
    known: 0,
    seconds: 0,
  };
  const say = (text: string): void => console.log(text);
  const run: Run = { runtime, folder: root, limitMs: processLimitMs, tally: row, say };
  const faulty = files.filter((file) => listedFaults(runtime, file).size > 0);
  const others = files.filter((file) => !faulty.includes(file));
  return [...deal(others), ...deal(faulty, 1)].map((batch) => ({ run, row, files: batch }));
}

async function runAll(jobs: readonly Job[]): Promise<Row[]> {
  await forEachAtOnce(jobs, processesAtOnce, async ({ run, row, files }) => {
    const started = performance.now();
    await runBatch(run, files);
    row.seconds += (performance.now() - started) / 1000;
  });
  const rows = [...new Set(jobs.map(({ row }) => row))];
  for (const row of rows) row.seconds = Math.round(row.seconds * 10) / 10;
  return rows;
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
  endStepsWithUs();
  shareCompiledCode();
  const asked = process.argv.slice(2);
  const all = await installRuntimes();
  const runtimes =
    all.filter(({ name }) => asked.includes(name)).length > 0
      ? all.filter(({ name }) => asked.includes(name))
      : all;
  const parts = asked.filter((word) => !all.some(({ name }) => name === word));
  const own = /^test\/(package|peers|soak|types)\//;
  const files = findTestFiles(root, ["test/*/**/*.test.ts"]).filter(
    (path) => !own.test(path) && (parts.length === 0 || parts.some((part) => path.includes(part))),
  );
  if (files.length === 0) throw new Error("no test file to run");
  const rows = await runAll(runtimes.flatMap((runtime) => plan(runtime, files)));
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
