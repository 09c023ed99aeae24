import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { pictured, pictureOfHeaders } from "../picture.ts";
import { isToken, VALUE_SET } from "./characters.ts";
import { cutValue, isNamed, trimBlanks } from "./field-lines.ts";

/** What can be given for headers. In a record `undefined` leaves a field out, and an array makes a field of each of its values. */
export type HeadersInit =
  | HttpHeaders
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** The way in for this room: headers over text that has been validated, whole lines from `start` to before `end`. */
let wrap: (text: string, start: number, end: number) => HttpHeaders;
let linesOf: (headers: HttpHeaders) => string;

/**
 * The header fields of a message, or its trailer fields. They never change; names are compared without regard to case, and the order is
 * that of the message. Values are cut out of the head's text when they are asked for.
 *
 * @example
 * import { HttpHeaders } from "tsyncio/http";
 * const headers = HttpHeaders.from({ "Content-Type": "text/plain", Accept: ["text/html", "text/*"] });
 * console.log(headers.get("content-type")); // text/plain
 * console.log(headers.get("accept")); // text/html, text/*
 * console.log(headers.getAll("accept").length, headers.size); // 2 3
 */
export class HttpHeaders implements Iterable<[name: string, value: string]> {
  /** Valid field lines lie in it from `#start` to `#end`; what lies around them is not ours. */
  readonly #text: string;
  readonly #start: number;
  readonly #end: number;

  private constructor(text: string, start: number, end: number) {
    this.#text = text;
    this.#start = start;
    this.#end = end;
  }

  /**
   * Headers of a record, of pairs, or of a `Map`.
   * @throws {InvalidArgument} when a name or value is not valid, or could end its line.
   */
  static from(init: HeadersInit): HttpHeaders {
    if (init instanceof HttpHeaders) return init;
    const text = fieldsText(init);
    return new HttpHeaders(text, 0, text.length);
  }

  /** For `JSON.stringify`: each name once, the values of repeated fields joined. */
  toJSON(): Record<string, string> {
    const fields = Object.create(null) as Record<string, string>;
    for (const [name] of this) fields[name] ??= this.get(name) ?? "";
    return fields;
  }

  /** How many fields there are; a field that comes twice counts twice. */
  get size(): number {
    let count = 0;
    for (let at = this.#start; at < this.#end; at = this.#text.indexOf("\r", at) + 2) count++;
    return count;
  }

  /** The value of a field, or `null`. The values of a field that comes more than once are joined by `", "`. */
  get(name: string): string | null {
    const wanted = name.toLowerCase();
    let found: string | null = null;
    for (let at = this.#start; at < this.#end;) {
      const end = this.#text.indexOf("\r", at);
      if (isNamed(this.#text, at, wanted)) {
        const value = cutValue(this.#text, at + wanted.length + 1, end);
        found = found === null ? value : `${found}, ${value}`;
      }
      at = end + 2;
    }
    return found;
  }

  /** The values of a field, one for each time that it comes. `Set-Cookie` is read so: its values have commas of their own. */
  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    const found: string[] = [];
    for (let at = this.#start; at < this.#end;) {
      const end = this.#text.indexOf("\r", at);
      if (isNamed(this.#text, at, wanted)) found.push(cutValue(this.#text, at + wanted.length + 1, end));
      at = end + 2;
    }
    return found;
  }

  /** Whether there is such a field. */
  has(name: string): boolean {
    const wanted = name.toLowerCase();
    for (let at = this.#start; at < this.#end; at = this.#text.indexOf("\r", at) + 2) {
      if (isNamed(this.#text, at, wanted)) return true;
    }
    return false;
  }

  /** The fields in their order, with names in lower case. */
  *[Symbol.iterator](): Generator<[name: string, value: string], undefined, void> {
    for (let at = this.#start; at < this.#end;) {
      const colon = this.#text.indexOf(":", at);
      const end = this.#text.indexOf("\r", colon);
      yield [this.#text.slice(at, colon).toLowerCase(), cutValue(this.#text, colon + 1, end)];
      at = end + 2;
    }
  }

  static {
    pictured(this, (headers) => pictureOfHeaders("HttpHeaders", headers));
    wrap = (text, start, end) => new HttpHeaders(text, start, end);
    linesOf = (headers) => headers.#text.slice(headers.#start, headers.#end);
  }
}

/** Headers over text that has been validated: whole lines from `start` to before `end`. */
export function headersWithin(text: string, start: number, end: number): HttpHeaders {
  return wrap(text, start, end);
}

/** Names that have been found valid. A program writes few of them, over and over. */
const knownNames = new Set<string>();
const KNOWN_NAMES = 256;

/**
 * Header fields as they are written: `name: value` and CRLF for each.
 * @throws {InvalidArgument} when a name or value is not valid, or could end its line.
 */
export function fieldsText(init: HeadersInit): string {
  if (init instanceof HttpHeaders) return linesOf(init);
  if (typeof init !== "object" || init === null)
    throw new InvalidArgument(`headers are ${show(init)}. Give a record, or pairs of name and value.`);
  let text = "";
  if (Symbol.iterator in init) {
    for (const [name, value] of init as Iterable<readonly [string, string]>)
      text += fieldLine(name, value);
    return text;
  }
  const record = init as Readonly<Record<string, string | number | readonly string[] | undefined>>;
  for (const name in record) {
    if (!Object.hasOwn(record, name)) continue;
    const value = record[name];
    if (value === undefined) continue;
    if (Array.isArray(value))
      for (const each of value as readonly string[]) text += fieldLine(name, each);
    else text += fieldLine(name, value as string | number);
  }
  return text;
}

const valuePattern = new RegExp(`^[${VALUE_SET}]*$`);

/** One field, as it is written. @throws {InvalidArgument} when the name or value is not valid. */
export function fieldLine(name: string, value: string | number): string {
  if (!knownNames.has(name)) checkName(name);
  if (typeof value === "number" && Number.isFinite(value)) return `${name}: ${value}\r\n`;
  if (typeof value !== "string" || !valuePattern.test(value)) refuseValue(name, value);
  return `${name}: ${trimBlanks(value)}\r\n`;
}

function checkName(name: string): void {
  if (typeof name !== "string" || !isToken(name)) {
    throw new InvalidArgument(
      `the name of a header field is ${show(name)}${place(name, (code) => !isToken(String.fromCharCode(code)))}. ` +
        `Give letters, digits and any of !#$%&'*+-.^_\`|~.`,
    );
  }
  if (knownNames.size < KNOWN_NAMES) knownNames.add(name);
}

function refuseValue(name: string, value: unknown): never {
  const found = place(value, (code) => code > 0xff || !valuePattern.test(String.fromCharCode(code)));
  throw new InvalidArgument(
    `the value of the header field ${show(name)} is ${show(value)}${found}. Give a string without control characters and line ` +
      `ends, of characters up to U+00FF; encode others: encodeURIComponent(value).`,
  );
}

/** Where in `text` the first wrong character is, for a message. */
function place(text: unknown, isWrong: (code: number) => boolean): string {
  if (typeof text !== "string") return "";
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isWrong(code))
      return `, with U+${code.toString(16).toUpperCase().padStart(4, "0")} at position ${index}`;
  }
  return "";
}
