/**
 * Fetching many pages at the same time, with a limit over all and one for each host.
 *
 * A limit of its own for each host must not let a slow host hold up the others. So the hosts do not share a queue of URLs:
 * each has its own, with as many tasks as the host may have requests, and only a task that is about to send one takes a slot
 * of the limit over all. Slots are handed out in order of asking, so the hosts take turns, and while a slot is free nobody who
 * may send waits. A task that pauses before another attempt keeps its place at the host, which asked for the pause, and no slot.
 */
import { currentRuntime } from "../kernel/runtime.ts";
import { withTaskGroup } from "../kernel/task-group.ts";
import { all } from "../flow/all.ts";
import { interval } from "../flow/interval.ts";
import { forEach } from "../flow/map.ts";
import { HttpClient } from "../http/client/http-client.ts";
import { Semaphore } from "../sync/semaphore.ts";
import type { FetchOptions } from "./fetch-arguments.ts";
import { fetchPage, type Page } from "./fetch-page.ts";
import { FetchReport } from "./fetch-report.ts";
import type { FetchSummary } from "./fetch-tally.ts";
import type { Terminal } from "./terminal.ts";

const REDRAW_MS = 100;

/**
 * Fetches all `urls` and reports to `terminal`. A page that fails is reported and counted, and throws nothing.
 *
 * Cancel safety: cancelled, it leaves no request behind, and prints the summary of what has ended until then.
 * @throws {Cancelled} when the surrounding scope is cancelled first.
 */
export async function fetchPages(
  urls: readonly URL[],
  options: FetchOptions,
  terminal: Terminal,
): Promise<FetchSummary> {
  const runtime = currentRuntime();
  const report = new FetchReport(urls.length, options.json, terminal, () => runtime.now());
  let summary: FetchSummary;
  try {
    await withTaskGroup(async (group) => {
      if (report.hasBar) group.spawnService("progress", () => keepDrawn(report));
      await fetchByHost(urls, options, (page) => report.page(page));
    });
  } finally {
    summary = report.end();
  }
  return summary;
}

async function keepDrawn(report: FetchReport): Promise<void> {
  report.redraw();
  for await (const _ of interval(REDRAW_MS)) report.redraw();
}

async function fetchByHost(
  urls: readonly URL[],
  options: FetchOptions,
  ended: (page: Page) => void,
): Promise<void> {
  const { concurrency } = options;
  // The limits on concurrency and time are those of the command.
  await using http = new HttpClient({
    maxConnections: concurrency,
    totalMs: Infinity,
    connectMs: Infinity,
    headers: { "user-agent": "tsyncio" },
  });
  const means = { http, slots: new Semaphore(concurrency) };
  const fetchOne = async (url: URL): Promise<void> => ended(await fetchPage(url, options, means));
  const hosts = Map.groupBy(urls, ({ host }) => host);
  await all(
    [...hosts.values()].map(
      (ofHost) => () => forEach(ofHost, fetchOne, { concurrency: options.perHost }),
    ),
  );
}
