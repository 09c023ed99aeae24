import { until } from "../flow/until.ts";
import { withShield } from "../flow/time-limit.ts";
import { fetchHelp, parseFetchArguments } from "./fetch-arguments.ts";
import { fetchPages } from "./fetch-pages.ts";
import type { Terminal } from "./terminal.ts";
import { readUrls } from "./url-list.ts";

/** A reader that takes nothing holds up the end of the program for at most this long. */
const FLUSH_MS = 2_000;

/**
 * `tsyncio fetch`: resolves to the exit code, 1 when a page failed.
 *
 * @throws {Misuse} when it was called wrongly; then nothing has been fetched.
 */
export async function fetchCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const parsed = parseFetchArguments(args);
  if (parsed.help) {
    terminal.out.write(fetchHelp);
    return 0;
  }
  const urls = await readUrls(parsed.urls, parsed.file);
  try {
    const { failed } = await fetchPages(urls, parsed, terminal);
    return failed > 0 ? 1 : 0;
  } finally {
    // The process ends right after this when a signal cancelled us: what was written must be out by then.
    await withShield(FLUSH_MS, () => until(terminal.out.flushed()));
  }
}
