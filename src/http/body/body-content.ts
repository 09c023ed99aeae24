/**
 * What a body that goes out is made of, where it is more than one piece in hand: each kind of source in the same few words.
 */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { bytesOf, type Chunk } from "../../io/adapters/chunks.ts";
import type { Chunks } from "../../io/adapters/foreign-iterator.ts";
import type { File } from "../../io/files/file.ts";
import { ByteStream } from "../../io/stream/byte-stream.ts";
import { httpPlatform } from "../platform.ts";

/** The pieces of a body, and what is known about them before they are taken. */
export interface BodyContent {
  /** Null where it is not known: the body goes out in chunks then. */
  readonly lengthBytes: number | null;
  /** Whether `chunks` may be called again, and gives the same again. */
  readonly isRepeatable: boolean;
  /** Finds out what is not known without a wait. Called, and awaited, before anything else. */
  prepare?(): Promise<void> | null;
  chunks(): Chunks;
  /** Nobody will take the chunks. */
  dispose?(): void;
  /** Closes what the chunks come from, where that is open until somebody does. */
  close?(): Promise<void> | null;
}

const ignore = (): void => {};

/** Chunks of an iterable: an array can be sent again, and has a length. */
export class IterableContent implements BodyContent {
  readonly isRepeatable: boolean;
  readonly #chunks: Chunks;

  constructor(chunks: Chunks) {
    this.#chunks = chunks;
    this.isRepeatable = Array.isArray(chunks);
  }

  get lengthBytes(): number | null {
    const chunks: unknown = this.#chunks;
    if (!Array.isArray(chunks)) return null;
    let total = 0;
    for (const chunk of chunks as readonly Chunk[])
      total +=
        typeof chunk === "string" ? httpPlatform().utf8Bytes(chunk) : bytesOf(chunk, "the body").length;
    return total;
  }

  chunks(): Chunks {
    return this.#chunks;
  }

  async close(): Promise<void> {
    if (this.#chunks instanceof ByteStream) await this.#chunks.close();
  }
}

/** A web stream. It is locked while it is sent, and cancelled where that is given up. */
export class WebStreamContent implements BodyContent {
  readonly lengthBytes = null;
  readonly isRepeatable = false;
  readonly #stream: ReadableStream<Chunk>;

  constructor(stream: ReadableStream<Chunk>) {
    if (stream.locked)
      throw new InvalidArgument(
        `body is ${show(stream)}, and locked: somebody else reads it. Release it before.`,
      );
    this.#stream = stream;
  }

  chunks(): AsyncIterable<Chunk> {
    return webChunks(this.#stream);
  }

  dispose(): void {
    if (!this.#stream.locked) this.#stream.cancel().catch(ignore);
  }
}

/** A `Blob`, or a web `File`: its bytes are read as they are sent. */
export class BlobContent implements BodyContent {
  readonly isRepeatable = true;
  readonly lengthBytes: number;
  readonly #blob: Blob;

  constructor(blob: Blob) {
    this.#blob = blob;
    this.lengthBytes = blob.size;
  }

  chunks(): AsyncIterable<Chunk> {
    return webChunks(this.#blob.stream());
  }
}

/**
 * An open file, from its position on. A regular file is sent up to where it ended when the sending began, by reads that leave its position
 * alone; what has no positions, a pipe, is read as it comes.
 */
export class FileContent implements BodyContent {
  readonly isRepeatable: boolean;
  readonly #file: File;
  #start = 0;
  #lengthBytes: number | null = null;

  constructor(file: File) {
    this.#file = file;
    this.isRepeatable = file.kind === "file";
  }

  get lengthBytes(): number | null {
    return this.#lengthBytes;
  }

  async prepare(): Promise<void> {
    if (!this.isRepeatable || this.#lengthBytes !== null) return;
    const { sizeBytes } = await this.#file.info();
    this.#start = this.#file.position;
    this.#lengthBytes = Math.max(0, sizeBytes - this.#start);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  chunks(): AsyncIterable<Uint8Array> {
    return this.#lengthBytes === null ? this.#file : this.#part(this.#lengthBytes);
  }

  async *#part(lengthBytes: number): AsyncGenerator<Uint8Array, void> {
    const end = this.#start + lengthBytes;
    for (let position = this.#start; position < end;) {
      const chunk = await this.#file.read(Math.min(PART_BYTES, end - position), { position });
      if (chunk === null) return;
      position += chunk.length;
      yield chunk;
    }
  }
}

/** How much of a file is read at a time. */
const PART_BYTES = 65_536;

/** A loop over a web stream whose end, also in the middle of a read, cancels the stream. */
function webChunks(stream: ReadableStream<Chunk>): AsyncIterable<Chunk> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<Chunk, undefined> {
      const reader = stream.getReader();
      return {
        next: async () => {
          const step = await reader.read();
          return step.done ? { done: true, value: undefined } : step;
        },
        return: async () => {
          await reader.cancel();
          reader.releaseLock();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
