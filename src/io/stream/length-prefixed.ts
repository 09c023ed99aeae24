import type { Frame } from "./reads.ts";

const HEAD_BYTES = 4;

/**
 * The simplest framing: the length of each frame in four bytes, the most significant first, and then its bytes.
 *
 * `decode` is for {@link ByteStream.frames}, which bounds the length; `encode` makes a frame to write.
 */
export const lengthPrefixed: {
  readonly decode: (buffered: Uint8Array) => Frame<Uint8Array> | null;
  readonly encode: (content: Uint8Array) => Uint8Array;
} = {
  decode(buffered) {
    if (buffered.length < HEAD_BYTES) return null;
    const view = new DataView(buffered.buffer, buffered.byteOffset, buffered.byteLength);
    const bytes = HEAD_BYTES + view.getUint32(0);
    return buffered.length < bytes ? null : { bytes, value: buffered.subarray(HEAD_BYTES, bytes) };
  },

  encode(content) {
    const frame = new Uint8Array(HEAD_BYTES + content.length);
    new DataView(frame.buffer).setUint32(0, content.length);
    frame.set(content, HEAD_BYTES);
    return frame;
  },
};
