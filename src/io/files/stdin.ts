/**
 * The standard input, by lines or by chunks.
 *
 * There is one, so all who read share what has come: each line goes to one of them, first come first served. What a loop has not taken
 * when it is left is there for the next one.
 *
 * Invariants
 * - The platform delivers only while somebody waits; it is paused else, so that a program that reads no more can end, and one that is
 *   slow holds the sender up. At most one piece that was on its way (64 KiB) comes after that, and is kept.
 * - It keeps the process alive while a task waits for it, unless that is a service or a background task.
 * - What came is in `#pieces`, as it came; or in `#splitter`, once somebody has asked for lines.
 */
import { RingBuffer } from "../../base/ring-buffer.ts";
import { currentScope } from "../../kernel/current.ts";
import { passed, refusal } from "../../kernel/park.ts";
import { inRoot } from "../../kernel/root-context.ts";
import { platformHost } from "../../kernel/runtime.ts";
import type { Scope } from "../../kernel/scope.ts";
import { WaitQueue } from "../../kernel/wait-queue.ts";
import { Lock } from "../../sync/lock.ts";
import { abandonably } from "./asking.ts";
import { FileError } from "./errors.ts";
import { checkLineLimit, type LineOptions } from "./file-lines.ts";
import { LineSplitter } from "./line-splitter.ts";
import { filePlatform, type InputListener, type StandardInput } from "./platform.ts";

const NAME = "standard input";
const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

class Input implements InputListener {
  readonly #platform: StandardInput;
  readonly #turn: Lock = new Lock({ name: NAME });
  readonly #pieces: RingBuffer<Uint8Array> = new RingBuffer();
  readonly #reader: WaitQueue = new WaitQueue(`read ${NAME}`);
  #splitter: LineSplitter = new LineSplitter(NAME, Infinity);
  #limitBytes = Infinity;
  #takenBytes = 0;
  #hasEnded = false;
  #failure: FileError | null = null;

  constructor() {
    this.#platform = filePlatform().standardInput(this);
  }

  arrived(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#reader.wakeAll(undefined);
  }

  ended(): void {
    this.#hasEnded = true;
    this.#reader.wakeAll(undefined);
  }

  failed(error: unknown): void {
    this.#failure = new FileError({ operation: "read", path: NAME }, error);
    this.ended();
  }

  /** The next line; null at the end. */
  async line(limitBytes: number): Promise<string | null> {
    const hold = this.#turn.tryAcquire() ?? (await this.#turn.acquire());
    try {
      await passed();
      if (limitBytes !== this.#limitBytes) this.#startLines(limitBytes);
      while (!this.#splitter.hasLines) {
        if (this.#splitter.overrun !== null) throw this.#splitter.overrun;
        const piece = await this.#piece();
        if (piece !== null) this.#splitter.push(piece);
        else {
          this.#splitter.end();
          if (!this.#splitter.hasLines && this.#splitter.overrun === null) return this.#end();
        }
      }
      return this.#splitter.take();
    } finally {
      hold.release();
    }
  }

  /** The next bytes; null at the end. */
  async chunk(): Promise<Uint8Array | null> {
    const hold = this.#turn.tryAcquire() ?? (await this.#turn.acquire());
    try {
      await passed();
      if (this.#splitter.unreadBytes > 0) return this.#takeRest();
      return (await this.#piece()) ?? this.#end();
    } finally {
      hold.release();
    }
  }

  /** The bytes that were read for lines and not taken as such. */
  #takeRest(): Uint8Array {
    const rest = this.#splitter.rest();
    this.#startLines(this.#limitBytes);
    return rest;
  }

  #startLines(limitBytes: number): void {
    const rest = this.#splitter.rest();
    this.#splitter = new LineSplitter(NAME, limitBytes, this.#takenBytes - rest.length);
    this.#limitBytes = limitBytes;
    if (rest.length > 0) this.#splitter.push(rest);
  }

  #end(): null {
    if (this.#failure !== null) throw this.#failure;
    return null;
  }

  /** Waits for the next piece; null at the end. Only within a turn. */
  async #piece(): Promise<Uint8Array | null> {
    while (this.#pieces.size === 0 && !this.#hasEnded) await this.#more(currentScope());
    if (this.#pieces.size === 0) return null;
    const piece = this.#pieces.shift();
    this.#takenBytes += piece.length;
    return piece;
  }

  async #more(scope: Scope): Promise<void> {
    inRoot(() => this.#platform.resume(scope.keepsAlive));
    try {
      await this.#reader.park(undefined, scope);
    } finally {
      inRoot(() => this.#platform.pause());
    }
  }
}

let input: Input | null = null;

/** The one input of the process. In a simulation there is none: asking for it is refused like all real files. */
async function standardInput(): Promise<Input> {
  if (currentScope().engine.host !== platformHost()) {
    await abandonably<number>(`read ${NAME}`, (done) =>
      filePlatform().read(0, new Uint8Array(0), null, done),
    );
  }
  return (input ??= inRoot(() => new Input()));
}

class InputIterator<T> implements AsyncIterableIterator<T, undefined> {
  readonly #take: (input: Input) => Promise<T | null>;

  constructor(take: (input: Input) => Promise<T | null>) {
    this.#take = take;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    const refused = refusal();
    if (refused !== null) return refused;
    const value = await this.#take(await standardInput());
    return value === null ? DONE : { done: false, value };
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    return Promise.resolve(DONE);
  }
}

/**
 * The lines of the standard input, without their ends (`\n` or `\r\n`), decoded as UTF-8. Ends where the input ends.
 *
 * All loops share one input: a line goes to one of them, and what a loop has not taken is there for the next. It keeps the process alive
 * only while a task waits for it. Do not read it in another way as well (`process.stdin`, `node:readline`): each would get parts.
 *
 * Cancel safety: a cancelled `next()` takes no line.
 * @throws {LineTooLong} for a line of more than `maxBytes`. Its bytes stay, and can be read with `stdinChunks`.
 * @throws {FileError} when the platform cannot read.
 * @example
 * import { stdinLines } from "tsyncio/io";
 * async function sum(): Promise<number> {
 *   let total = 0;
 *   for await (const line of stdinLines()) total += Number(line);
 *   return total;
 * }
 */
export function stdinLines(options: LineOptions = {}): AsyncIterableIterator<string, undefined> {
  const limit = checkLineLimit("stdinLines", options);
  return new InputIterator((from) => from.line(limit));
}

/**
 * The bytes of the standard input, as they come. What is said of {@link stdinLines} holds here too; the two may take turns.
 *
 * Cancel safety: a cancelled `next()` takes no byte.
 * @throws {FileError} when the platform cannot read.
 * @example
 * import { stdinChunks } from "tsyncio/io";
 * async function count(): Promise<number> {
 *   let bytes = 0;
 *   for await (const chunk of stdinChunks()) bytes += chunk.length;
 *   return bytes;
 * }
 */
export function stdinChunks(): AsyncIterableIterator<Uint8Array, undefined> {
  return new InputIterator((from) => from.chunk());
}
