/**
 * The body of a message that goes out: one of many kinds of source, told to the connection in the same words.
 *
 * A body in hand, text or bytes, is sent together with the head of its message: it is `whole`. Any other is a {@link BodyContent}, whose
 * chunks are taken one after the other while they are sent.
 */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { jsonText } from "./json-text.ts";
import type { Chunk } from "../../io/adapters/chunks.ts";
import { checkChunks, type Chunks } from "../../io/adapters/foreign-iterator.ts";
import { File } from "../../io/files/file.ts";
import { httpPlatform } from "../platform.ts";
import { boundaryOf, multipartType } from "./boundary.ts";
import {
  BlobContent,
  FileContent,
  IterableContent,
  WebStreamContent,
  type BodyContent,
} from "./body-content.ts";
import { BodyUsed } from "./errors.ts";
import { MultipartContent, type MultipartPart } from "./multipart-content.ts";
import { partHead } from "./part-head.ts";

/**
 * What can be sent as a body: text in UTF-8; bytes; a form (`URLSearchParams`), or one with files (`FormData`, `Multipart`); a `Blob`; an open
 * file, from its position on; and streams: an iterable of bytes and text, a `ByteStream`, the body of another message, a web stream.
 *
 * Bytes are sent as they are when their turn comes: leave the array alone until the message has been sent.
 */
export type BodyInit =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | URLSearchParams
  | FormData
  | Blob
  | ReadableStream<Uint8Array | string>
  | File
  | Chunks
  | BodyLike;

/** What knows how to become a body: a `Multipart`, an {@link OutgoingBody}. */
export interface BodyLike {
  toOutgoingBody(): OutgoingBody;
}

const FORM = "application/x-www-form-urlencoded;charset=UTF-8";

/** A body that can be sent, with what is known about it. {@link outgoingBody} makes it of whatever it comes from. */
export class OutgoingBody implements BodyLike {
  /** What the field `Content-Type` says where the message has none; null where nothing is known. */
  readonly contentType: string | null;
  /** The body in one piece, where it is in hand; null where it is made of chunks. */
  readonly whole: string | Uint8Array | null;
  readonly #content: BodyContent | null;
  #lengthBytes = -1;
  #isUsed = false;

  /** @internal */
  constructor(
    contentType: string | null,
    whole: string | Uint8Array | null,
    content: BodyContent | null,
  ) {
    this.contentType = contentType;
    this.whole = whole;
    this.#content = content;
  }

  /** Its length; null where it is not known, or not before {@link prepare}. */
  get lengthBytes(): number | null {
    if (this.#content !== null) return this.#content.lengthBytes;
    if (this.#lengthBytes === -1)
      this.#lengthBytes =
        typeof this.whole === "string" ? httpPlatform().utf8Bytes(this.whole) : (this.whole?.length ?? 0);
    return this.#lengthBytes;
  }

  /** Whether it can be sent again, after a redirect or for another attempt. */
  get isRepeatable(): boolean {
    return this.#content === null || this.#content.isRepeatable;
  }

  /** Finds out what takes a wait: the length of a file. Null where there is nothing to be found out. Call it before the head is made. */
  prepare(): Promise<void> | null {
    return this.#content?.prepare?.() ?? null;
  }

  /**
   * The pieces. They are taken once, unless the body is repeatable.
   *
   * @throws {BodyUsed} when they have been taken before.
   */
  chunks(): Chunks {
    if (this.#content === null) return this.whole === null ? [] : [this.whole];
    if (this.#isUsed && !this.#content.isRepeatable) throw new BodyUsed("send", "the body");
    this.#isUsed = true;
    return this.#content.chunks();
  }

  /** Itself. */
  toOutgoingBody(): this {
    return this;
  }

  /** It will not be sent, or not again: a stream that was not begun is cancelled. */
  dispose(): void {
    if (!this.#isUsed) this.#content?.dispose?.();
  }

  /** It is over with, and nobody else will close the file or `ByteStream` that it was sent from. Null where there is nothing to close. */
  close(): Promise<void> | null {
    this.dispose();
    return this.#content?.close?.() ?? null;
  }
}

/**
 * A body of whatever can be one.
 *
 * @throws {InvalidArgument} for what cannot be one: a plain object for example, which {@link jsonBody} takes.
 * @example
 * import { outgoingBody } from "tsyncio/http";
 * const body = outgoingBody(["one", "two"]);
 * console.log(body.lengthBytes, body.isRepeatable); // 6 true
 */
export function outgoingBody(init: BodyInit): OutgoingBody {
  if (typeof init === "string") return new OutgoingBody("text/plain;charset=UTF-8", init, null);
  if (typeof init !== "object" || init === null) throw notABody(init);
  const bytes = bytesIn(init);
  if (bytes !== null) return new OutgoingBody(null, bytes, null);
  if ("toOutgoingBody" in init) return init.toOutgoingBody();
  return formOrBlob(init) ?? new OutgoingBody(null, null, streamed(init));
}

function formOrBlob(init: object): OutgoingBody | null {
  if (init instanceof URLSearchParams) return new OutgoingBody(FORM, init.toString(), null);
  if (init instanceof FormData) return formDataBody(init);
  if (!(init instanceof Blob)) return null;
  return new OutgoingBody(init.type === "" ? null : init.type, null, new BlobContent(init));
}

function streamed(init: object): BodyContent {
  if (init instanceof File) return new FileContent(init);
  if (init instanceof ReadableStream) return new WebStreamContent(init as ReadableStream<Chunk>);
  if (!(Symbol.asyncIterator in init || Symbol.iterator in init)) throw notABody(init);
  return new IterableContent(checkChunks("body", init as Chunks));
}

/** As browsers send it. */
function formDataBody(form: FormData): OutgoingBody {
  const boundary = boundaryOf(undefined);
  const parts = Array.from(form, ([name, value]): MultipartPart => {
    const field = withLineEnds(name);
    if (typeof value === "string")
      return { head: partHead(field, {}), body: new OutgoingBody(null, withLineEnds(value), null) };
    const contentType = value.type === "" ? "application/octet-stream" : value.type;
    return {
      head: partHead(field, { filename: nameOf(value), contentType }),
      body: new OutgoingBody(null, null, new BlobContent(value)),
    };
  });
  const content = new MultipartContent(boundary, parts);
  return new OutgoingBody(multipartType("form-data", boundary), null, content);
}

/** A blob that is no file is called so. Some platforms do not make a file of it. */
const nameOf = (blob: { readonly name?: string }): string => blob.name ?? "blob";

const withLineEnds = (text: string): string => text.replace(/\r\n?|\n/g, "\r\n");

function bytesIn(init: object): Uint8Array | null {
  if (init instanceof Uint8Array) return init;
  if (init instanceof ArrayBuffer) return new Uint8Array(init);
  if (ArrayBuffer.isView(init)) return new Uint8Array(init.buffer, init.byteOffset, init.byteLength);
  return null;
}

function notABody(value: unknown): InvalidArgument {
  return new InvalidArgument(
    `body is ${show(value)}. Give text, bytes, a form, a file or a stream; for JSON say so: jsonBody(value), or the option "json".`,
  );
}

/**
 * A value as JSON.
 *
 * @throws {InvalidArgument} for what JSON cannot express: `undefined`, functions, bigints, objects that contain themselves.
 * @example
 * import { jsonBody } from "tsyncio/http";
 * console.log(jsonBody({ a: 1 }).contentType); // application/json
 */
export function jsonBody(value: unknown): OutgoingBody {
  return new OutgoingBody("application/json", jsonText(value), null);
}

/** The fields of a form: an object, or pairs of names and values. A name may come several times. */
export type FormFields =
  | Readonly<Record<string, string | number | boolean | readonly (string | number)[] | undefined>>
  | Iterable<readonly [name: string, value: string]>
  | URLSearchParams;

/**
 * A form, `application/x-www-form-urlencoded`. A field that is `undefined` is left out, one that is an array comes once for each of its items.
 *
 * @example
 * import { formBody } from "tsyncio/http";
 * console.log(formBody({ q: "two words", tag: ["a", "b"] }).whole); // q=two+words&tag=a&tag=b
 */
export function formBody(fields: FormFields): OutgoingBody {
  if (typeof fields !== "object" || fields === null)
    throw new InvalidArgument(`the fields of a form are ${show(fields)}. Give an object, or pairs.`);
  if (fields instanceof URLSearchParams) return outgoingBody(fields);
  const params = new URLSearchParams();
  if (Symbol.iterator in fields) {
    for (const [name, value] of fields as Iterable<readonly [string, string]>) params.append(name, value);
  } else {
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      for (const each of Array.isArray(value) ? value : [value]) params.append(name, String(each));
    }
  }
  return new OutgoingBody(FORM, params.toString(), null);
}
