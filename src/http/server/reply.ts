/** What a handler answers: a value, or a value with a status and header fields. */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { outgoingBody, OutgoingBody, jsonBody, type BodyInit } from "../body/outgoing-body.ts";
import type { HttpResponse } from "../client/response.ts";
import { givenFields, nothingGiven, type GivenFields } from "./given-fields.ts";
import { BodyLengthMismatch } from "../wire/errors.ts";
import { fieldsText, type HeadersInit } from "../wire/fields.ts";
import { responseHeadText, trailersText } from "../wire/writing.ts";

/** Any value that JSON can express, as far as a type can say it. */
export type JsonValue = object | number | boolean;

/** What can be the body of a reply: {@link BodyInit}, or a value to be sent as JSON. */
export type ReplyBody = BodyInit | JsonValue | null | undefined;

/**
 * What a handler returns. A file or `ByteStream` in it is the server's from then on, which closes it. Text is sent as `text/plain`, bytes as they are, forms, files and streams as what they are; a web `Response`, or the
 * `HttpResponse` of another server, as itself; any other object, array, number or boolean as JSON; nothing as 204.
 *
 * A stream begins with its first piece: what it throws before that is answered like an error of the handler. An empty piece sends the head at once.
 */
export type Reply = ReplyBody | HttpReply | Response | HttpResponse | void;

/** What a reply has besides its body. */
export interface ReplyOptions {
  /** 200 to 599. Default 200; 204 without a body. */
  readonly status?: number;
  /** The phrase behind the status. Default: that of the status. */
  readonly reason?: string;
  /** Checked here, at the call. `connection: close` ends the connection after the reply; how the body is framed is the server's affair. */
  readonly headers?: HeadersInit;
  /** Fields behind the body, which is then sent in chunks; a function is called when the body has been sent. */
  readonly trailers?: HeadersInit | (() => HeadersInit);
}

/** A reply that is more than a body. Made by {@link reply}. The head of one with a stream goes out with the first piece, also an empty one. */
export class HttpReply {
  readonly status: number;
  /** @internal Null for that of the status. */
  readonly reason: string | null;
  /** @internal The lines of the header fields, ready to be sent. */
  readonly fields: string;
  /** @internal Null where the reply has none. */
  readonly body: OutgoingBody | null;
  /** @internal */ readonly trailers: HeadersInit | (() => HeadersInit) | null;
  /** @internal Which of the fields that the server would add are there. */
  readonly given: GivenFields;

  /** @internal */
  constructor(parts: ReplyParts) {
    this.status = parts.status;
    this.reason = parts.reason;
    this.body = parts.body;
    this.trailers = parts.trailers;
    this.given = parts.fields === "" ? nothingGiven : givenFields(parts.fields);
    // A 204 must not say a length (RFC 9110, 8.6), not even that of nothing.
    const isSilent = parts.status === 204 && this.given.lengthBytes !== null;
    this.fields = isSilent ? parts.fields.replace(LENGTH, "") : parts.fields;
  }
}

interface ReplyParts {
  readonly status: number;
  readonly reason: string | null;
  readonly fields: string;
  readonly body: OutgoingBody | null;
  readonly trailers: HeadersInit | (() => HeadersInit) | null;
}

const LENGTH = /^content-length:.*\r\n/gim;

/** Statuses of messages that have no content (RFC 9110). */
export function hasNoContent(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/**
 * Whether a reply is as long as it says, as far as that is known before it is sent. To HEAD, and with 304, what it says is the length of what is
 * not sent.
 *
 * @throws {BodyLengthMismatch}
 */
export function checkLength(
  request: { readonly method: string; readonly path: string },
  reply: HttpReply,
): void {
  const { status, given, body } = reply;
  const bytes = body === null ? 0 : body.lengthBytes;
  if (given.lengthBytes === null || bytes === null || given.lengthBytes === bytes) return;
  if (request.method === "HEAD" || status === 304) return;
  throw new BodyLengthMismatch(
    `the reply to ${request.method} ${request.path}`,
    given.lengthBytes,
    bytes,
  );
}

/**
 * A reply with a status, header fields or trailers of its own. A stream in it begins with its first piece: what it throws before is answered with
 * an error status in place of this one; an empty piece sends the head at once.
 *
 * @throws {InvalidArgument} for a status outside of 200 to 599, a body with a status that has none, or that is a reply itself or a promise, and
 * fields that cannot be sent.
 * @example
 * import { reply, serve } from "tsyncio/http";
 * import { connect } from "tsyncio/io";
 * await using server = await serve(() => reply({ id: 7 }, { status: 201, headers: { location: "/orders/7" } }));
 * await using stream = await connect(server.address);
 * await stream.write("POST /orders HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
 * const [head = "", body] = (await stream.readText()).split("\r\n\r\n");
 * console.log(head.split("\r\n")[0], body); // HTTP/1.1 201 Created {"id":7}
 */
export function reply(body?: ReplyBody, options: ReplyOptions = {}): HttpReply {
  checkArguments(body, options);
  const content = bodyOf(body);
  const { status = content === null ? 204 : 200, headers, reason = null, trailers = null } = options;
  checkStatus(status, content);
  if (reason !== null) responseHeadText(status, reason, "");
  // A function is asked when the body is sent; what it gives is checked then.
  if (trailers !== null && typeof trailers !== "function") trailersText(trailers);
  const fields = headers === undefined ? "" : fieldsText(headers);
  const made = new HttpReply({ status, reason, fields, body: content, trailers });
  if (trailers !== null && made.given.lengthBytes !== null)
    throw new InvalidArgument(
      "reply has trailers and a content-length: trailers follow a body in chunks, which has none. Leave one of them out.",
    );
  return made;
}

function checkArguments(body: unknown, options: unknown): void {
  if (body instanceof HttpReply || body instanceof Response || body instanceof Promise)
    throw new InvalidArgument(
      `body of reply is ${show(body)}. Give what is to be sent: a promise is awaited before, and a reply is not wrapped in another.`,
    );
  if (typeof options !== "object" || options === null)
    throw new InvalidArgument(`options of reply are ${show(options)}. Give an object.`);
}

function checkStatus(status: number, content: OutgoingBody | null): void {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new InvalidArgument(`status of reply is ${show(status)}. Give one from 200 to 599.`);
  if (hasNoContent(status) && content !== null)
    throw new InvalidArgument(
      `reply has a body and the status ${status}, which has none. Leave the body out.`,
    );
}

/** What is sent for a value. */
export function bodyOf(value: ReplyBody): OutgoingBody | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" || isBody(value)) return outgoingBody(value as BodyInit);
  return jsonBody(value);
}

/** Whether a value is sent as itself, and not as JSON. Arrays and other things that can be iterated over without a wait are JSON. */
function isBody(value: ReplyBody): boolean {
  if (typeof value !== "object" || value === null) return false;
  return (
    value instanceof OutgoingBody ||
    value instanceof ArrayBuffer ||
    ArrayBuffer.isView(value) ||
    Symbol.asyncIterator in value ||
    value instanceof URLSearchParams ||
    value instanceof FormData ||
    value instanceof Blob ||
    value instanceof ReadableStream
  );
}
