/** A code on its way to its decoder: which one it is, and in which pieces it goes there. */
import type { Coding, Decoder } from "./decoder.ts";
import { ZstdFrames } from "./zstd-frames.ts";

const NONE: Uint8Array = new Uint8Array(0);

export class CodedInput {
  readonly #coding: Coding;
  readonly #frames: ZstdFrames | null;
  #first: Uint8Array = NONE;

  constructor(coding: Coding) {
    this.#coding = coding;
    this.#frames = coding === "zstd" ? new ZstdFrames() : null;
  }

  /** Whether the code is cut off, as far as that can be told without its decoder. */
  get isCutOff(): boolean {
    return this.#frames !== null && !this.#frames.isComplete;
  }

  /** Whether it is no such code, as far as that can be told. */
  get isBroken(): boolean {
    return this.#frames !== null && this.#frames.isBroken;
  }

  /** The next bytes, once they are enough to tell who decodes them; null until then. Only before there is a decoder. */
  begin(bytes: Uint8Array): Uint8Array | null {
    if (this.#coding !== "deflate" || bytes.length > 1) return joined(this.#first, bytes);
    if (this.#first.length > 0) return joined(this.#first, bytes);
    this.#first = bytes;
    return null;
  }

  /** What `begin` has kept: all that there is of the code, once it has ended. */
  get kept(): Uint8Array {
    return this.#first;
  }

  /** Who decodes a code with these first bytes. */
  codingOf(first: Uint8Array): Coding {
    return this.#coding === "deflate" && !hasZlibHeader(first) ? "deflate-raw" : this.#coding;
  }

  /** Gives bytes to their decoder. False where it is backed up. */
  give(bytes: Uint8Array, decoder: Decoder): boolean {
    if (this.#frames === null) return decoder.write(bytes, false);
    let hasRoom = true;
    for (let at = 0; at < bytes.length;) {
      const end = this.#frames.pass(bytes, at);
      hasRoom = decoder.write(bytes.subarray(at, end), this.#frames.isComplete);
      at = end;
    }
    return hasRoom;
  }
}

/** RFC 1950: the method 8, and a check of the first two bytes. One byte alone counts as such a header that is cut off. */
export function hasZlibHeader([first = 0, second]: Uint8Array): boolean {
  return (first & 15) === 8 && (second === undefined || (first * 256 + second) % 31 === 0);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
