/** A terminal that remembers what was written to it, as it was written. */
import type { Sink, Terminal } from "../../src/cli/terminal.ts";

export class RecordedSink implements Sink {
  readonly writes: string[] = [];
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly #log: string[];
  #watch = (): void => {};

  constructor(log: string[], isTerminal: boolean, columns: number) {
    this.#log = log;
    this.isTerminal = isTerminal;
    this.columns = columns;
  }

  get text(): string {
    return this.writes.join("");
  }

  get lines(): string[] {
    return this.text.split("\n").slice(0, -1);
  }

  write(text: string): void {
    this.writes.push(text);
    this.#log.push(text);
    this.#watch();
  }

  /** Settles when so many lines have been written. */
  reaches(lines: number): Promise<void> {
    return new Promise((resolve) => {
      this.#watch = () => {
        if (this.lines.length >= lines) resolve();
      };
    });
  }

  flushed(): Promise<void> {
    return Promise.resolve();
  }
}

export class RecordedTerminal implements Terminal {
  /** Both streams in the order of writing. */
  readonly log: string[] = [];
  readonly out: RecordedSink;
  readonly err: RecordedSink;
  readonly colour = false;

  constructor({ out = false, err = false, columns = 80 } = {}) {
    this.out = new RecordedSink(this.log, out, columns);
    this.err = new RecordedSink(this.log, err, columns);
  }
}

/** What a person sees on a screen after these writes: carriage returns overwrite, and the rest of a line can be cleared. */
export function screenOf(writes: readonly string[]): string[] {
  const rows: string[] = [""];
  let column = 0;
  for (const [part] of writes.join("").matchAll(/[\r\n]|\p{Cc}\[K|\P{Cc}+/gu)) {
    const row = rows.at(-1) ?? "";
    if (part === "\r") column = 0;
    else if (part === "\n") {
      rows.push("");
      column = 0;
    } else if (part === "\u001B[K") rows[rows.length - 1] = row.slice(0, column);
    else {
      rows[rows.length - 1] = row.slice(0, column) + part + row.slice(column + part.length);
      column += part.length;
    }
  }
  return rows;
}
