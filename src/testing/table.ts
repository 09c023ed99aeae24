/**
 * The course of a run as a table: a row per event, a column per task, time going down. A star marks what was out of the ordinary.
 * (The form is Lincheck's: Koval, Fedorov, Sokolova, Tsitelov, Alistarh, CAV 2023.)
 */
import type { TraceEvent } from "./trace.ts";

/** Of a longer run the end is shown: there it went wrong. */
const MOST_ROWS = 40;
const MOST_COLUMNS = 6;
const WIDEST = 26;

/** `dropped` is how many events came before `events`. */
export function tableOf(events: readonly TraceEvent[], dropped: number): string {
  const tasks = columnsOf(events);
  const rows = events.slice(-MOST_ROWS).map((event) => [...place(event), ...cells(event, tasks)]);
  const head = [" step", "   ms", ...tasks];
  const widths = head.map((title, column) =>
    Math.min(WIDEST, Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0))),
  );
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, column) => fitted(cell, widths[column] ?? 0))
      .join(" | ")
      .trimEnd(),
  );
  const left = events.length - rows.length + dropped;
  if (left > 0) lines.splice(1, 0, `  ... | ${left} earlier events`);
  return lines.join("\n");
}

/** The tasks that have a column: those whose events come last, in the order in which they came up. */
function columnsOf(events: readonly TraceEvent[]): string[] {
  const recent = new Set(events.toReversed().map(({ task }) => task));
  const shown = new Set([...recent].slice(0, MOST_COLUMNS));
  const inOrder = new Set(events.map(({ task }) => task));
  const columns = [...inOrder].filter((task) => shown.has(task));
  return columns.length === inOrder.size ? columns : [...columns, "others"];
}

function cells({ task, what }: TraceEvent, tasks: readonly string[]): string[] {
  const own = tasks.indexOf(task);
  const column = own === -1 ? tasks.length - 1 : own;
  return tasks.map((_, at) => (at === column ? (own === -1 ? `${task} ${what}` : what) : ""));
}

function place({ step, atMs, deviation }: TraceEvent): [string, string] {
  const at = Number.isInteger(atMs) ? String(atMs) : atMs.toFixed(1);
  return [`${deviation === null ? " " : "*"}${String(step).padStart(4)}`, at.padStart(5)];
}

function fitted(cell: string, width: number): string {
  return cell.length > width ? `${cell.slice(0, width - 3)}...` : cell.padEnd(width);
}
