/**
 * A body on its way into a connection: framed, no faster than the peer takes it, and no longer or shorter than was announced.
 *
 * Invariants
 * - The sink is written to only when it has drained: one write at a time.
 * - With an announced length never more bytes are written than that: a chunk that would be too long is not written at all.
 * - A body that broke off has not been ended: whoever wrote it closes the connection, so that the peer sees it is not complete.
 */
import { bytesOf, type Chunk } from "../../io/adapters/chunks.ts";
import { forEachChunk } from "../../io/adapters/foreign-iterator.ts";
import { passed } from "../../kernel/park.ts";
import { httpPlatform } from "../platform.ts";
import { LengthCheck } from "../wire/length-check.ts";
import type { OutgoingBody } from "./outgoing-body.ts";

/** Where a body is written to: a connection. */
export interface BodySink {
  /** As of a transport: all is taken, and false where nothing more may be written before it has drained. */
  write(bytes: Uint8Array): boolean;
  /** {@link write} for text in UTF-8. */
  writeText(text: string): boolean;
  /** Waits until what was written has been handed on. Throws where the connection is lost. */
  waitDrained(): Promise<void>;
}

/** How the peer knows where the body ends: by its length in bytes, by chunks, or by the end of the connection. */
export type BodyFraming = number | "chunked" | "until the end";

export class BodyWriter {
  readonly #sink: BodySink;
  readonly #framing: BodyFraming;
  /** What messages call the body. */
  readonly #name: string;
  readonly #length: LengthCheck | null;
  #bytesWritten = 0;

  constructor(sink: BodySink, framing: BodyFraming, name: string) {
    this.#sink = sink;
    this.#framing = framing;
    this.#name = name;
    this.#length = typeof framing === "number" ? new LengthCheck(name, framing) : null;
  }

  /** How many bytes of the body were written, without what frames them. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /**
   * Writes a piece, and waits until the connection takes more. An empty one is nothing.
   *
   * @throws {BodyLengthMismatch} when the body becomes longer than announced. Nothing of the piece is written then.
   */
  write(chunk: Chunk): Promise<void> {
    return this.tryWrite(chunk) ? passed() : this.#sink.waitDrained();
  }

  /** {@link write} without the wait: false where the connection must drain before anything else is written. */
  tryWrite(chunk: Chunk): boolean {
    if (typeof chunk === "string") return this.#writeText(chunk);
    const bytes = bytesOf(chunk, this.#name);
    if (bytes.length === 0) return true;
    this.#count(bytes.length);
    return this.#sink.write(this.#framing === "chunked" ? inChunk(bytes) : bytes);
  }

  /**
   * The body is complete. `trailers` are the lines of fields that follow one in chunks.
   *
   * @throws {BodyLengthMismatch} when it is shorter than announced.
   */
  end(trailers: string = ""): Promise<void> {
    return this.tryEnd(trailers) ? passed() : this.#sink.waitDrained();
  }

  /** {@link end} without the wait: false where the connection must drain before anything else is written. */
  tryEnd(trailers: string): boolean {
    this.#length?.end();
    return this.#framing !== "chunked" || this.#sink.writeText(`0\r\n${trailers}\r\n`);
  }

  #writeText(text: string): boolean {
    if (text === "") return true;
    const bytes = httpPlatform().utf8Bytes(text);
    this.#count(bytes);
    return this.#sink.writeText(
      this.#framing === "chunked" ? `${bytes.toString(16)}\r\n${text}\r\n` : text,
    );
  }

  #count(bytes: number): void {
    this.#length?.add(bytes);
    this.#bytesWritten += bytes;
  }
}

const CR = 13;
const LF = 10;

/** One array, so that it goes out in one piece. */
function inChunk(bytes: Uint8Array): Uint8Array {
  const size = bytes.length.toString(16);
  const chunk = new Uint8Array(size.length + bytes.length + 4);
  for (let at = 0; at < size.length; at++) chunk[at] = size.charCodeAt(at);
  chunk[size.length] = CR;
  chunk[size.length + 1] = LF;
  chunk.set(bytes, size.length + 2);
  chunk[chunk.length - 2] = CR;
  chunk[chunk.length - 1] = LF;
  return chunk;
}

/**
 * Writes all of `body`, and its end. Call it when the head has been written, and the connection has drained.
 *
 * Cancel safety: a cancelled one leaves a body that has broken off, and the source told so.
 * @throws {BodyLengthMismatch} and what the source of the body throws, and the connection.
 */
export async function sendBody(
  body: OutgoingBody,
  writer: BodyWriter,
  trailers: string = "",
): Promise<void> {
  await forEachChunk(body.chunks(), (chunk) => writer.write(chunk));
  await writer.end(trailers);
}
