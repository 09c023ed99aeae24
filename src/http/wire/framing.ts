/**
 * The fields that say where a message ends, what its body is, and what becomes of its connection, found in one walk over the lines of a
 * head. Nothing is judged while walking: what is refused, and why, must not depend on the order of the fields.
 */
import { ZERO } from "./characters.ts";
import { refuseMessage } from "./errors.ts";
import { cutValue, isNamed, listOf } from "./field-lines.ts";

/** Not 0 for the letters that a field begins with which {@link FramingFields} looks for: most fields are passed over with this. */
const initials = new Uint8Array(128);
for (const letter of "cehktuCEHKTU") initials[letter.charCodeAt(0)] = 1;

/** What a walk has found. There is one of these, which every head uses: nobody keeps it. */
export class FramingFields {
  fieldCount = 0;
  hostCount = 0;
  host = "";
  lengthCount = 0;
  length = "";
  codingCount = 0;
  coding = "";
  /** Null without the field; the values of several are joined. */
  connection: string | null = null;
  expect: string | null = null;
  upgrade: string | null = null;
  keepAlive: string | null = null;
  contentType: string | null = null;
  contentCoding: string | null = null;

  /** Walks over the lines of `text` from `start` to before `end`. */
  read(text: string, start: number, end: number): void {
    this.fieldCount = this.hostCount = this.lengthCount = this.codingCount = 0;
    this.connection = this.expect = this.upgrade = this.keepAlive = null;
    this.contentType = this.contentCoding = null;
    for (let at = start; at < end;) {
      const lineEnd = text.indexOf("\r", at);
      this.fieldCount++;
      if (initials[text.charCodeAt(at)] !== 0) this.#see(text, at, lineEnd);
      at = lineEnd + 2;
    }
  }

  #see(text: string, at: number, end: number): void {
    switch (text.charCodeAt(at) | 0x20) {
      case 0x63: // c
        this.#seeC(text, at, end);
        break;
      case 0x65: // e
        if (isNamed(text, at, "expect")) this.expect = joined(this.expect, text, at + 7, end);
        break;
      case 0x68: // h
        if (isNamed(text, at, "host")) this.#foundHost(text, at, end);
        break;
      case 0x6b: // k
        if (isNamed(text, at, "keep-alive")) this.keepAlive = joined(this.keepAlive, text, at + 11, end);
        break;
      case 0x74: // t
        if (isNamed(text, at, "transfer-encoding")) this.#foundCoding(text, at, end);
        break;
      default:
        if (isNamed(text, at, "upgrade")) this.upgrade = joined(this.upgrade, text, at + 8, end);
    }
  }

  /** Told apart by what comes behind "content-": many other fields begin with a c. */
  #seeC(text: string, at: number, end: number): void {
    switch (text.charCodeAt(at + 8) | 0x20) {
      case 0x6f: // connecti(o)n
        if (isNamed(text, at, "connection"))
          this.connection = joined(this.connection, text, at + 11, end);
        break;
      case 0x6c: // l
        if (isNamed(text, at, "content-length")) this.#foundLength(text, at, end);
        break;
      case 0x74: // t
        if (isNamed(text, at, "content-type"))
          this.contentType = joined(this.contentType, text, at + 13, end);
        break;
      case 0x65: // e
        if (isNamed(text, at, "content-encoding"))
          this.contentCoding = joined(this.contentCoding, text, at + 17, end);
    }
  }

  #foundLength(text: string, at: number, lineEnd: number): void {
    this.lengthCount++;
    this.length = cutValue(text, at + 15, lineEnd);
  }

  #foundHost(text: string, at: number, lineEnd: number): void {
    this.hostCount++;
    this.host = cutValue(text, at + 5, lineEnd);
  }

  #foundCoding(text: string, at: number, lineEnd: number): void {
    this.codingCount++;
    this.coding = cutValue(text, at + 18, lineEnd);
  }
}

function joined(before: string | null, text: string, start: number, end: number): string {
  const value = cutValue(text, start, end);
  return before === null ? value : `${before}, ${value}`;
}

/** Sent in chunks, each of which says its length. */
export const CHUNKED = -1;
/** A response that ends with its connection. */
export const UNTIL_CLOSE = -2;
/** Neither Content-Length nor Transfer-Encoding is there. */
export const UNANNOUNCED = -3;

const MAX_DIGITS = 16;

/** What the fields say of the body's length: a number of bytes, {@link CHUNKED} or {@link UNANNOUNCED}. */
export function announcedBytes(found: FramingFields, version: 10 | 11): number {
  if (found.lengthCount + found.codingCount === 0) return UNANNOUNCED;
  if (found.lengthCount > 1) refuseMessage("content-length-repeated");
  if (found.codingCount > 1) refuseMessage("transfer-encoding-repeated");
  if (found.codingCount === 0) return contentLength(found.length);
  if (found.lengthCount > 0) refuseMessage("content-length-coding");
  if (version === 10) refuseMessage("transfer-encoding-version");
  if (found.coding.toLowerCase() !== "chunked") refuseCoding(found.coding);
  return CHUNKED;
}

/** Only ASCII digits, and no more than a number can hold exactly: no sign, no list, no other script's digits. */
function contentLength(value: string): number {
  if (value === "" || value.length > MAX_DIGITS) refuseMessage("content-length", value);
  let bytes = 0;
  for (let index = 0; index < value.length; index++) {
    const digit = value.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) refuseMessage("content-length", value);
    bytes = bytes * 10 + digit;
  }
  return bytes <= Number.MAX_SAFE_INTEGER ? bytes : refuseMessage("content-length", value);
}

/** A coding before "chunked" is one that we do not have; without "chunked" at the end nobody knows where the body does. */
function refuseCoding(value: string): never {
  const codings = listOf(value);
  const isFramed = codings.at(-1) === "chunked" && codings.indexOf("chunked") === codings.length - 1;
  return refuseMessage(isFramed ? "transfer-encoding-unknown" : "transfer-encoding", value);
}
