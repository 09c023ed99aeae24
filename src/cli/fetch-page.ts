/** Fetching one page: attempts, each with a time limit, until one is good or there is no use in another. */
import { Cancelled } from "../kernel/errors.ts";
import { currentRuntime } from "../kernel/runtime.ts";
import { retry } from "../flow/retry.ts";
import { withTimeout } from "../flow/time-limit.ts";
import type { HttpClient } from "../http/client/http-client.ts";
import type { Semaphore } from "../sync/semaphore.ts";
import type { FetchOptions } from "./fetch-arguments.ts";
import { describeFailure, type FetchFailure } from "./fetch-failure.ts";

/** What became of a page. */
export interface Page {
  readonly url: URL;
  /** Null where no answer came. */
  readonly status: number | null;
  /** How much of the body was read. */
  readonly bytes: number;
  /** How long the last attempt took, waits for its turn and pauses not counted. */
  readonly ms: number;
  readonly attempts: number;
  /** Why there is no complete answer; null where there is. A status of 400 or more is an answer. */
  readonly failure: FetchFailure | null;
}

const FIRST_PAUSE_MS = 100;
/** Statuses that ask to come back later. */
const busy = new Set([429, 503]);

export function hasFailed(page: Page): boolean {
  return page.failure !== null || page.status === null || page.status >= 400;
}

/** Carries an attempt that is worth another to `retry`. */
class TryAgain extends Error {
  readonly page: Page;

  constructor(page: Page) {
    super("the page is worth another attempt");
    this.page = page;
  }
}

/** What all fetches share. */
export interface FetchMeans {
  readonly http: HttpClient;
  readonly slots: Semaphore;
}

/**
 * Fetches a page and reads it to its end. Each attempt takes one of `slots`, and gives it back for the pause after it.
 * Throws nothing but `Cancelled`: what goes wrong is in the result.
 */
export async function fetchPage(
  url: URL,
  options: FetchOptions,
  { http, slots }: FetchMeans,
): Promise<Page> {
  const attempts = async (attempt: number): Promise<Page> => {
    using _slot = await slots.acquire();
    const page = await attemptPage(http, url, attempt, options.timeoutMs);
    if (page.failure?.transient === true || busy.has(page.status ?? 0)) throw new TryAgain(page);
    return page;
  };
  try {
    return await retry(attempts, {
      attempts: options.retries + 1,
      initialMs: FIRST_PAUSE_MS,
      jitter: 0.5,
    });
  } catch (error) {
    if (error instanceof TryAgain) return error.page;
    throw error;
  }
}

async function attemptPage(
  http: HttpClient,
  url: URL,
  attempts: number,
  timeoutMs: number,
): Promise<Page> {
  const runtime = currentRuntime();
  const started = runtime.now();
  const seen: Seen = { status: null, bytes: 0 };
  let failure: FetchFailure | null = null;
  try {
    await withTimeout(timeoutMs, () => readAll(http, url, seen));
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    failure = describeFailure(error, url, seen.bytes, timeoutMs);
  }
  return { url, ...seen, ms: runtime.now() - started, attempts, failure };
}

interface Seen {
  status: number | null;
  bytes: number;
}

/** Reads a page piece by piece and keeps none. */
async function readAll(http: HttpClient, url: URL, seen: Seen): Promise<void> {
  await using response = await http.get(url);
  seen.status = response.status;
  for await (const piece of response.body) seen.bytes += piece.length;
}
