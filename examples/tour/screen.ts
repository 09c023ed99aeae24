/** What the tour looks like: aligned columns, and colour where a terminal wants it. */
import { painter, type Paint } from "../../src/cli/terminal.ts";

export interface Row {
  readonly name: string;
  readonly time: string;
  readonly result: string;
  readonly failed: boolean;
  readonly running: number;
}

const NAME_WIDTH = 12;
const TIME_WIDTH = 8;
const RESULT_WIDTH = 33;

export class Screen {
  readonly paint: Paint;
  readonly columns: number;
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;

  constructor(stream: NodeJS.WriteStream) {
    this.#isTerminal = stream.isTTY === true;
    this.paint = painter(this.#isTerminal && (process.env["NO_COLOR"] ?? "") === "");
    this.columns = stream.columns > 0 ? stream.columns : 80;
    this.#write = (text) => stream.write(text);
  }

  line(text = ""): void {
    this.#write(`${text}\n`);
  }

  title(text: string): void {
    this.line();
    this.line(this.paint("bold", text));
  }

  tableHead(): void {
    const before = " ".repeat(2 + NAME_WIDTH + TIME_WIDTH + 3 + RESULT_WIDTH);
    const cells = `  ${"".padEnd(NAME_WIDTH)}${"time".padStart(TIME_WIDTH)}   ${"what came out".padEnd(RESULT_WIDTH)}`;
    this.line(this.paint("grey", `${before}requests still`));
    this.line(this.paint("grey", `${cells}running on the server`));
  }

  /** Shows on a terminal what is being measured; the row takes its place. */
  announce(name: string): void {
    if (this.#isTerminal)
      this.#write(`  ${name.padEnd(NAME_WIDTH)}${this.paint("grey", "...".padStart(TIME_WIDTH))}`);
  }

  row({ name, time, result, failed, running }: Row): void {
    const start = this.#isTerminal ? "\r" : "";
    const outcome = this.paint(
      failed ? "yellow" : "green",
      result.slice(0, RESULT_WIDTH - 1).padEnd(RESULT_WIDTH),
    );
    const left = this.paint(running === 0 ? "green" : "red", String(running));
    this.line(
      `${start}  ${this.paint("bold", name.padEnd(NAME_WIDTH))}${time.padStart(TIME_WIDTH)}   ${outcome}${left}`,
    );
  }

  /** Two texts side by side, the left one with line numbers; one below the other where the terminal is narrow. */
  beside(left: readonly string[], right: readonly string[], heads: readonly [string, string]): void {
    const width = Math.max(heads[0].length, ...left.map((text) => text.length + 4));
    const numbered = left.map(
      (text, at) => `${this.paint("grey", String(at + 1).padStart(2))}  ${text.padEnd(width - 4)}`,
    );
    const rightWidth = Math.max(heads[1].length, ...right.map((text) => text.length));
    if (2 + width + 4 + rightWidth > this.columns) {
      for (const text of [this.paint("grey", heads[0]), ...numbered]) this.line(`  ${text.trimEnd()}`);
      for (const text of [this.paint("grey", heads[1]), ...right]) this.line(`  ${text}`);
      return;
    }
    this.line(`  ${this.paint("grey", heads[0].padEnd(width))}    ${this.paint("grey", heads[1])}`);
    for (const [at, text] of numbered.entries()) {
      const output = right[at];
      this.line(
        `  ${output === undefined ? text.trimEnd() : `${text}    ${this.paint("cyan", output)}`}`,
      );
    }
  }
}
