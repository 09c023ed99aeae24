/** Two runs under the same choices must take the same course. What is wrong where they do not. */
import { show } from "../base/check.ts";
import { Nondeterminism } from "./errors.ts";
import type { Run } from "./run.ts";
import { isSame } from "./shrink.ts";
import { eventText, firstDifference, type TraceEvent } from "./trace.ts";

/** Compares a run that passed with its repetition, by the hashes of their traces; null where they are the same. */
export function differenceOfTraces(first: Run, second: Run): Nondeterminism | null {
  if (first.trace === null || second.trace === null) return null;
  const cause = second.failure === null ? {} : { cause: second.failure.error };
  if (first.trace.hash !== second.trace.hash) {
    const [one, other] = [first.trace, second.trace];
    const at = firstDifference(one.events, other.events);
    const text = (event: TraceEvent | undefined): string =>
      event === undefined ? "nothing more" : eventText(event);
    const place = Math.max(at, 0) + one.dropped + 1;
    return new Nondeterminism(place, text(one.events[at]), text(other.events[at]), cause);
  }
  if (second.failure === null) return null;
  const place = first.trace.events.length + first.trace.dropped + 1;
  return new Nondeterminism(
    place,
    "the end, without a failure",
    `the end: ${show(second.failure.error)}`,
    cause,
  );
}

/** Compares a run that failed with its replay, by what was offered at each choice, and how they ended. */
export function differenceOfCourses(first: Run, replay: Run): Nondeterminism | null {
  const same = first.taped.length === replay.taped.length && first.taped.hash === replay.taped.hash;
  if (same && replay.failure !== null && first.failure !== null && isSame(replay.failure, first.failure))
    return null;
  const steps = Math.max(first.taped.length, replay.taped.length);
  let step = 0;
  while (step < steps && first.taped.offered[step] === replay.taped.offered[step]) step++;
  const cause = { cause: first.failure?.error };
  return new Nondeterminism(step + 1, textOf(first, step), textOf(replay, step), cause);
}

function textOf({ taped, failure }: Run, step: number): string {
  const kind = taped.kinds[step];
  if (kind !== undefined) return `a choice among ${taped.arities[step]} (${kind})`;
  return failure === null ? "the end, without a failure" : `the end: ${show(failure.error)}`;
}
