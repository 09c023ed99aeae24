/**
 * `npm run bench`: the table "Speed and memory", measured.
 *
 * A round runs every (case, contender) once, each in a process of its own; rounds follow each other, so that a machine that
 * is slow for a while is slow for all. Ratios are taken within rounds.
 */
import process from "node:process";
import { newestRun, saveRun } from "./harness/archive.ts";
import { runCell } from "./harness/cell.ts";
import type { Case, Lap } from "./harness/contract.ts";
import { header, loadText } from "./harness/header.ts";
import { installPeers } from "./harness/install.ts";
import { readOptions, usage, type Options } from "./harness/options.ts";
import { CaseResult, changesSince, ownRatios } from "./harness/results.ts";
import { caseText, changesText, overview } from "./harness/table.ts";

const caseNames = [
  "spawn",
  "sleep",
  "map-empty",
  "map-wait",
  "queue",
  "lock-free",
  "lock-contended",
  "time-limit",
  "cancel",
  "heap",
  "million",
  "simulate",
  "map-in-threads-8us",
  "map-in-threads-70us",
  "tcp-echo",
  "lines",
  "idle-connections",
];

async function loadCases(wanted: readonly string[]): Promise<Case[]> {
  const unknown = wanted.filter((name) => !caseNames.includes(name));
  if (unknown.length > 0)
    throw new TypeError(`no case ${unknown.join(", ")}; there are ${caseNames.join(", ")}`);
  const names = wanted.length === 0 ? caseNames : wanted;
  const load = async (name: string): Promise<Case> =>
    ((await import(`./cases/${name}.ts`)) as { benchCase: Case }).benchCase;
  return Promise.all(names.map(load));
}

/** One round of one case. The contenders take turns in going first. */
async function runRound(
  result: CaseResult,
  round: number,
  options: Options,
  noPeers: string | null,
): Promise<void> {
  const { benchCase } = result;
  const names = Object.keys(benchCase.contenders).filter((name) => isWanted(name, benchCase, options));
  const effort = options.quick
    ? { warmUps: Math.min(1, benchCase.warmUps), repeats: Math.min(2, benchCase.repeats) }
    : benchCase;
  if (benchCase.laps !== undefined) {
    await runLaps(result, benchCase.laps(names, effort.repeats), round);
    return;
  }
  for (let place = 0; place < names.length; place++) {
    const name = names[(place + round) % names.length] ?? "";
    const contender = benchCase.contenders[name];
    if (contender === undefined) continue;
    const needsPeers = typeof contender !== "function" && contender.kind === "peer";
    const report =
      needsPeers && noPeers !== null
        ? { failed: noPeers }
        : await runCell(benchCase, name, contender, effort);
    if ("failed" in report) result.failures.set(name, report.failed);
    result.add(name, "failed" in report ? null : report.figures);
    progress(`round ${round + 1}: ${benchCase.name}, ${name}`);
  }
}

/** A round of a case that measures its contenders side by side: each lap counts as a round of the table. */
async function runLaps(result: CaseResult, laps: AsyncIterable<Lap>, round: number): Promise<void> {
  for await (const lap of laps) {
    for (const [name, figures] of lap) {
      if (typeof figures === "string") result.failures.set(name, figures);
      result.add(name, typeof figures === "string" ? null : figures);
    }
    progress(`round ${round + 1}: ${result.benchCase.name}`);
  }
}

/** Whether a contender is to run: one that was asked for, the reference, or one that a target of those is against. */
function isWanted(name: string, { reference, targets }: Case, { peers }: Options): boolean {
  const asked = (contender: string): boolean =>
    peers.length === 0 || peers.some((peer) => contender.startsWith(peer));
  return (
    asked(name) ||
    name === reference ||
    targets.some((target) => target.against === name && asked(target.contender))
  );
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    console.log(usage);
    return;
  }
  const cases = await loadCases(options.cases);
  const noPeers = installPeers();
  const texts = [header()];
  console.log(texts[0], "\n");
  const results = cases.map((benchCase) => new CaseResult(benchCase));
  for (let round = 0; round < options.rounds; round++) {
    for (const result of results) {
      if (round < (result.benchCase.rounds ?? Infinity)) await runRound(result, round, options, noPeers);
    }
  }
  progress("");
  for (const result of results) texts.push(caseText(result));
  texts.push(overview(results), `load at the end ${loadText()}`);
  const before = newestRun();
  const ratios = ownRatios(results);
  if (before !== null) texts.push(changesText(before.date, changesSince(before, ratios)));
  console.log(texts.slice(1).join("\n\n"));
  if (options.save) saveRun({ date: new Date().toISOString().slice(0, 10), ratios }, texts.join("\n\n"));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`bench: ${error.message}\n${usage}`);
  process.exitCode = 2;
}
