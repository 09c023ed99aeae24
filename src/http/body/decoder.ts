/** What undoing the coding of a content asks of the platform: one coding, piece by piece, and nothing that waits. */
import { systemCodeOf } from "../../io/errors.ts";

/** A coding as a platform knows it. `deflate` on the wire may be either of two. */
export type Coding = "gzip" | "deflate" | "deflate-raw" | "br" | "zstd";

/** What is wrong with coded bytes: they are no such code, or end too early. */
export type CodingFault = "corrupt" | "truncated";

/** Where a decoder delivers, never from within a call of ours. `ended` or `failed` comes last, and once. */
export interface DecoderEvents {
  /** `bytes` is a fresh array: it is the receiver's. */
  decoded(bytes: Uint8Array): void;
  /** More may be written. */
  drained(): void;
  ended(): void;
  failed(fault: CodingFault, cause: unknown): void;
}

export interface Decoder {
  /**
   * Takes all of `bytes`, which are the decoder's from then on. False where nothing more should be written before `drained`. `endsFrame`: a
   * code that consists of several, one behind the other, is given in pieces that end where one of them does, and this says so.
   */
  write(bytes: Uint8Array, endsFrame: boolean): boolean;
  /** The code is complete. */
  end(): void;
  /** Delivers nothing more than what is on its way, until `resume`. */
  pause(): void;
  resume(): void;
  /** Gives up: nothing is delivered any more, and what the platform holds is given back. */
  destroy(): void;
}

/** What a platform can decode. */
export interface Decoders {
  has(coding: Coding): boolean;
  /** A decoder that works aside of the event loop where the platform can. */
  open(coding: Coding, to: DecoderEvents): Decoder;
  /**
   * Decodes at once: a whole code, or, where it is not `isComplete`, as much as the bytes reach.
   *
   * @throws for what is no such code, and for more than `maxBytes`.
   */
  decode(coding: Coding, bytes: Uint8Array, maxBytes: number, isComplete: boolean): Uint8Array;
}

/** What the error of a platform's decoder means. */
export function faultOf(error: unknown): CodingFault {
  return systemCodeOf(error) === "Z_BUF_ERROR" ? "truncated" : "corrupt";
}
