import { checkCount } from "../../base/check.ts";
import { currentScope } from "../../kernel/current.ts";
import { delivered, refusal } from "../../kernel/park.ts";
import { LineSplitter } from "./line-splitter.ts";

/** How many bytes are read in one go where lines are cut out of them. */
export const LINE_BLOCK_BYTES = 131_072;
/** The longest line. */
const MOST_LINE_BYTES = 1_048_576;

/** How lines are read. */
export interface LineOptions {
  /** The longest line that is accepted, in bytes without its `\n`. Default 1 MiB. */
  readonly maxBytes?: number;
}

export function checkLineLimit(of: string, { maxBytes = MOST_LINE_BYTES }: LineOptions): number {
  return checkCount(`maxBytes of ${of}`, maxBytes);
}

/** What a loop over lines needs of its file. */
export interface LineReader {
  /** Makes `lines` the loop that reads ahead. Returns the file's position. */
  begin(lines: FileLines): number;
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** The next bytes. Only within a turn. */
  block(maxBytes: number): Promise<Uint8Array | null>;
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** The lines of an open file: a view that reads ahead, and gives back what nobody took. */
export class FileLines implements AsyncIterableIterator<string, undefined> {
  readonly #path: string;
  readonly #limitBytes: number;
  readonly #reader: LineReader;
  /** Null when it has nothing read ahead: before the first read, and when the file was used in another way since. */
  #splitter: LineSplitter | null = null;
  #isDone = false;

  constructor(path: string, limitBytes: number, reader: LineReader) {
    this.#path = path;
    this.#limitBytes = limitBytes;
    this.#reader = reader;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<string, undefined>> {
    if (this.#splitter?.hasLines !== true) return this.#nextBlock();
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    return delivered({ done: false, value: this.#splitter.take() }, scope);
  }

  /** What was read too far goes back when the file is used next. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#isDone = true;
    return DONE;
  }

  /** How many bytes were read and not delivered. */
  get unreadBytes(): number {
    return this.#splitter?.unreadBytes ?? 0;
  }

  /** Called by the file: what was read and not delivered. */
  giveBack(): Uint8Array {
    const rest = this.#splitter?.rest() ?? new Uint8Array(0);
    this.#splitter = null;
    return rest;
  }

  #nextBlock(): Promise<IteratorResult<string, undefined>> {
    return this.#reader.inTurn(async () => {
      while (!this.#isDone) {
        const splitter = this.#current();
        if (splitter.hasLines) return { done: false, value: splitter.take() };
        if (splitter.overrun !== null) throw splitter.overrun;
        const block = await this.#reader.block(LINE_BLOCK_BYTES);
        if (block !== null) splitter.push(block);
        else {
          splitter.end();
          this.#isDone = !splitter.hasLines;
        }
      }
      return DONE;
    });
  }

  #current(): LineSplitter {
    const startBytes = this.#reader.begin(this);
    return (this.#splitter ??= new LineSplitter(this.#path, this.#limitBytes, startBytes));
  }
}
