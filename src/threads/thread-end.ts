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

/** So many threads in a row may end before they begin a call; then it fails. */
export const MOST_LOSSES = 3;

/** The error of `what`, which has no result now. `losses` threads in a row ended before they began it. */
export function lossError(what: string, loss: Loss, losses: number): Error {
  const { thread, end, maxHeapMb, terminated } = loss;
  const { error, isOutOfMemory } = end;
  if (isOutOfMemory) return new ThreadOutOfMemory(what, thread, maxHeapMb, error);
  const how = `${thread} ${terminated ?? howItEnded(end)}`;
  if (losses === MOST_LOSSES) {
    const lost = `${losses} threads in a row ended before they began the call; the last, ${how}`;
    return new ThreadCrashed(
      what,
      `${lost}. Nothing was done. Look at what the modules do on loading`,
      error,
    );
  }
  const unknown = "whether the call did its work is not known. Repeat it if that does no harm";
  return new ThreadCrashed(
    what,
    `${how} while it held the call. The thread has been replaced; ${unknown}`,
    error,
  );
}

/** The error of `what`, for which the platform starts no thread. */
export function startError(what: string, error: unknown): ThreadCrashed {
  return new ThreadCrashed(what, `no thread could be started: ${show(error)}. Nothing was done`, error);
}

/** "ended with exit code 3", or by which error. */
export function howItEnded({ error, exitCode }: ThreadEnd): string {
  return error === undefined ? `ended with exit code ${exitCode}` : `ended by ${show(error)}`;
}
