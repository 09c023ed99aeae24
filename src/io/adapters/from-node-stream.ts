import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { currentScope } from "../../kernel/current.ts";
import { ByteStream } from "../stream/byte-stream.ts";
import { NodeTransport, type NodeStream } from "./node-transport.ts";

/**
 * A byte stream over a stream of `node:stream`: a duplex, or one that is only read from or written to.
 *
 * It takes the stream over: nobody else may read it, and closing the byte stream destroys it. Nothing can be read from one that is only
 * written to, where the data has ended from the start; a write to one that is only read from throws `InvalidArgument`. An error of the
 * stream, or its destruction by somebody else before its end, is a `ConnectionReset` with that as its `cause`. It carries bytes, and
 * text in UTF-8; anything else in it counts as such an error. When it is closed, no listener is left on the stream.
 *
 * @throws {InvalidArgument} for what is no such stream.
 * @example
 * import { createGunzip, gzipSync } from "node:zlib";
 * import { fromNodeStream } from "tsyncio/io";
 * await using unpacked = fromNodeStream(createGunzip());
 * await unpacked.write(gzipSync("hello\n"));
 * await unpacked.end();
 * console.log(await unpacked.readLine()); // hello
 */
export function fromNodeStream(stream: NodeStream): ByteStream {
  const isStream =
    typeof stream?.on === "function" &&
    typeof stream.off === "function" &&
    (typeof stream.resume === "function" || typeof stream.write === "function");
  if (!isStream)
    throw new InvalidArgument(
      `stream of fromNodeStream is ${show(stream)}. Give a readable, writable or duplex stream of node:stream.`,
    );
  return new ByteStream(new NodeTransport(stream, currentScope().engine));
}
