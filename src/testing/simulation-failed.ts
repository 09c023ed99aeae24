import { show } from "../base/check.ts";
import { TsyncioError } from "../base/tsyncio-error.ts";
import type { Failure, FailureKind } from "./run.ts";
import { tableOf } from "./table.ts";
import type { Tape } from "./tape.ts";
import type { TraceEvent } from "./trace.ts";

/** All that is known about a failure that was found, shrunk and replayed. */
export interface FailureReport {
  readonly failure: Failure;
  readonly tape: Tape;
  readonly events: readonly TraceEvent[];
  /** In which run it was found, and in how many runs it was shrunk. */
  readonly where: string;
  readonly shrinks: number;
}

/**
 * A schedule was found under which the program fails. `cause` is the error itself, `tape` the shortest course that leads to it,
 * `kind` what ended the run.
 */
export class SimulationFailed extends TsyncioError {
  static readonly code = "TSY_SIMULATION_FAILED";
  readonly kind: FailureKind;
  readonly tape: Tape;

  constructor(report: FailureReport) {
    const { failure, tape } = report;
    super(SimulationFailed.code, textOf(report), { cause: failure.error });
    this.kind = failure.kind;
    this.tape = tape;
  }
}

function textOf({ failure, tape, events, where, shrinks }: FailureReport): string {
  const found = `found in ${where}${shrinks === 0 ? "" : `, shrunk in ${shrinks} more`}`;
  return [
    `${failure.kind}: ${headOf(failure.error)}`,
    `${found}. The schedule: ${scheduleOf(tape, events)}`,
    `\n${tableOf(events)}`,
    failure.kind === "error" ? "" : `\n${failure.tree}\n`,
    `To replay it: simulate({ tape: "${tape.toString()}" }, ...)\n`,
  ].join("\n");
}

const LONGEST_HEAD = 300;

/** What an error says, on one line. Of ours the first line: the tree that may stand below it comes anyway. */
function headOf(error: unknown): string {
  if (error instanceof TsyncioError) return (error.message.split("\n")[0] ?? "").replace(/:$/, ".");
  const text = show(error).replaceAll(/\s+/g, " ").trim();
  return text.length > LONGEST_HEAD ? `${text.slice(0, LONGEST_HEAD)}...` : text;
}

function scheduleOf({ order }: Tape, events: readonly TraceEvent[]): string {
  const base = order === "production" ? "that of production" : "FIFO";
  const deviations = events.flatMap(({ step, deviation }) =>
    deviation === null ? [] : [`step ${step}: ${deviation}`],
  );
  if (deviations.length === 0) return order === "production" ? base : "FIFO, one wake-up at a time";
  return `${base} except ${deviations.join(", ")}`;
}
