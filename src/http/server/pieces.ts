/**
 * The pieces of the body of a reply, on their way out. The head goes with the first one, so that what fails before it can still be answered; a
 * piece of no bytes has it sent at once.
 */
import type { Chunk } from "../../io/adapters/chunks.ts";
import { forEachChunk } from "../../io/adapters/foreign-iterator.ts";
import type { BodySink, BodyWriter } from "../body/body-writer.ts";
import type { OutgoingBody } from "../body/outgoing-body.ts";
import { httpPlatform } from "../platform.ts";

/** How much is written at once. */
export const PIECE_BYTES = 65_536;

/** Where pieces go. The first one that is written takes the head of the reply along. */
export interface PieceSink extends BodySink {
  /** Whether the head is on its way. */
  readonly hasBegun: boolean;
  /** Whether nothing may be written before it has drained. */
  readonly isBackedUp: boolean;
  /** Sends the head without a piece. Gives what `write` does. */
  begin(): boolean;
}

export function sendPieces(body: OutgoingBody, writer: BodyWriter, sink: PieceSink): Promise<void> {
  return forEachChunk(body.chunks(), (chunk) =>
    sink.hasBegun ? sendPiece(writer, chunk) : sendFirst(writer, sink, chunk),
  );
}

/** The body is complete: its end is written, and not waited for. `trailers` are the lines of fields that follow one in chunks. */
export async function endPieces(writer: BodyWriter, sink: PieceSink, trailers: string): Promise<void> {
  if (!sink.hasBegun && sink.isBackedUp) await sink.waitDrained();
  writer.tryEnd(trailers);
  if (!sink.hasBegun) sink.begin();
}

async function sendFirst(writer: BodyWriter, sink: PieceSink, chunk: Chunk): Promise<void> {
  if (sink.isBackedUp) await sink.waitDrained();
  await sendPiece(writer, chunk);
  if (!sink.hasBegun && !sink.begin()) await sink.waitDrained();
}

/** A large piece goes out in parts: the client has `sendMs` for each. */
function sendPiece(writer: BodyWriter, chunk: Chunk): Promise<void> {
  const isText = typeof chunk === "string";
  if (!isText && !(chunk instanceof Uint8Array)) return writer.write(chunk);
  if ((isText ? httpPlatform().utf8Bytes(chunk) : chunk.length) <= PIECE_BYTES)
    return writer.write(chunk);
  return sendParts(writer, isText ? httpPlatform().utf8(chunk) : chunk);
}

async function sendParts(writer: BodyWriter, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES)
    await writer.write(bytes.subarray(start, start + PIECE_BYTES));
}
