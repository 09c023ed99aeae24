/**
 * Runs the cases of a table and prints it.
 *
 * A round runs every (case, contender) once, each in a process of its own; rounds follow each other, so that a machine that
 * is slow for a while is slow for all. Ratios are taken within rounds.
 */
import process from "node:process";
import { newestRun, saveRun } from "./archive.ts";
import { runCell } from "./cell.ts";
import type { Case, Lap } from "./contract.ts";
import { header, loadText } from "./header.ts";
import { installPeers } from "./install.ts";
import { readOptions, type Options } from "./options.ts";
import { CaseResult, changesSince, ownRatios } from "./results.ts";
import { caseText, changesText, overview } from "./table.ts";

/** A table: the cases it is made of, and where it is kept. */
export interface Table {
  readonly command: string;
  readonly caseNames: readonly string[];
  readonly rounds: number;
  /** What its saved files have in their names after the date. */
  readonly suffix: string;
  /** More lines for the head, about what only this table needs. */
  readonly about: () => Promise<readonly string[]>;
}

async function loadCases(caseNames: readonly string[], wanted: readonly string[]): Promise<Case[]> {
  const unknown = wanted.filter((name) => !caseNames.includes(name));
  if (unknown.length > 0)
    throw new TypeError(`no case ${unknown.join(", ")}; there are ${caseNames.join(", ")}`);
  const names = wanted.length === 0 ? caseNames : wanted;
  const load = async (name: string): Promise<Case> =>
    ((await import(`../cases/${name}.ts`)) as { benchCase: Case }).benchCase;
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

async function measure(table: Table, options: Options): Promise<void> {
  const cases = await loadCases(table.caseNames, options.cases);
  const noPeers = installPeers();
  const texts = [[header(), ...(await table.about())].join("\n")];
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
  const before = newestRun(table.suffix);
  const ratios = ownRatios(results);
  if (before !== null) texts.push(changesText(before.date, changesSince(before, ratios)));
  console.log(texts.slice(1).join("\n\n"));
  if (options.save)
    saveRun({ date: new Date().toISOString().slice(0, 10), ratios }, texts.join("\n\n"), table.suffix);
}

export async function runTable(table: Table): Promise<void> {
  const usage = `npm run ${table.command} -- [options]
  --case NAME    only this case; may be given several times
  --peer NAME    only contenders whose name begins so, and each case's reference; may be given several times
  --rounds N     processes per cell, interleaved (default ${table.rounds})
  --quick        one round, fewer repeats: to see whether everything runs
  --save         write the table to bench/results/`;
  try {
    const options = readOptions(process.argv.slice(2), table.rounds);
    if (options === null) console.log(usage);
    else await measure(table, options);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`bench: ${error.message}\n${usage}`);
    process.exitCode = 2;
  }
}
