/** What a run of `fetch` has come to so far. */
import { hasFailed, type Page } from "./fetch-page.ts";
import { percentile } from "./figures.ts";

export interface FetchSummary {
  /** How many pages were asked for. */
  readonly total: number;
  /** How many of them have ended. */
  readonly ended: number;
  readonly failed: number;
  readonly bytes: number;
  /** Of the pages that were answered, whatever the status; `undefined` without any. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** How long the whole run took. */
  readonly ms: number;
}

export class FetchTally {
  readonly total: number;
  ended = 0;
  failed = 0;
  bytes = 0;
  readonly #answered: number[] = [];

  constructor(total: number) {
    this.total = total;
  }

  add(page: Page): void {
    this.ended++;
    this.bytes += page.bytes;
    if (hasFailed(page)) this.failed++;
    if (page.failure === null) this.#answered.push(page.ms);
  }

  summary(ms: number): FetchSummary {
    const { total, ended, failed, bytes } = this;
    const sorted = this.#answered.toSorted((a, b) => a - b);
    return {
      total,
      ended,
      failed,
      bytes,
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
      ms,
    };
  }
}
