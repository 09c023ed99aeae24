import { ByteStream } from "../stream/byte-stream.ts";
import { checkChunks, type Chunks } from "./foreign-iterator.ts";
import { IterableTransport } from "./iterable-transport.ts";

/**
 * A byte stream that is read from an iterable of bytes, and of text in UTF-8: an async generator, an array, a queue.
 *
 * It reads ahead until 64 KiB are there, in a service of the current scope: leaving that scope, or closing the stream, cancels what the
 * iterable waits for and calls its `return`. An error of the iterable is a `ConnectionReset` with that as its `cause`, after what came
 * before. A write throws `InvalidArgument`.
 *
 * @throws {InvalidArgument} for what is no iterable of chunks.
 * @example
 * import { fromIterable } from "tsyncio/io";
 * await using stream = fromIterable(["one\nt", "wo\n"]);
 * for await (const line of stream.lines()) console.log(line);
 * // one
 * // two
 */
export function fromIterable(chunks: Chunks): ByteStream {
  return new ByteStream(new IterableTransport(checkChunks("chunks of fromIterable", chunks)));
}
