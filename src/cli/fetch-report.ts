import { formatBytes, formatMs } from "./figures.ts";
import { jsonLines, readableLines, type FetchLines } from "./fetch-lines.ts";
import type { Page } from "./fetch-page.ts";
import { FetchTally, type FetchSummary } from "./fetch-tally.ts";
import { ProgressBar } from "./progress-bar.ts";
import { painter, type Terminal } from "./terminal.ts";

/** Tells the terminal how a run of `fetch` goes: a line for each page, a bar below them, a summary at the end. */
export class FetchReport {
  readonly #out: Terminal["out"];
  readonly #lines: FetchLines;
  readonly #tally: FetchTally;
  readonly #bar: ProgressBar | null;
  readonly #now: () => number;
  readonly #started: number;

  constructor(total: number, json: boolean, terminal: Terminal, now: () => number) {
    this.#out = terminal.out;
    this.#lines = json ? jsonLines : readableLines(painter(terminal.colour));
    this.#tally = new FetchTally(total);
    this.#bar = terminal.err.isTerminal ? new ProgressBar(terminal.err) : null;
    this.#now = now;
    this.#started = now();
  }

  /** Whether there is a bar, which wants to be redrawn now and then. */
  get hasBar(): boolean {
    return this.#bar !== null;
  }

  page(page: Page): void {
    this.#tally.add(page);
    this.#print(this.#lines.page(page));
  }

  redraw(): void {
    const { total, ended, failed, bytes } = this.#tally;
    const ms = this.#now() - this.#started;
    const parts = [`${ended}/${total}`, formatBytes(bytes), formatMs(ms)];
    if (failed > 0) parts.push(`${failed} failed`);
    if (ended > 0 && ended < total) parts.push(`${formatMs((ms / ended) * (total - ended))} left`);
    this.#bar?.draw(total === 0 ? 1 : ended / total, parts.join("  "));
  }

  /** Takes the bar away and prints the summary. */
  end(): FetchSummary {
    this.#bar?.clear();
    const summary = this.#tally.summary(this.#now() - this.#started);
    this.#print(this.#lines.summary(summary));
    return summary;
  }

  /** The bar makes way only for lines that go to the same screen. */
  #print(line: string): void {
    const write = (): void => this.#out.write(`${line}\n`);
    if (this.#bar !== null && this.#out.isTerminal) this.#bar.above(write);
    else write();
  }
}
