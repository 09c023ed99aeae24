import { httpPlatform } from "../platform.ts";
import { hasZlibHeader } from "./coded-input.ts";
import type { Coding } from "./decoder.ts";
import { ZstdFrames } from "./zstd-frames.ts";

/** So short a code is decoded at once, if its content is not longer than this: that is quicker than to ask a thread. */
const CODE_BYTES = 16_384;
const CONTENT_BYTES = 131_072;

/**
 * The content of a short code; null where it is not short, or something is wrong: what that is comes out when it is decoded piece by piece.
 */
export function decodedAtOnce(
  codings: readonly Coding[],
  code: Uint8Array,
  maxBytes: number,
): Uint8Array | null {
  if (code.length === 0) return code;
  if (code.length > CODE_BYTES) return null;
  const limit = Math.min(CONTENT_BYTES, maxBytes);
  let content = code;
  try {
    for (const coding of codings.toReversed()) {
      if (coding === "zstd" && !isOneFrame(content)) return null;
      const exact = coding === "deflate" && !hasZlibHeader(content) ? "deflate-raw" : coding;
      content = httpPlatform().decoders.decode(exact, content, limit, true);
    }
    return content;
  } catch {
    return null;
  }
}

function isOneFrame(code: Uint8Array): boolean {
  const frames = new ZstdFrames();
  return frames.pass(code, 0) === code.length && frames.isComplete;
}
