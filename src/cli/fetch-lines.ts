/** How pages and the summary are printed: for people, or as JSON for programs. */
import { count, formatBytes, formatMs } from "./figures.ts";
import { hasFailed, type Page } from "./fetch-page.ts";
import type { FetchSummary } from "./fetch-tally.ts";
import type { Paint } from "./terminal.ts";

export interface FetchLines {
  page(page: Page): string;
  summary(summary: FetchSummary): string;
}

export function readableLines(paint: Paint): FetchLines {
  return {
    page(page) {
      const status = page.failure === null ? String(page.status) : "error";
      const figures = `${formatBytes(page.bytes).padStart(9)} ${formatMs(page.ms).padStart(9)}`;
      const colour = hasFailed(page) ? "red" : "green";
      const tries = page.attempts > 1 ? paint("yellow", `  (${page.attempts} attempts)`) : "";
      const why = page.failure === null ? "" : `  ${paint("red", page.failure.message)}`;
      return `${paint(colour, status.padEnd(5))} ${figures}  ${page.url.href}${why}${tries}`;
    },

    summary(summary) {
      const { total, ended, failed, bytes, p50Ms, p99Ms, ms } = summary;
      const cut = ended < total ? `cancelled after ${ended} of ` : "";
      const failures = failed === 0 ? "none failed" : paint("red", `${failed} failed`);
      const spread =
        p50Ms === undefined ? "" : `, p50 ${formatMs(p50Ms)}, p99 ${formatMs(p99Ms ?? p50Ms)}`;
      return `${cut}${count(total, "page")}, ${failures}, ${formatBytes(bytes)} in ${formatMs(ms)}${spread}`;
    },
  };
}

/** One object a line. A page has `error` instead of a `status` where no complete answer came. */
export const jsonLines: FetchLines = {
  page(page) {
    const { url, status, bytes, attempts, failure } = page;
    const error = failure === null ? {} : { error: { kind: failure.kind, message: failure.message } };
    return JSON.stringify({
      type: "page",
      url: url.href,
      ok: !hasFailed(page),
      status,
      bytes,
      ms: tenth(page.ms),
      attempts,
      ...error,
    });
  },

  summary({ total, ended, failed, bytes, p50Ms, p99Ms, ms }) {
    return JSON.stringify({
      type: "summary",
      pages: total,
      ended,
      failed,
      bytes,
      p50Ms: p50Ms === undefined ? null : tenth(p50Ms),
      p99Ms: p99Ms === undefined ? null : tenth(p99Ms),
      ms: tenth(ms),
    });
  },
};

function tenth(ms: number): number {
  return Math.round(ms * 10) / 10;
}
