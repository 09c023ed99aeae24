import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { currentScope } from "../../kernel/current.ts";
import { ByteStream } from "../stream/byte-stream.ts";
import type { Chunk } from "./chunks.ts";
import { WebTransport } from "./web-transport.ts";

/** Web streams for the two directions. One of them may be missing. */
export interface WebStreamPair {
  readonly readable?: ReadableStream<Chunk>;
  readonly writable?: WritableStream<Uint8Array>;
}

/**
 * A byte stream over web streams: what it reads comes from `readable`, what it writes goes to `writable`.
 *
 * Both are locked until they have ended or the byte stream is closed. Closing it closes the writable, after what was written, and cancels
 * the readable; `abort` aborts the one and cancels the other. An error of either is a `ConnectionReset` with that as its `cause`.
 * Without `readable` the data has ended from the start; without `writable` a write throws `InvalidArgument`.
 *
 * @throws {InvalidArgument} for what are no such streams, or locked ones.
 * @example
 * import { fromWebStream } from "tsyncio/io";
 * await using stream = fromWebStream(new TransformStream<Uint8Array, Uint8Array>());
 * await stream.write("hello\n");
 * console.log(await stream.readLine()); // hello
 */
export function fromWebStream(streams: WebStreamPair): ByteStream {
  const { readable, writable } = streams ?? {};
  if (readable === undefined && writable === undefined)
    throw new InvalidArgument(
      `streams of fromWebStream are ${show(streams)}. Give { readable, writable }, or one of them.`,
    );
  checkFree("readable", readable, "getReader");
  checkFree("writable", writable, "getWriter");
  return new ByteStream(new WebTransport(readable, writable, currentScope().engine));
}

function checkFree(name: string, stream: object | undefined, method: string): void {
  if (stream === undefined) return;
  const { locked, [method]: locks } = stream as Record<string, unknown>;
  if (typeof locks !== "function")
    throw new InvalidArgument(`${name} of fromWebStream is ${show(stream)}. Give a web stream.`);
  if (locked === true)
    throw new InvalidArgument(
      `${name} of fromWebStream is locked: somebody else uses it. Release it before.`,
    );
}
