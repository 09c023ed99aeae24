/**
 * The lines of a file, which is opened for one loop.
 *
 * A task reads, as a service of the scope in which the loop begins: it has the next block ready while the loop works on this one, and it
 * closes the file when the loop, or that scope, is left. (A loop that ends by an error of `next()` does not tell its iterator.)
 *
 * Blocks of lines go through the production, lines come out of here; so a line costs no more than a step in an array.
 */
import { Production } from "../../flow/production.ts";
import { currentScope } from "../../kernel/current.ts";
import { delivered, refusal } from "../../kernel/park.ts";
import { Lock } from "../../sync/lock.ts";
import { checkLineLimit, LINE_BLOCK_BYTES, type LineOptions } from "./file-lines.ts";
import { LineSplitter } from "./line-splitter.ts";
import { openFile } from "./open.ts";
import { checkPath, type FilePath } from "./path.ts";

/** Blocks of lines that wait for the loop. */
const BLOCKS_AHEAD = 1;

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/**
 * The lines of a file, without their ends (`\n` or `\r\n`), decoded as UTF-8: what is no UTF-8 becomes U+FFFD, and a byte order mark
 * at the beginning is dropped. The file is opened by the first `next()`, once for each loop, and closed when the loop or the scope
 * around it is left. About 0.4 MB are read ahead.
 *
 * Cancel safety: a cancelled `next()` takes no line.
 * @throws {FileError} in the loop, when the platform fails.
 * @throws {LineTooLong} in the loop, for a line of more than `maxBytes`, when those before it have been delivered.
 * @throws {InvalidArgument} for what is no path.
 * @example
 * import { readLines, temporaryDirectory, writeFile } from "tsyncio/io";
 * await using directory = await temporaryDirectory();
 * await writeFile(`${directory.path}/names`, "Ada\nGrace\n");
 * for await (const name of readLines(`${directory.path}/names`)) console.log(name); // Ada, Grace
 */
export function readLines(path: FilePath, options: LineOptions = {}): AsyncIterable<string> {
  const file = checkPath("path of readLines", path);
  const limit = checkLineLimit("readLines", options);
  return { [Symbol.asyncIterator]: () => new Lines(file, limit) };
}

class Lines implements AsyncIterator<string, undefined> {
  readonly #blocks: Production<readonly string[]>;
  readonly #turn: Lock;
  #lines: readonly string[] = [];
  #next = 0;

  constructor(path: string, limitBytes: number) {
    this.#turn = new Lock({ name: path });
    this.#blocks = new Production({
      name: `lines of ${path}`,
      producer: (emit) => produceLines(path, limitBytes, emit),
      capacity: BLOCKS_AHEAD,
      disposable: () => undefined,
    });
  }

  next(): Promise<IteratorResult<string, undefined>> {
    if (this.#next >= this.#lines.length) return this.#nextBlock();
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    return delivered({ done: false, value: this.#lines[this.#next++] as string }, scope);
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#lines = [];
    await this.#blocks.return();
    return DONE;
  }

  /** Several who read at the same time must not overtake each other, nor drop each other's block. */
  async #nextBlock(): Promise<IteratorResult<string, undefined>> {
    const hold = this.#turn.tryAcquire() ?? (await this.#turn.acquire());
    try {
      while (this.#next >= this.#lines.length) {
        const block = await this.#blocks.next();
        if (block.done === true) return DONE;
        this.#lines = block.value;
        this.#next = 0;
      }
      return { done: false, value: this.#lines[this.#next++] as string };
    } finally {
      hold.release();
    }
  }
}

async function produceLines(
  path: string,
  limitBytes: number,
  emit: (lines: readonly string[]) => Promise<void>,
): Promise<void> {
  await using file = await openFile(path);
  const splitter = new LineSplitter(path, limitBytes);
  for (;;) {
    const block = await file.read(LINE_BLOCK_BYTES);
    if (block === null) splitter.end();
    else splitter.push(block);
    if (splitter.hasLines) await emit(splitter.takeAll());
    if (splitter.overrun !== null) throw splitter.overrun;
    if (block === null) return;
  }
}
