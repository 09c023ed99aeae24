/**
 * What is read and written at a file's position, one operation after the other.
 *
 * Invariants
 * - Operations take turns, first come first served. `#position` changes only during one's turn, and is the place of the first byte that
 *   was not handed to anybody; what a loop over lines has read ahead counts as handed to it.
 * - A file that is no regular one has no positions: it is read through `PipeReads`, since nobody knows when it will answer.
 * - `#lines` is the loop that has read ahead. Whoever goes on in another way makes it give back what it has not delivered.
 */
import { refusal } from "../../kernel/park.ts";
import { Lock } from "../../sync/lock.ts";
import { told } from "./asking.ts";
import type { Descriptor } from "./descriptor.ts";
import { FileLines } from "./file-lines.ts";
import { PipeReads } from "./pipe-reads.ts";

export class Sequence {
  readonly #descriptor: Descriptor;
  readonly #appends: boolean;
  readonly #turn: Lock;
  readonly #pipe: PipeReads | null;
  #position = 0;
  #lines: FileLines | null = null;

  constructor(descriptor: Descriptor, isPipe: boolean, appends: boolean) {
    const { path } = descriptor;
    this.#descriptor = descriptor;
    this.#appends = appends;
    this.#turn = new Lock({ name: path });
    this.#pipe = isPipe ? new PipeReads(path, (buffer) => descriptor.reading(buffer, null)) : null;
  }

  get hasPositions(): boolean {
    return this.#pipe === null;
  }

  get position(): number {
    return this.#pipe === null ? this.#position - (this.#lines?.unreadBytes ?? 0) : 0;
  }

  /** Whether the platform has a read that nobody waits for. */
  get isAbandoned(): boolean {
    return this.#pipe?.isAbandoned === true;
  }

  read(maxBytes: number): Promise<Uint8Array | null> {
    return this.#inTurn("read", () => this.#block(maxBytes));
  }

  readInto(buffer: Uint8Array): Promise<number> {
    return this.#inTurn("read", () => this.#fill(buffer));
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#inTurn("write", () => {
      if (this.#appends || this.#pipe !== null) return this.#descriptor.put(bytes, null, () => {});
      return this.#descriptor.put(bytes, this.#position, (length) => {
        this.#position += length;
      });
    });
  }

  seek(position: number): Promise<void> {
    return this.#inTurn("seek in", async () => {
      this.#position = position;
    });
  }

  lines(limitBytes: number): FileLines {
    return new FileLines(this.#descriptor.path, limitBytes, {
      begin: (lines) => {
        this.#goBack(lines);
        this.#lines = lines;
        return this.#position;
      },
      inTurn: (work) => this.#inTurn("read", work, false),
      block: (maxBytes) => this.#block(maxBytes),
    });
  }

  /** `goesBack`: the operation begins behind what was delivered last, not where a loop over lines has read to. */
  async #inTurn<T>(operation: string, work: () => Promise<T>, goesBack: boolean = true): Promise<T> {
    const hold = this.#turn.tryAcquire() ?? (await this.#turn.acquire());
    try {
      const refused = refusal();
      if (refused !== null) return await refused;
      this.#descriptor.checkOpen(operation);
      if (goesBack) this.#goBack();
      return await work();
    } finally {
      hold.release();
    }
  }

  async #block(most: number): Promise<Uint8Array | null> {
    if (this.#pipe === null) {
      const buffer = new Uint8Array(most);
      return trimmed(buffer, await this.#fill(buffer));
    }
    const bytes = await told("read", this.#descriptor.path, this.#pipe.next(most));
    return bytes.length === 0 ? null : bytes;
  }

  async #fill(buffer: Uint8Array): Promise<number> {
    if (this.#pipe === null) {
      const length = await this.#descriptor.fill(buffer, this.#position);
      this.#position += length;
      return length;
    }
    if (buffer.length === 0) return 0;
    const bytes = await told("read", this.#descriptor.path, this.#pipe.next(buffer.length));
    buffer.set(bytes);
    return bytes.length;
  }

  #goBack(unless: FileLines | null = null): void {
    const lines = this.#lines;
    if (lines === null || lines === unless) return;
    this.#lines = null;
    const rest = lines.giveBack();
    if (this.#pipe === null) this.#position -= rest.length;
    else this.#pipe.putBack(rest);
  }
}

/** The part of `buffer` that was filled. Small answers get arrays of their own: nobody should hold on to 64 KiB for a word. */
export function trimmed(buffer: Uint8Array, length: number): Uint8Array | null {
  if (length === 0) return null;
  return length * 2 < buffer.length ? buffer.slice(0, length) : buffer.subarray(0, length);
}
