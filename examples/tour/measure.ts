import { currentRuntime, sleep } from "tsyncio";
import { count, formatBytes, formatMs } from "../../src/cli/figures.ts";
import type { Screen } from "./screen.ts";
import type { TourSite } from "./site.ts";
import { ways, type FetchedPage, type Way } from "./ways.ts";

/** The server notices a closed socket a little later: after this time, and these turns of the event loop, requests are counted. */
const NOTICE_MS = 20;
const NOTICE_TURNS = 4;

/** Lets each way fetch the site, and prints how long it took, what came out, and what it left running. */
export async function compare(site: TourSite, screen: Screen, limitMs?: number): Promise<void> {
  screen.tableHead();
  for (const way of ways) {
    screen.announce(way.name);
    await measure(site, screen, way, limitMs);
    await site.calm();
  }
}

async function measure(
  site: TourSite,
  screen: Screen,
  way: Way,
  limitMs: number | undefined,
): Promise<void> {
  const runtime = currentRuntime();
  const { name } = way;
  const work = (): Promise<FetchedPage[]> => way.getAll(site.urls);
  const started = runtime.now();
  let result: string;
  let failed = false;
  try {
    result = describePages(await (limitMs === undefined ? work() : way.within(limitMs, work)));
  } catch (error) {
    failed = true;
    result = `error: ${describeError(error)}`;
  }
  const time = formatMs(runtime.now() - started);
  await sleep(NOTICE_MS);
  for (let turn = 0; turn < NOTICE_TURNS; turn++) await sleep(0);
  screen.row({ name, time, result, failed, running: site.running });
}

function describePages(pages: readonly FetchedPage[]): string {
  const bytes = pages.reduce((sum, page) => sum + page.bytes, 0);
  const errors = pages.filter(({ status }) => status >= 400).length;
  return `${count(pages.length, "page")} (${count(errors, "error page")}), ${formatBytes(bytes)}`;
}

/** The innermost cause says most. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return describeError(error.cause);
  return /did not end within \d+ ms/.exec(error.message)?.[0] ?? error.message;
}
