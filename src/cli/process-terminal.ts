import process from "node:process";
import type { Sink, Terminal } from "./terminal.ts";

/** 128 + SIGPIPE: what a shell reports for a program whose reader went away. */
const READER_GONE = 141;

class StreamSink implements Sink {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    // `tsyncio fetch ... | head -1`: nobody reads any more, so nothing is left to do.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(READER_GONE);
      throw error;
    });
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns > 0 ? this.#stream.columns : 80;
  }

  write(text: string): void {
    this.#stream.write(text);
  }

  flushed(): Promise<void> {
    return new Promise((resolve) => this.#stream.write("", () => resolve()));
  }
}

let made: Terminal | undefined;

/** The streams of this process. Colour needs a terminal, and that https://no-color.org does not forbid it. */
export function processTerminal(): Terminal {
  if (made !== undefined) return made;
  const { env } = process;
  const out = new StreamSink(process.stdout);
  const err = new StreamSink(process.stderr);
  const colour = out.isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  made = { out, err, colour };
  return made;
}
