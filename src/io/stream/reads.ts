/** The reads that take several waits, or look into what has come. Each takes its bytes in the step in which it has its result. */
import { currentScope } from "../../kernel/current.ts";
import { delivered } from "../../kernel/park.ts";
import { LimitOverrun, UnexpectedEnd } from "../errors.ts";
import type { LineBatch } from "./line-batch.ts";
import { endOfFirst } from "./separators.ts";
import type { StreamReader } from "./stream-reader.ts";

/** Where the first frame ends in what has come, and what it says. */
export interface Frame<T> {
  /** How many bytes it takes, from the start of what was given. */
  readonly bytes: number;
  readonly value: T;
}

/**
 * Finds the first frame in `buffered`, which begins where the last one ended; null while it is not complete. It may keep the bytes of
 * the frame, and must not write to them.
 */
export type FrameDecoder<T> = (buffered: Uint8Array) => Frame<T> | null;

export function readInto(reader: StreamReader, target: Uint8Array): Promise<number> {
  const refused = reader.refusal(currentScope());
  if (refused !== null) return refused;
  return reader.exclusively(async () => {
    if (target.length > 0) await reader.more(1);
    const bytes = reader.queue.takeInto(target);
    reader.taken();
    return bytes;
  });
}

/**
 * Hands the next chunk, or null at the end of the data, to `take` in the step in which it leaves the stream. One that `isWanted` denies
 * then stays in it.
 */
export function handNext(
  reader: StreamReader,
  take: (chunk: Uint8Array | null) => void,
  isWanted: () => boolean,
): Promise<void> {
  const refused = reader.refusal(currentScope());
  if (refused !== null) return refused;
  return reader.exclusively(async () => {
    const hasMore = await reader.more(1);
    if (!isWanted()) return;
    take(hasMore ? reader.queue.takeChunk(Infinity) : null);
    reader.taken();
  });
}

export function readExactly(reader: StreamReader, bytes: number): Promise<Uint8Array> {
  const scope = currentScope();
  const refused = reader.refusal(scope);
  if (refused !== null) return refused;
  if (reader.bufferedBytes >= bytes) return delivered(reader.take(bytes), scope);
  return reader.exclusively(async () => {
    if (await reader.more(bytes)) return reader.take(bytes);
    throw new UnexpectedEnd(`a piece of ${bytes} bytes`, reader.name, takeAll(reader));
  });
}

export function readAll(reader: StreamReader, maxBytes: number): Promise<Uint8Array> {
  const refused = reader.refusal(currentScope());
  if (refused !== null) return refused;
  return reader.exclusively(async () => {
    if (!(await reader.more(maxBytes + 1))) return takeAll(reader);
    throw new LimitOverrun("the data", reader.name, maxBytes, reader.queue.size);
  });
}

export function readUntil(
  reader: StreamReader,
  separators: readonly Uint8Array[],
  maxBytes: number,
): Promise<Uint8Array> {
  const refused = reader.refusal(currentScope());
  if (refused !== null) return refused;
  return reader.exclusively(async () => {
    for (let from = 0; ;) {
      const { size } = reader.queue;
      const end = endOfFirst(reader.queue.joined(), separators, from);
      if (end > maxBytes || (end === -1 && size >= maxBytes))
        throw new LimitOverrun("what comes before a separator", reader.name, maxBytes, size);
      if (end !== -1) return reader.take(end);
      from = size;
      if (!(await reader.more(size + 1)))
        throw new UnexpectedEnd("a separator", reader.name, takeAll(reader));
    }
  });
}

/** How lines are taken from those at the front of the queue: one, or all that have come. */
interface LineTaking<T> {
  take(lines: LineBatch, maxBytes: number): T | null;
  last(lines: LineBatch): T | null;
}

const oneLine: LineTaking<string> = {
  take: (lines, maxBytes) => lines.take(maxBytes),
  last: (lines) => lines.takeLast(),
};

const allLines: LineTaking<string[]> = {
  take: (lines, maxBytes) => lines.takeAll(maxBytes),
  last: (lines) => {
    const line = lines.takeLast();
    return line === null ? null : [line];
  },
};

/** `shape(line)` without its end, or `shape(null)` at the end of the data. The last line needs no end. */
export function readLine<R>(
  reader: StreamReader,
  maxBytes: number,
  shape: (line: string | null) => R,
): Promise<R> {
  return readLines(reader, maxBytes, oneLine, shape);
}

/** {@link readLine} for all the lines that have come, at least one. */
export function readLineBatch<R>(
  reader: StreamReader,
  maxBytes: number,
  shape: (lines: string[] | null) => R,
): Promise<R> {
  return readLines(reader, maxBytes, allLines, shape);
}

function readLines<T, R>(
  reader: StreamReader,
  maxBytes: number,
  taking: LineTaking<T>,
  shape: (taken: T | null) => R,
): Promise<R> {
  const scope = currentScope();
  const refused = reader.refusal(scope);
  if (refused !== null) return refused;
  const taken = taking.take(reader.lines, maxBytes);
  if (taken === null) return reader.exclusively(() => linesLater(reader, maxBytes, taking, shape));
  reader.taken();
  return delivered(shape(taken), scope);
}

async function linesLater<T, R>(
  reader: StreamReader,
  maxBytes: number,
  taking: LineTaking<T>,
  shape: (taken: T | null) => R,
): Promise<R> {
  for (;;) {
    const { size } = reader.queue;
    if (size >= maxBytes) throw new LimitOverrun("a line", reader.name, maxBytes, size);
    const hasMore = await reader.more(size + 1);
    const taken = taking.take(reader.lines, maxBytes) ?? (hasMore ? null : taking.last(reader.lines));
    if (taken === null && hasMore) continue;
    reader.taken();
    return shape(taken);
  }
}

/** The next frame; `shape(null)` where the data ends before one has begun. */
export function readFrame<T, R>(
  reader: StreamReader,
  decoder: FrameDecoder<T>,
  maxBytes: number,
  shape: (frame: Frame<T> | null) => R,
): Promise<R> {
  const refused = reader.refusal(currentScope());
  if (refused !== null) return refused;
  return reader.exclusively(async () => {
    for (;;) {
      const { size } = reader.queue;
      const frame = size === 0 ? null : decoder(reader.queue.joined());
      if (frame === null ? size >= maxBytes : frame.bytes > maxBytes)
        throw new LimitOverrun("a frame", reader.name, maxBytes, size);
      if (frame !== null) {
        reader.take(checkFrame(frame.bytes, size));
        return shape(frame);
      }
      if (await reader.more(size + 1)) continue;
      if (size === 0) return shape(null);
      throw new UnexpectedEnd("the rest of a frame", reader.name, takeAll(reader));
    }
  });
}

function checkFrame(bytes: number, size: number): number {
  if (Number.isInteger(bytes) && bytes > 0 && bytes <= size) return bytes;
  throw new RangeError(`the decoder of frames found one of ${bytes} bytes, where ${size} have come`);
}

function takeAll(reader: StreamReader): Uint8Array {
  return reader.take(reader.queue.size);
}
