/**
 * The lines between the chunks of a body (RFC 9112, 7.1), byte by byte:
 *
 *   size [";" name ["=" value]]... CRLF  data CRLF  ...  "0" CRLF
 *
 * No whitespace is let through anywhere: what others make of it differs.
 */
import {
  BACKSLASH,
  classes,
  CR,
  EQUALS,
  hexDigit,
  LF,
  QUOTE,
  QUOTED,
  SEMICOLON,
  TOKEN,
  VALUE,
} from "./characters.ts";
import { refuseByte, refuseMessage } from "./errors.ts";

type State = (scan: ChunkScan, byte: number) => State;

const MAX_DIGITS = 16;

export class ChunkScan {
  readonly #extensionLimit: number;
  /** The size of the chunk whose line is being read, or was read last. */
  sizeBytes = 0;
  digits = 0;
  /** Bytes of extensions in the whole body. */
  #extensionBytes = 0;
  #state: State = size;

  constructor(extensionLimit: number) {
    this.#extensionLimit = extensionLimit;
  }

  /** Reads from `at` to before `end`. Gives where the line ended, or -1 when it has not; the next one comes behind the chunk's data. */
  readLine(bytes: Uint8Array, at: number, end: number): number {
    for (let index = at; index < end; index++) {
      const state = this.#state(this, bytes[index] as number);
      this.#state = state;
      if (state === lineEnd) {
        this.#state = dataCr;
        return index + 1;
      }
    }
    return -1;
  }

  begin(): void {
    this.sizeBytes = 0;
    this.digits = 0;
  }

  digit(value: number): void {
    this.sizeBytes = this.sizeBytes * 16 + value;
    if (++this.digits > MAX_DIGITS || this.sizeBytes > Number.MAX_SAFE_INTEGER)
      refuseMessage("chunk-size");
  }

  /** Counts a byte of an extension. */
  extended(): void {
    if (++this.#extensionBytes > this.#extensionLimit) refuseMessage("chunk-extension-length");
  }
}

const dataCr: State = (_scan, byte) => (byte === CR ? dataLf : refuseByte("chunk-end", byte));

const dataLf: State = (scan, byte) => {
  if (byte !== LF) refuseByte("chunk-end", byte);
  scan.begin();
  return size;
};

const size: State = (scan, byte) => {
  const value = hexDigit(byte);
  if (value >= 0) {
    scan.digit(value);
    return size;
  }
  if (scan.digits === 0) refuseByte("chunk-size", byte);
  if (byte === CR) return sizeLf;
  if (byte !== SEMICOLON) refuseByte(byte === LF ? "bare-lf" : "chunk-size", byte);
  scan.extended();
  return extensionStart;
};

const sizeLf: State = (_scan, byte) => (byte === LF ? lineEnd : refuseByte("bare-cr", byte));

const lineEnd: State = () => lineEnd;

const extensionStart: State = (scan, byte) => {
  scan.extended();
  return isTokenByte(byte) ? extensionName : refuseByte("chunk-extension", byte);
};

const extensionName: State = (scan, byte) => {
  if (byte === CR) return sizeLf;
  scan.extended();
  if (isTokenByte(byte)) return extensionName;
  if (byte === EQUALS) return extensionValueStart;
  return byte === SEMICOLON ? extensionStart : refuseExtension(byte);
};

const extensionValueStart: State = (scan, byte) => {
  scan.extended();
  if (byte === QUOTE) return quoted;
  return isTokenByte(byte) ? extensionValue : refuseExtension(byte);
};

const extensionValue: State = (scan, byte) => {
  if (byte === CR) return sizeLf;
  scan.extended();
  if (isTokenByte(byte)) return extensionValue;
  return byte === SEMICOLON ? extensionStart : refuseExtension(byte);
};

const quoted: State = (scan, byte) => {
  scan.extended();
  if ((classes[byte] as number) & QUOTED) return quoted;
  if (byte === QUOTE) return quotedEnd;
  return byte === BACKSLASH ? escaped : refuseExtension(byte);
};

const escaped: State = (scan, byte) => {
  scan.extended();
  return (classes[byte] as number) & VALUE ? quoted : refuseExtension(byte);
};

const quotedEnd: State = (scan, byte) => {
  if (byte === CR) return sizeLf;
  scan.extended();
  return byte === SEMICOLON ? extensionStart : refuseExtension(byte);
};

function isTokenByte(byte: number): boolean {
  return ((classes[byte] as number) & TOKEN) !== 0;
}

function refuseExtension(byte: number): never {
  return refuseByte(byte === LF ? "bare-lf" : "chunk-extension", byte);
}
