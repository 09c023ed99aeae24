import { show } from "../base/check.ts";
import { TsyncioError } from "../base/tsyncio-error.ts";
import type { Failure, FailureKind } from "./run.ts";
import { tableOf } from "./table.ts";
import type { Tape } from "./tape.ts";
import type { Trace, TraceEvent } from "./trace.ts";

/** All that is known about a failure that was found, shrunk and replayed. */
export interface FailureReport {
  readonly failure: Failure;
  readonly tape: Tape;
  readonly trace: Trace;
  /** What the error said when the schedule was run before, if it was something else. */
  readonly saidBefore: string | null;
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

  /** @internal */
  constructor(report: FailureReport) {
    const { failure, tape } = report;
    super(SimulationFailed.code, textOf(report), { cause: failure.error });
    this.kind = failure.kind;
    this.tape = tape;
  }
}

function textOf({ failure, tape, trace, where, shrinks, saidBefore }: FailureReport): string {
  const found = `found in ${where}${shrinks === 0 ? "" : `, shrunk in ${shrinks} more`}`;
  const before =
    saidBefore === null
      ? ""
      : `\nBefore, the same schedule said: ${saidBefore}\nIs there state outside the body, or chance that is not the simulation's?`;
  return [
    `${failure.kind}: ${headOf(failure.error)}`,
    `${found}. ${scheduleOf(tape, trace.deviations)}${before}`,
    trace.events.length === 0 ? "" : `\n${tableOf(trace.events, trace.dropped)}\n`,
    ...(failure.kind === "error" ? [] : [`${failure.tree}\n`]),
    `To replay it, add the tape to the options: simulate({ tape: "${tape.toString()}" }, ...)\n`,
  ].join("\n");
}

const LONGEST_HEAD = 300;

/** What an error says, on one line. Of ours the first line: the tree that may stand below it comes anyway. */
export function headOf(error: unknown): string {
  if (error instanceof TsyncioError) return (error.message.split("\n")[0] ?? "").replace(/:$/, ".");
  const text = show(error).replaceAll(/\s+/g, " ").trim();
  return text.length > LONGEST_HEAD ? `${text.slice(0, LONGEST_HEAD)}...` : text;
}

function scheduleOf({ order }: Tape, events: readonly TraceEvent[]): string {
  const deviations = events.map(({ step, deviation }) => `step ${step}: ${deviation}`);
  if (deviations.length === 0)
    return order === "production"
      ? "It fails in the ordinary order of production: no special schedule is needed."
      : "The schedule: FIFO, one wake-up at a time";
  const base = order === "production" ? "that of production" : "FIFO";
  return `The schedule: ${base} except ${deviations.join(", ")}`;
}
