/** What foreign streams and iterables carry, as bytes. */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";

const encoder = new TextEncoder();

/** A piece of data: bytes, or text in UTF-8. */
export type Chunk = Uint8Array | string;

/**
 * The bytes of a chunk, as a plain `Uint8Array`: a Buffer's `slice` and `toString` are an affair of the platform.
 *
 * @throws {InvalidArgument} for what is neither bytes nor text.
 */
export function bytesOf(chunk: unknown, where: string): Uint8Array {
  if (typeof chunk === "string") return encoder.encode(chunk);
  if (chunk instanceof Uint8Array)
    return chunk.constructor === Uint8Array
      ? chunk
      : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new InvalidArgument(
    `${where} carries ${show(chunk)}. Only Uint8Arrays and strings can go through a byte stream.`,
  );
}
