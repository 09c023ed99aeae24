/**
 * Codings of content, by `node:zlib`, which Bun and Deno have as well. Its streams work on threads of the platform.
 *
 * One platform lets a code in brotli pass that was cut off. There one more byte is written behind the end: a decoder that is done leaves it,
 * one that takes it was not.
 */
import zlib from "node:zlib";
import {
  faultOf,
  type Coding,
  type Decoder,
  type DecoderEvents,
  type Decoders,
} from "../../http/body/decoder.ts";
import { inRoot } from "../../kernel/root-context.ts";

const { constants } = zlib;
const QUEUE_BYTES = 65_536;
/** RFC 9659: a content may ask for no larger window than 8 MiB. */
const ZSTD_WINDOW_LOG = 23;

type Options = zlib.ZlibOptions & zlib.BrotliOptions & zlib.ZstdOptions;
type Stream = ReturnType<typeof zlib.createGunzip>;

interface Functions {
  readonly open: (options: Options) => Stream;
  readonly decode: (bytes: Uint8Array, options: Options) => Uint8Array;
  /** How to decode at once what is not complete. */
  readonly partial: Options;
}

const inflating: Options = { finishFlush: constants.Z_SYNC_FLUSH };

function functionsOf(coding: Coding): Functions {
  switch (coding) {
    case "gzip":
      return { open: zlib.createGunzip, decode: zlib.gunzipSync, partial: inflating };
    case "deflate":
      return { open: zlib.createInflate, decode: zlib.inflateSync, partial: inflating };
    case "deflate-raw":
      return { open: zlib.createInflateRaw, decode: zlib.inflateRawSync, partial: inflating };
    case "br":
      return {
        open: zlib.createBrotliDecompress as unknown as Functions["open"],
        decode: zlib.brotliDecompressSync,
        partial: { finishFlush: constants.BROTLI_OPERATION_FLUSH },
      };
    case "zstd":
      return {
        open: zlib.createZstdDecompress as unknown as Functions["open"],
        decode: zlib.zstdDecompressSync,
        partial: { finishFlush: constants.ZSTD_e_flush },
      };
  }
}

function optionsOf(coding: Coding): Options {
  return coding === "zstd" ? { params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } } : {};
}

let brotliNotices: boolean | null = null;

/** Whether the platform's brotli notices that a code is cut off. */
function noticesCuts(): boolean {
  brotliNotices ??= !succeeds(() => zlib.brotliDecompressSync(Uint8Array.of(0x0b)));
  return brotliNotices;
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

class ZlibDecoder implements Decoder {
  readonly #stream: Stream;
  readonly #marksEnd: boolean;
  #to: DecoderEvents | null;
  #writtenBytes = 0;

  constructor(coding: Coding, to: DecoderEvents) {
    this.#to = to;
    this.#marksEnd = coding === "br" && !noticesCuts();
    const settings = { ...optionsOf(coding), writableHighWaterMark: QUEUE_BYTES };
    const stream = inRoot(() => functionsOf(coding).open(settings));
    this.#stream = stream;
    stream.on("data", (chunk: Uint8Array) => this.#decoded(chunk));
    stream.on("drain", () => this.#to?.drained());
    stream.on("end", () => this.#ended());
    stream.on("error", (error) => this.#failed(error));
  }

  write(bytes: Uint8Array): boolean {
    this.#writtenBytes += bytes.length;
    return inRoot(() => this.#stream.write(bytes));
  }

  end(): void {
    inRoot(() => {
      if (this.#marksEnd) this.#stream.write(new Uint8Array(1));
      this.#stream.end();
    });
  }

  pause(): void {
    inRoot(() => this.#stream.pause());
  }

  resume(): void {
    inRoot(() => this.#stream.resume());
  }

  destroy(): void {
    this.#to = null;
    inRoot(() => this.#stream.destroy());
  }

  /** As a plain array: a `Buffer` cuts and copies in ways of its own. */
  #decoded({ buffer, byteOffset, byteLength }: Uint8Array): void {
    this.#to?.decoded(new Uint8Array(buffer, byteOffset, byteLength));
  }

  #ended(): void {
    const to = this.#to;
    this.#to = null;
    if (this.#marksEnd && this.#stream.bytesWritten > this.#writtenBytes)
      to?.failed("truncated", undefined);
    else to?.ended();
  }

  #failed(error: unknown): void {
    const to = this.#to;
    this.#to = null;
    to?.failed(faultOf(error), error);
  }
}

export const zlibDecoders: Decoders = {
  has: (coding) => coding !== "zstd" || typeof zlib.createZstdDecompress === "function",

  open: (coding, to) => new ZlibDecoder(coding, to),

  decode(coding, bytes, maxBytes, isComplete) {
    const { decode, partial } = functionsOf(coding);
    const limit = maxBytes === Infinity ? {} : { maxOutputLength: maxBytes };
    const options = { ...optionsOf(coding), ...limit, ...(isComplete ? {} : partial) };
    const marksEnd = isComplete && coding === "br" && !noticesCuts();
    return plain(marksEnd ? markedBrotli(bytes, options) : decode(bytes, options));
  },
};

/** Decodes a code with one more byte behind its end. What is no code the platform stops at, and says nothing. */
function markedBrotli(bytes: Uint8Array, options: Options): Uint8Array {
  const marked = new Uint8Array(bytes.length + 1);
  marked.set(bytes);
  const { buffer, engine } = zlib.brotliDecompressSync(marked, {
    ...options,
    info: true,
  }) as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
  const left = bytes.length - engine.bytesWritten;
  if (left === 0) return buffer;
  throw Object.assign(new Error(left < 0 ? "unexpected end of file" : "no code in brotli"), {
    code: left < 0 ? "Z_BUF_ERROR" : "Z_DATA_ERROR",
  });
}

function plain({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
