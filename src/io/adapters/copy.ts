/**
 * From a source into a stream, chunk by chunk, with backpressure.
 *
 * A chunk is read only when everything before it has been handed on. So what has been read can be written in the very step in which it is
 * there: it is, under a shield, also where the cancellation came meanwhile. Rejected: to put the chunk back, for which a stream would
 * have to be written to from both ends.
 */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { withShield } from "../../flow/time-limit.ts";
import { currentScope } from "../../kernel/current.ts";
import { ByteStream } from "../stream/byte-stream.ts";
import { bytesOf } from "./chunks.ts";
import { checkChunks, forEachChunk, type Chunks } from "./foreign-iterator.ts";

/**
 * Copies all that comes from `from` into `to`, up to its end. Gives the number of bytes. Neither stream is ended or closed.
 *
 * Cancel safety: what was read from `from` has been written to `to`, as long as nobody else writes to it.
 * @throws what `from.read` and `to.write` throw.
 * @example
 * import { copy, fromIterable } from "tsyncio/io";
 * import { memoryPipe } from "tsyncio/testing";
 * const [left, right] = memoryPipe();
 * await using source = fromIterable(["hello"]);
 * console.log(await copy(source, left)); // 5
 * await left.end();
 * console.log(await right.readText()); // hello
 * await right.close();
 * await left.close();
 */
export async function copy(from: ByteStream, to: ByteStream): Promise<number> {
  checkStream("from of copy", from);
  checkStream("to of copy", to);
  for (let bytes = 0; ;) {
    await to.flush();
    const chunk = await from.read();
    if (chunk === null) return bytes;
    bytes += chunk.length;
    await handOver(to, chunk);
  }
}

/**
 * Writes all chunks of an iterable to a stream, each when the stream has taken the one before. Gives the number of bytes. The stream is
 * not ended.
 *
 * Cancel safety: `stream.bytesWritten` tells what was written. The iterator is told to end; a chunk that it was about to give is lost.
 * @throws what `stream.write` and the iterable throw.
 * @throws {InvalidArgument} for what is no iterable of bytes and text.
 * @example
 * import { writeAll } from "tsyncio/io";
 * import { memoryPipe } from "tsyncio/testing";
 * const [left, right] = memoryPipe();
 * console.log(await writeAll(left, ["hello, ", "world"])); // 12
 * await left.end();
 * console.log(await right.readText()); // hello, world
 * await right.close();
 * await left.close();
 */
export async function writeAll(stream: ByteStream, chunks: Chunks): Promise<number> {
  checkStream("stream of writeAll", stream);
  checkChunks("chunks of writeAll", chunks);
  if (chunks instanceof ByteStream) return copy(chunks, stream);
  let bytes = 0;
  await forEachChunk(chunks, async (chunk) => {
    const data = bytesOf(chunk, "the iterable of writeAll");
    await stream.write(data);
    bytes += data.length;
  });
  return bytes;
}

/** Writes what has been read. In a cancelled scope it is handed over and not waited for. */
function handOver(to: ByteStream, chunk: Uint8Array): Promise<void> {
  return currentScope().blocked === null ? to.write(chunk) : withShield(0, () => to.write(chunk));
}

function checkStream(name: string, stream: ByteStream): void {
  if (!(stream instanceof ByteStream))
    throw new InvalidArgument(`${name} is ${show(stream)}. Give a ByteStream.`);
}
