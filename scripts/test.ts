/**
 * `npm test`: the tests that need nothing but npm, in batches, two processes at a time, for two cores. A batch that fails is
 * printed with what Node's runner says of its failures; the last lines are the sums, as that runner writes them.
 *
 * Arguments are those of `node --test`, and everything runs in one process that writes to the terminal itself:
 * `npm test -- test/sync/queue.test.ts --test-name-pattern="keeps its order"`.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { deal, findTestFiles, forEachAtOnce, processesAtOnce } from "./matrix/batches.ts";
import { shareCompiledCode } from "./matrix/compile-cache.ts";
import { endStepsWithUs, runStep } from "./steps.ts";

const root = join(import.meta.dirname, "..");
const patterns = ["test/*.test.ts", "test/!(package|soak|peers)/**/*.test.ts"];
const options = ["--test", "--test-isolation=none", "--test-timeout=60000"];
/** Several times what the slowest batch takes on a busy machine. */
const batchLimitMs = 300_000;

const counted = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo"] as const;

type Counts = Record<(typeof counted)[number], number>;

/** The sums that Node's runner ends with; undefined where the process ended before it could write them. */
function readCounts(output: string): Counts | undefined {
  const found = counted.map((name) => [name, new RegExp(`^ℹ ${name} (\\d+)$`, "m").exec(output)?.[1]]);
  if (found.some(([, value]) => value === undefined)) return undefined;
  return Object.fromEntries(found.map(([name, value]) => [name, Number(value)])) as Counts;
}

/** What went wrong, without the tests that passed. */
function failuresIn(output: string): string {
  const at = output.indexOf("✖ failing tests:");
  return at === -1 ? output.trim().slice(-10_000) : output.slice(at).trim();
}

/** Runs a batch, adds to the sums, and gives whether it succeeded. */
async function runBatch(files: readonly string[], sums: Counts): Promise<boolean> {
  const command = ["node", ...options, "--test-reporter=spec", ...files];
  const limits = { cwd: root, limitMs: batchLimitMs };
  const { code, output, seconds } = await runStep({ name: "batch", command, ...limits });
  const counts = readCounts(output);
  const succeeded = code === 0 && counts !== undefined;
  const size = `${files.length} files, ${counts?.tests ?? "an unknown number of"} tests`;
  console.log(`${succeeded ? "ok  " : "FAIL"} ${size.padEnd(24)} ${seconds.toFixed(1).padStart(6)} s`);
  for (const name of counted) sums[name] += counts?.[name] ?? 0;
  if (succeeded) return true;
  console.log(`\nended with ${code}: ${files.join(" ")}\n${failuresIn(output)}\n`);
  return false;
}

async function runAll(): Promise<void> {
  const started = performance.now();
  const sums = Object.fromEntries(counted.map((name) => [name, 0])) as Counts;
  let failed = 0;
  await forEachAtOnce(deal(findTestFiles(root, patterns)), processesAtOnce, async (files) => {
    if (!(await runBatch(files, sums))) failed++;
  });
  for (const name of counted) console.log(`ℹ ${name} ${sums[name]}`);
  console.log(`ℹ duration_ms ${Math.round(performance.now() - started)}`);
  if (failed > 0) console.log(`${failed} batches failed, see above`);
  if (failed > 0 || sums.pass === 0) process.exitCode = 1;
}

/** Runs what the arguments say, or everything where they are options alone. */
function runAsked(asked: readonly string[]): void {
  const places = asked.some((word) => !word.startsWith("-")) ? [] : findTestFiles(root, patterns);
  const child = spawn(process.execPath, [...options, ...asked, ...places], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}

const asked = process.argv.slice(2);
if (asked.length > 0) runAsked(asked);
else {
  endStepsWithUs();
  shareCompiledCode();
  await runAll();
}
