/** Flags of the platform's streams that no method of theirs sets. */
import type { Socket } from "node:net";

/**
 * Streams say `drain` only after a write that went beyond their high-water mark. This flag makes them say it after any; each runtime has it,
 * and `_writableState` has been part of what programs see of streams for as long as there are any.
 */
export function askForDrain(socket: Socket): void {
  (socket as unknown as { _writableState: { needDrain: boolean } })._writableState.needDrain = true;
}

/**
 * A stream that flows asks after each chunk, in a tick of its own, whether there is room to read ahead; a socket reads by itself, and what is
 * asked leads nowhere. With this flag the stream believes that it is asking already: an eighth of the processor time of a small request.
 */
export function readAhead(socket: Socket, yes: boolean): void {
  (socket as unknown as { _readableState: { readingMore: boolean } })._readableState.readingMore = !yes;
}

/** A stream whose write has failed keeps the end of what it reads to itself. With this it tells it. */
export function forgetReadError(socket: Socket): void {
  (socket as unknown as { _readableState: { errored: unknown } })._readableState.errored = null;
}
