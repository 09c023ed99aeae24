/**
 * What HTTP asks of the platform beyond a network and a clock: quick ways between bytes and text. `host/` implements it, alike on Node,
 * Bun and Deno; nothing here waits.
 */
import type { Decoders } from "./body/decoder.ts";

export interface HttpPlatform {
  /** The bytes from `start` to before `end` as text, a character for each byte. */
  latin1(bytes: Uint8Array, start: number, end: number): string;
  /** How many bytes `text` takes in UTF-8. */
  utf8Bytes(text: string): number;
  /** `text` in UTF-8. */
  utf8(text: string): Uint8Array;
  /** The text that `bytes` are in UTF-8, what is none of it replaced by U+FFFD, and nothing left out. */
  utf8Text(bytes: Uint8Array): string;
  /** So many random bytes, as hexadecimal digits, which nobody can guess. */
  randomHex(bytes: number): string;
  /** What undoes the codings of a content: gzip, brotli and their like. */
  readonly decoders: Decoders;
  /** An instant of the wall clock as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`. */
  date(wallMs: number): string;
  /** The address of the module that serves in a thread of `serveThreads`. */
  readonly servingModule: string;
  /** The variables of the process. */
  environment(): Environment;
  /** The channel of this name: the same one each time. */
  traceChannel(name: string): TraceChannel;
}

/** Names and values of environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A named channel of the platform for diagnosis. */
export interface TraceChannel {
  /** Whether anybody listens. */
  readonly hasSubscribers: boolean;
  publish(message: object): void;
}

let installed: HttpPlatform | null = null;

/** Says what the platform is. Called by the entry. */
export function installHttpPlatform(platform: HttpPlatform): void {
  installed ??= platform;
}

export function httpPlatform(): HttpPlatform {
  if (installed === null)
    throw new TypeError(`no HTTP platform is installed: import "tsyncio/http", not a file inside it`);
  return installed;
}
