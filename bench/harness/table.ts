/** The text of a result: a table per case and figure, its targets, and what was not measured. */
import { units, type Figure } from "./contract.ts";
import type { CaseResult, Change, Row, Verdict } from "./results.ts";

export function caseText(result: CaseResult): string {
  const { title, figures, reference } = result.benchCase;
  const lines: string[] = [];
  for (const figure of figures) {
    const rows = result.rows(figure);
    if (rows.length === 0) continue;
    const head = [title, units[figure], `vs ${reference}`, "[min..max]", "n"];
    lines.push(...columns([head, ...rows.map((row) => cells(row, figure))]), "");
  }
  for (const verdict of result.verdicts()) lines.push(verdictText(verdict));
  for (const [contender, reason] of result.failures) lines.push(`not measured: ${contender}: ${reason}`);
  return lines.join("\n");
}

function cells({ contender, summary, ratio }: Row, figure: Figure): string[] {
  const { median, min, max, n } = summary;
  const number = ["time", "p50", "p99", "growth"].includes(figure) ? threeDigits : whole;
  const against = ratio === null ? "" : ratio.median.toFixed(2);
  return [contender, number(median), against, `[${number(min)}..${number(max)}]`, String(n)];
}

const whole = (value: number): string => Math.round(value).toLocaleString("en").replaceAll(",", " ");
const threeDigits = (value: number): string =>
  value < 100 ? String(Number(value.toPrecision(3))) : whole(value);

/** Lines with the first column to the left and the others to the right. */
function columns(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("   ")
      .trimEnd(),
  );
}

export function verdictText({ target, measured, met }: Verdict): string {
  const { contender, figure, against, bound, limit } = target;
  const verdict = met ? "met   " : "MISSED";
  if (bound === "times better")
    return `${verdict} ${contender}: ${measured.toFixed(2)} times better than ${against}, target ${limit}`;
  const what =
    against === null ? units[figure] : `x ${against}${figure === "time" ? "" : ` in ${units[figure]}`}`;
  const found = against === null ? whole(measured) : measured.toFixed(2);
  return `${verdict} ${contender}: ${found} ${what}, target ${bound} ${limit}`;
}

export function changesText(date: string, changes: readonly Change[]): string {
  if (changes.length === 0) return `since ${date}: no change beyond the noise`;
  const line = ({ place, change, noise }: Change): string => {
    const percent = Math.abs(Math.round(change * 100));
    return `${change > 0 ? "WORSE " : "better"} by ${percent} %: ${place} (noise ${Math.round(noise * 100)} %)`;
  };
  return [`since ${date}, in ratios:`, ...changes.map(line)].join("\n");
}

/** One line per target, for the end of a run. */
export function overview(results: readonly CaseResult[]): string {
  const verdicts = results.flatMap((result) =>
    result.verdicts().map((verdict) => `${verdictText(verdict)}   (${result.benchCase.name})`),
  );
  const missed = verdicts.filter((line) => line.startsWith("MISSED"));
  return [`targets: ${verdicts.length - missed.length} of ${verdicts.length} met`, ...missed].join("\n");
}
