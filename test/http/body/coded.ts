/** Contents in every coding, and bodies that they come in. */
import zlib from "node:zlib";
import { currentScope } from "../../../src/kernel/current.ts";
import {
  checkDecodingLimits,
  decodedBody,
  type DecodedBody,
  type DecodingLimits,
} from "../../../src/http/body/decoded-body.ts";
import { Feed } from "./feeding.ts";

type Code = (bytes: Uint8Array) => Uint8Array;

const plain = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** How to write each coding: deflate in both of its forms. */
export const coders: Readonly<Record<string, readonly Code[]>> = {
  gzip: [(bytes) => plain(zlib.gzipSync(bytes))],
  "x-gzip": [(bytes) => plain(zlib.gzipSync(bytes))],
  deflate: [(bytes) => plain(zlib.deflateSync(bytes)), (bytes) => plain(zlib.deflateRawSync(bytes))],
  br: [
    (bytes) =>
      plain(zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } })),
  ],
  zstd: [
    (bytes) => plain(zlib.zstdCompressSync(bytes)),
    (bytes) =>
      plain(zlib.zstdCompressSync(bytes, { params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } })),
  ],
};

/** `bytes` in the first form of a coding. */
export function code(coding: string, bytes: Uint8Array): Uint8Array {
  const coder = coders[coding]?.[0];
  if (coder === undefined) throw new Error(`no coder for ${coding}`);
  return coder(bytes);
}

/** Bytes that no code makes much shorter. */
export function noise(length: number): Uint8Array {
  let state = 1;
  return new Uint8Array(length).map(() => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  });
}

/** A body in these codings. */
export function coded(
  codings: string,
  {
    feed = new Feed(),
    whole = null,
    ...limits
  }: DecodingLimits & { feed?: Feed; whole?: Uint8Array | null } = {},
): DecodedBody {
  const { host } = currentScope().engine;
  return decodedBody(feed, codings, whole, { ...checkDecodingLimits(limits), host });
}
