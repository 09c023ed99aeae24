import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { pictured, pictureOfHeaders } from "../picture.ts";
import { fieldsText } from "../wire/fields.ts";

/** Fields that the connection writes itself: with others the message would mean two things. */
export const ownFields: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The fields of a request that is yet to be sent: a list to be read and changed. Names are compared without regard to case. */
export class RequestHeaders implements Iterable<readonly [name: string, value: string]> {
  #fields: ReadonlyArray<readonly [string, string]>;
  #text: string | null = null;

  /** Each name and value is checked when the text is made. */
  constructor(fields: Iterable<readonly [string, string]> = []) {
    this.#fields = [...fields];
  }

  /** Of fields that were checked and written before, each with its line end. */
  static fromText(text: string): RequestHeaders {
    const fields = text.split("\r\n").slice(0, -1);
    return new RequestHeaders(
      fields.map((line): [string, string] => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }),
    );
  }

  /** The value, repeated fields joined by a comma; null where there is none. */
  get(name: string): string | null {
    const values = this.getAll(name);
    return values.length === 0 ? null : values.join(", ");
  }

  getAll(name: string): string[] {
    return this.#fields.filter(([each]) => isSame(each, name)).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#fields.some(([each]) => isSame(each, name));
  }

  /** Replaces all fields of the name. */
  set(name: string, value: string): void {
    this.delete(name);
    this.append(name, value);
  }

  append(name: string, value: string): void {
    this.#fields = [...this.#fields, [name, value]];
    this.#text = null;
  }

  /** Takes all fields of the name away. */
  delete(name: string): void {
    this.#fields = this.#fields.filter(([each]) => !isSame(each, name));
    this.#text = null;
  }

  clone(): RequestHeaders {
    return new RequestHeaders(this.#fields);
  }

  [Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    return this.#fields[Symbol.iterator]();
  }

  /**
   * As they are written, each with its line end.
   *
   * @throws {InvalidArgument} for a name or value that could not be told apart from the rest of the head, and for what the connection
   * writes itself.
   */
  get text(): string {
    return (this.#text ??= this.#written());
  }

  #written(): string {
    const text = fieldsText(this.#fields);
    const own = this.#fields.find(([name]) => ownFields.has(name.toLowerCase()));
    if (own === undefined) return text;
    throw new InvalidArgument(
      `the headers of a request have ${show(own[0])}, which the client writes itself. Leave it away.`,
    );
  }
}

pictured(RequestHeaders, (headers) => pictureOfHeaders("RequestHeaders", headers));

function isSame(one: string, other: string): boolean {
  return one.length === other.length && one.toLowerCase() === other.toLowerCase();
}
