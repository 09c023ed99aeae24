/** Iterators of others, sync or async: each step a cancellation point, and the end bounded. */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { withShield } from "../../flow/time-limit.ts";
import { until } from "../../flow/until.ts";
import { passed } from "../../kernel/park.ts";
import type { Chunk } from "./chunks.ts";

/** Where bytes come from, piece by piece. */
export type Chunks = AsyncIterable<Chunk> | Iterable<Chunk>;

/** How long an iterator may take to end once nobody reads on. */
const RETURN_MS = 5_000;

/** @throws {InvalidArgument} for what cannot be iterated over, and for text and bytes, whose items are no chunks. */
export function checkChunks(name: string, chunks: Chunks): Chunks {
  const isIterable =
    typeof chunks === "object" &&
    chunks !== null &&
    (Symbol.asyncIterator in chunks || Symbol.iterator in chunks);
  if (isIterable && !(chunks instanceof Uint8Array)) return chunks;
  throw new InvalidArgument(
    `${name} is ${show(chunks)}. Give an iterable of Uint8Arrays and strings; [data] is one of a single piece.`,
  );
}

/**
 * Calls `take` for each chunk, one after the other, until it gives false. Where it does, or throws, or the scope is cancelled, the iterator is told to end; in a
 * cancelled scope it may take up to 5 s for that.
 */
export async function forEachChunk(
  chunks: Chunks,
  take: (chunk: Chunk) => Promise<unknown>,
): Promise<void> {
  const iterator =
    Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  let isOver = false;
  try {
    for (;;) {
      await passed();
      const step = iterator.next();
      const { done, value } = "then" in step ? await until(step) : step;
      if (done === true) {
        isOver = true;
        return;
      }
      if ((await take(value)) === false) return;
    }
  } finally {
    if (!isOver) await end(iterator);
  }
}

/** The error that ends the loop is told, and not what the iterator says to that. */
async function end(iterator: AsyncIterator<Chunk> | Iterator<Chunk>): Promise<void> {
  try {
    await withShield(RETURN_MS, async () => {
      const ending = iterator.return?.();
      if (ending !== undefined && "then" in ending) await until(ending);
    });
  } catch {
    // It has failed, or is left alone.
  }
}
