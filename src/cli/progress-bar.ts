/**
 * A progress bar on the last line of a terminal.
 *
 * Drawing overwrites the line in one write and clears only what is left of a longer one, so that nothing flickers.
 * Where results go to the same terminal, `above` takes the bar away for as long as they are written.
 */
import type { Sink } from "./terminal.ts";

const CLEAR_TO_END = "\u001B[K";
const WIDEST_BAR = 30;
const NARROWEST_BAR = 5;

export class ProgressBar {
  readonly #sink: Sink;
  #drawn = "";

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Shows `share` (0 to 1) and a text after it. */
  draw(share: number, text: string): void {
    const line = this.#compose(share, text);
    if (line === this.#drawn) return;
    this.#drawn = line;
    this.#sink.write(`\r${line}${CLEAR_TO_END}`);
  }

  /** Runs `write` with the bar out of the way, and puts it back below. */
  above(write: () => void): void {
    const line = this.#drawn;
    this.clear();
    write();
    if (line === "") return;
    this.#drawn = line;
    this.#sink.write(line);
  }

  clear(): void {
    if (this.#drawn === "") return;
    this.#drawn = "";
    this.#sink.write(`\r${CLEAR_TO_END}`);
  }

  /** Never as wide as the terminal: a full line would wrap, and then the bar could not be overwritten. */
  #compose(share: number, text: string): string {
    const columns = this.#sink.columns - 1;
    const width = Math.min(WIDEST_BAR, columns - text.length - 1);
    if (width < NARROWEST_BAR) return text.slice(0, Math.max(0, columns));
    const full = Math.round(Math.min(1, Math.max(0, share)) * width);
    return `${"█".repeat(full)}${"░".repeat(width - full)} ${text}`;
  }
}
