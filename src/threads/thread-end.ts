/** What is said about the end of a thread. */
import { show } from "../base/check.ts";
import { ThreadCrashed, ThreadOutOfMemory } from "./errors.ts";
import type { ThreadEnd } from "./platform.ts";

/** The end of a thread, as one who waited for it needs to know it. */
export interface Loss {
  readonly thread: string;
  readonly end: ThreadEnd;
  readonly maxHeapMb: number;
  /** Why we ended it ourselves; null where we did not. */
  readonly terminated: string | null;
}

/** The error of `what`, which has no result now. */
export function lossError(what: string, { thread, end, maxHeapMb, terminated }: Loss): Error {
  const { error, isOutOfMemory } = end;
  if (isOutOfMemory) return new ThreadOutOfMemory(what, thread, maxHeapMb, error);
  return new ThreadCrashed(what, thread, terminated ?? howItEnded(end), error);
}

/** "ended with exit code 3", or by which error. */
export function howItEnded({ error, exitCode }: ThreadEnd): string {
  return error === undefined ? `ended with exit code ${exitCode}` : `ended by ${show(error)}`;
}
