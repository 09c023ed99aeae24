import { show } from "../../base/check.ts";
import { InvalidArgument, TsyncioError } from "../../base/tsyncio-error.ts";
import { fieldsText, type HeadersInit } from "../wire/fields.ts";
import { statusText } from "../wire/status-text.ts";
import { givenFields } from "./given-fields.ts";

/**
 * What a handler throws to answer with an error status. The client gets the message as text, so say nothing in it that is not for clients;
 * a `cause` is for ourselves.
 *
 * @example
 * import { HttpError, serve } from "tsyncio/http";
 * import { connect } from "tsyncio/io";
 * await using server = await serve(({ path }) => {
 *   throw new HttpError(404, `there is nothing at ${path}`);
 * });
 * await using stream = await connect(server.address);
 * await stream.write("GET /cake HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
 * const response = await stream.readText();
 * console.log(response.split("\r\n")[0]); // HTTP/1.1 404 Not Found
 * console.log(response.endsWith("there is nothing at /cake")); // true
 */
export class HttpError extends TsyncioError {
  static readonly code = "TSY_HTTP_ERROR";
  readonly status: number;
  /** The message without its code: what the client is told. */
  readonly text: string;
  /** @internal The lines of the header fields to send along. */
  readonly fields: string;

  /**
   * @param status 400 to 599
   * @param text default: the phrase of the status
   * @throws {InvalidArgument} for another status, a text that is none, and header fields that cannot be sent: those that frame the reply
   * are the server's.
   */
  constructor(
    status: number,
    text: string = statusText(status),
    options: { readonly headers?: HeadersInit; readonly cause?: unknown } = {},
  ) {
    if (!Number.isInteger(status) || status < 400 || status > 599)
      throw new InvalidArgument(`status of HttpError is ${show(status)}. Give one from 400 to 599.`);
    checkArguments(text, options);
    super(HttpError.code, text, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.text = text;
    this.fields = options.headers === undefined ? "" : textOfFields(options.headers);
  }
}

function checkArguments(text: unknown, options: unknown): void {
  if (typeof text !== "string")
    throw new InvalidArgument(`text of HttpError is ${show(text)}. Give a string.`);
  if (typeof options !== "object" || options === null)
    throw new InvalidArgument(`options of HttpError are ${show(options)}. Give an object.`);
}

function textOfFields(headers: HeadersInit): string {
  const fields = fieldsText(headers);
  if (givenFields(fields).lengthBytes === null) return fields;
  throw new InvalidArgument(
    "headers of HttpError have a content-length. Leave it out: the server counts the bytes of the text.",
  );
}
