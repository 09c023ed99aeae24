/**
 * The body of a message as its head announces it: so many bytes, chunks, or what comes until the connection ends.
 *
 * What is handed out is a part of what was pushed, not a copy. Small chunks are moved together within it: a peer that sends its body byte
 * by byte costs one event for each arrival, not for each chunk.
 */
import type { ByteInput } from "./byte-input.ts";
import { ChunkScan } from "./chunk-scan.ts";
import { HttpProtocolError, refuseMessage } from "./errors.ts";
import { DATA, END, MORE, type ReadEvent } from "./events.ts";
import { headersWithin, type HttpHeaders } from "./fields.ts";
import { CHUNKED, UNTIL_CLOSE } from "./framing.ts";
import { HeadScan } from "./head-scan.ts";
import type { WireLimits } from "./limits.ts";
import { refusedTrailer } from "./trailers.ts";

const NOTHING = new Uint8Array(0);

/** A chunk of at least this size is handed out by itself, for moving it costs more than an event. */
const LARGE_CHUNK_BYTES = 4_096;

export class BodyReader {
  readonly #limits: WireLimits;
  /** Bytes to come of the body, or of the chunk. */
  #leftBytes = 0;
  #isUntilClose = false;
  /** Bytes of data until here, of a body whose length is not announced. */
  #totalBytes = 0;
  /** Null where the body is not in chunks. */
  #chunks: ChunkScan | null = null;
  /** Once the last chunk has come. */
  #trailerScan: HeadScan | null = null;
  /** Found while data was being gathered, which goes out first. */
  #failure: unknown = null;
  data: Uint8Array = NOTHING;
  trailers: HttpHeaders | null = null;

  constructor(limits: WireLimits) {
    this.#limits = limits;
  }

  /** `bodyBytes` is as in a head. */
  begin(bodyBytes: number): void {
    this.#leftBytes = Math.max(bodyBytes, 0);
    this.#isUntilClose = bodyBytes === UNTIL_CLOSE;
    this.#totalBytes = 0;
    this.#chunks = bodyBytes === CHUNKED ? new ChunkScan(this.#limits.chunkExtensionBytes) : null;
    this.trailers = null;
  }

  /** Whether the end of the connection is the end of the body. */
  get isUntilClose(): boolean {
    return this.#isUntilClose;
  }

  next(input: ByteInput): ReadEvent {
    this.data = NOTHING;
    if (this.#chunks !== null) return this.#nextOfChunks(this.#chunks, input);
    if (this.#isUntilClose) return this.#nextUntilClose(input);
    if (this.#leftBytes === 0) return END;
    const length = Math.min(this.#leftBytes, input.unreadBytes);
    if (length === 0) return MORE;
    this.#leftBytes -= length;
    this.#take(input, length);
    return DATA;
  }

  #take(input: ByteInput, length: number): void {
    this.data = input.view(length);
    input.at += length;
  }

  #nextUntilClose(input: ByteInput): ReadEvent {
    const length = input.unreadBytes;
    if (length === 0) return MORE;
    this.#count(length);
    this.#take(input, length);
    return DATA;
  }

  #count(bytes: number): void {
    this.#totalBytes += bytes;
    if (this.#totalBytes > this.#limits.bodyBytes) refuseMessage("content-too-large");
  }

  #nextOfChunks(chunks: ChunkScan, input: ByteInput): ReadEvent {
    if (this.#failure !== null) throw this.#failure;
    if (this.#leftBytes === 0 && this.#trailerScan === null && !this.#nextLine(chunks, input))
      return MORE;
    if (this.#trailerScan !== null) return this.#nextOfTrailer(this.#trailerScan, input);
    const length = Math.min(this.#leftBytes, input.unreadBytes);
    if (length === 0) return MORE;
    const start = input.at;
    this.#leftBytes -= length;
    input.at += length;
    const end = this.#gather(chunks, input, start + length);
    this.data = input.bytes.subarray(start, end);
    return DATA;
  }

  /** Reads the line before a chunk. False: it has not come. */
  #nextLine(chunks: ChunkScan, input: ByteInput): boolean {
    const end = chunks.readLine(input.bytes, input.at, input.end);
    input.at = end < 0 ? input.end : end;
    if (end < 0) return false;
    this.#leftBytes = chunks.sizeBytes;
    this.#count(chunks.sizeBytes);
    if (chunks.sizeBytes === 0) this.#trailerScan = new HeadScan("trailer", this.#limits);
    return true;
  }

  /** Moves the small chunks that follow to `end`, behind the data before them. Gives where the data ends then. */
  #gather(chunks: ChunkScan, input: ByteInput, end: number): number {
    try {
      while (this.#leftBytes === 0 && input.at < input.end && this.#nextLine(chunks, input)) {
        const length = Math.min(this.#leftBytes, input.unreadBytes);
        if (length === 0 || this.#leftBytes >= LARGE_CHUNK_BYTES) break;
        input.bytes.copyWithin(end, input.at, input.at + length);
        this.#leftBytes -= length;
        input.at += length;
        end += length;
      }
    } catch (error) {
      this.#failure = error;
    }
    return end;
  }

  #nextOfTrailer(scan: HeadScan, input: ByteInput): ReadEvent {
    if (!scan.run(input.bytes, input.at, input.end)) return MORE;
    const text = input.latin1(input.at, input.at + scan.offset);
    input.at += scan.offset;
    this.#trailerScan = null;
    this.#chunks = null;
    if (scan.fieldCount > 0) {
      const trailers = headersWithin(text, 0, text.length - 2);
      const refused = refusedTrailer(trailers);
      if (refused !== null) throw new HttpProtocolError("trailer-name", refused);
      this.trailers = trailers;
    }
    return END;
  }
}
