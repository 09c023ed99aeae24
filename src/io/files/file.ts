/** An open file: its face. What is done at its position is in `sequence.ts`, what the platform works on in `descriptor.ts`. */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { refusal } from "../../kernel/park.ts";
import { Descriptor } from "./descriptor.ts";
import { checkLineLimit, type LineOptions } from "./file-lines.ts";
import { checkData, checkPermissions, checkPlace, type FileData } from "./path.ts";
import type { FileInfo, FileKind } from "./platform.ts";
import { Sequence, trimmed } from "./sequence.ts";

/** How many bytes `read` asks for. */
const READ_BYTES = 65_536;
const MOST_READ_BYTES = 2 ** 30;

/** Where to read or write. */
export interface PlaceOption {
  /** How many bytes from the beginning. Default: after the last read or write that gave none. */
  readonly position?: number;
}

/** What `openFile` found out. */
export interface Opened {
  readonly path: string;
  readonly descriptor: number;
  readonly kind: FileKind;
  readonly appends: boolean;
}

/**
 * An open file, as `openFile` gives it. Close it with `await using`, or `close()` in a `finally`.
 *
 * Several tasks may use one file. Reads and writes that name a position run side by side; the others take turns.
 *
 * Cancel safety, where nothing else is said: an operation that was cancelled before it began, or while it waited for its turn, has done
 * nothing; once it has begun it is finished and its result delivered, and the cancellation meets the next wait.
 *
 * @example
 * import { openFile, temporaryDirectory } from "tsyncio/io";
 * await using directory = await temporaryDirectory();
 * await using file = await openFile(`${directory.path}/counts`, { mode: "create" });
 * await file.write("one two three");
 * const bytes = await file.read(3, { position: 4 });
 * console.log(new TextDecoder().decode(bytes ?? undefined)); // two
 */
export class File implements AsyncDisposable, AsyncIterable<Uint8Array> {
  readonly path: string;
  /** What was opened: `"file"`, or what has no positions. */
  readonly kind: FileKind;
  readonly #descriptor: Descriptor;
  readonly #appends: boolean;
  readonly #sequence: Sequence;

  /** @internal */
  constructor({ path, descriptor, kind, appends }: Opened) {
    this.path = path;
    this.kind = kind;
    this.#descriptor = new Descriptor(path, descriptor);
    this.#appends = appends;
    this.#sequence = new Sequence(this.#descriptor, kind === "other", appends);
  }

  /** Where the next read or write without a position begins, in bytes. Stays 0 for what has no positions, and for writes that append. */
  get position(): number {
    return this.#sequence.position;
  }

  /** Sets the position, in its turn among the operations that use it. */
  seek(position: number): Promise<void> {
    return this.#sequence.seek(checkPlace("position of seek", position));
  }

  /**
   * Reads up to `maxBytes` (default 65,536): at least one, or null at the end of the file.
   *
   * Cancel safety: a cancelled read has taken no byte. On a pipe, a terminal or a device a read is given up at once, and what it would
   * have brought goes to the next one; on a regular file one that has begun is waited for.
   * @throws {FileError} when the platform fails.
   * @throws {Disposed} when the file has been closed.
   */
  read(maxBytes: number = READ_BYTES, { position }: PlaceOption = {}): Promise<Uint8Array | null> {
    const most = checkBlock("maxBytes of read", maxBytes);
    const at = this.#checkPosition("read", position);
    if (at === null) return this.#sequence.read(most);
    const buffer = new Uint8Array(most);
    return this.#alone("read", async () => trimmed(buffer, await this.#descriptor.fill(buffer, at)));
  }

  /**
   * Reads into `buffer`, at most as much as fits. Resolves to the number of bytes, which is 0 at the end of the file.
   *
   * Cancel safety: once it has begun it is waited for, so that nothing writes into the buffer after the scope has been left. A pipe is
   * read as by `read`.
   * @throws {FileError} when the platform fails.
   * @throws {Disposed} when the file has been closed.
   */
  readInto(buffer: Uint8Array, { position }: PlaceOption = {}): Promise<number> {
    if (!(buffer instanceof Uint8Array))
      throw new InvalidArgument(`buffer of readInto is ${show(buffer)}. Give a Uint8Array.`);
    const at = this.#checkPosition("readInto", position);
    if (at !== null) return this.#alone("read", () => this.#descriptor.fill(buffer, at));
    return this.#sequence.readInto(buffer);
  }

  /**
   * Writes all of `data`; text as UTF-8. In a file that was opened for appending, at its end.
   *
   * Cancel safety: a cancelled write has written nothing. Once it has begun all of it is written, however long it is.
   * @throws {FileError} when the platform fails; `bytesWritten` says how many bytes it had taken.
   * @throws {Disposed} when the file has been closed.
   */
  write(data: FileData, { position }: PlaceOption = {}): Promise<void> {
    const bytes = checkData("data of write", data);
    const at = this.#checkPosition("write", position);
    if (at === null) return this.#sequence.write(bytes);
    if (!this.#appends) return this.#alone("write", () => this.#descriptor.put(bytes, at, () => {}));
    throw new InvalidArgument(
      `position of write is ${at}, and ${show(this.path)} was opened for appending. Open it with mode "update".`,
    );
  }

  /** Cuts the file to `sizeBytes` (default 0), or fills it up with zeros. The position stays. */
  truncate(sizeBytes: number = 0): Promise<void> {
    const size = checkPlace("sizeBytes of truncate", sizeBytes);
    return this.#ask("truncate", (platform, number, done) => platform.truncate(number, size, done));
  }

  /** Waits until everything written is on the device (`fsync`): it survives a crash of the machine from then on. */
  sync(): Promise<void> {
    return this.#ask("sync", (platform, number, done) => platform.sync(number, done));
  }

  /** Sets the permission bits. */
  setPermissions(permissions: number): Promise<void> {
    const bits = checkPermissions("permissions", permissions);
    return this.#ask("set permissions of", (platform, number, done) =>
      platform.setPermissions(number, bits, done),
    );
  }

  /** What the platform knows about the file now: size, permissions, times. */
  info(): Promise<FileInfo> {
    return this.#ask<FileInfo>("describe", (platform, number, done) => platform.describe(number, done));
  }

  /**
   * The lines from the position on, without their ends (`\n` or `\r\n`), decoded as UTF-8. A loop that is left keeps the file open, and
   * the position is behind the last line that it was given.
   *
   * Cancel safety: a cancelled `next()` takes no line.
   * @throws {LineTooLong} for a line of more than `maxBytes`, when those before it have been delivered.
   */
  lines(options: LineOptions = {}): AsyncIterableIterator<string, undefined> {
    return this.#sequence.lines(checkLineLimit("lines", options));
  }

  /** The chunks from the position on, as `read()` gives them. A loop that is left keeps the file open. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: async () => {
        const value = await this.read();
        return value === null ? { done: true, value: undefined } : { done: false, value };
      },
    };
  }

  /**
   * Closes the file, once the operations that have begun have ended; later ones throw {@link Disposed}. Closing twice is the same as
   * once. A read of a pipe that was given up holds the descriptor until the platform answers it; that is not waited for.
   *
   * Cancel safety: it is no cancellation point. In a cancelled scope it waits for at most 5 seconds; the file is closed all the same.
   * @throws {FileError} when the platform could not write what it still had to.
   */
  close(): Promise<void> {
    return this.#descriptor.close(() => !this.#sequence.isAbandoned);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** `inFlight`: calls that the platform has not answered. */
  stats(): Readonly<{ state: "open" | "closing" | "closed"; inFlight: number }> {
    return { state: this.#descriptor.state, inFlight: this.#descriptor.inFlight };
  }

  #ask<T>(operation: string, call: Parameters<typeof Descriptor.prototype.ask<T>>[1]): Promise<T> {
    return this.#alone(operation, () => this.#descriptor.ask(operation, call));
  }

  /** Runs an operation that needs no turn. */
  async #alone<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const refused = refusal();
    if (refused !== null) return refused;
    this.#descriptor.checkOpen(operation);
    return work();
  }

  #checkPosition(operation: string, position: number | undefined): number | null {
    if (position === undefined) return null;
    const at = checkPlace(`position of ${operation}`, position);
    if (this.#sequence.hasPositions) return at;
    throw new InvalidArgument(
      `position of ${operation} is ${at}, and ${show(this.path)} has no positions, as a pipe or a terminal has none.`,
    );
  }
}

/** A number of bytes to be read into one array. */
export function checkBlock(name: string, bytes: number): number {
  if (Number.isInteger(bytes) && bytes >= 1 && bytes <= MOST_READ_BYTES) return bytes;
  throw new InvalidArgument(`${name} is ${show(bytes)}. Give an integer from 1 to 2^30.`);
}
