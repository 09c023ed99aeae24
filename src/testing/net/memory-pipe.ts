import { ByteStream } from "../../io/stream/byte-stream.ts";
import { memoryTransports } from "./memory-network.ts";

/**
 * Two byte streams that are the ends of one connection in memory: what is written to one is read from the other.
 *
 * `windowBytes` is how much each direction holds before a writer has to wait (default 65,536). It works in real time, under `virtual`
 * and in `simulate`: make it where it is used.
 *
 * @example
 * import { memoryPipe } from "tsyncio/testing";
 * const [left, right] = memoryPipe();
 * await left.write("hello\n");
 * console.log(await right.readLine()); // hello
 * await left.close();
 * console.log(await right.readLine()); // null
 * await right.close();
 */
export function memoryPipe(windowBytes?: number): [ByteStream, ByteStream] {
  const [one, other] = memoryTransports(windowBytes);
  return [new ByteStream(one), new ByteStream(other)];
}
