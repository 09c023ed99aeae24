/** Two runs under the same choices must take the same course. What is wrong where they do not. */
import { show } from "../base/check.ts";
import { Nondeterminism } from "./errors.ts";
import type { Run } from "./run.ts";
import { eventText, firstDifference } from "./trace.ts";

/** Compares two runs that kept their traces, by the hashes of these; null where they are the same. */
export function differenceOfTraces(first: Run, second: Run): Nondeterminism | null {
  if (first.trace === null || second.trace === null || first.trace.hash === second.trace.hash)
    return null;
  const [one, other] = [first.trace.events, second.trace.events];
  const at = firstDifference(one, other);
  const text = (event: (typeof one)[number] | undefined): string =>
    event === undefined ? "nothing more" : eventText(event);
  return new Nondeterminism(at + 1, text(one[at]), text(other[at]));
}

/** Compares a run that failed with its replay, by what was offered at each choice, and how they ended. */
export function differenceOfCourses(first: Run, replay: Run): Nondeterminism | null {
  const same = first.taped.length === replay.taped.length && first.taped.hash === replay.taped.hash;
  if (same && replay.failure !== null) return null;
  const steps = Math.max(first.taped.length, replay.taped.length);
  let step = 0;
  while (step < steps && first.taped.offered[step] === replay.taped.offered[step]) step++;
  const found = new Nondeterminism(step + 1, textOf(first, step), textOf(replay, step));
  found.cause = first.failure?.error;
  return found;
}

function textOf({ taped, failure }: Run, step: number): string {
  const kind = taped.kinds[step];
  if (kind !== undefined) return `a choice among ${taped.arities[step]} (${kind})`;
  return failure === null ? "the end, without a failure" : `the end: ${show(failure.error)}`;
}
