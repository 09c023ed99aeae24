/** What a request gets whose handler threw. */
import { LimitOverrun } from "../../io/errors.ts";
import { BodyInvalid, BodyTooLarge } from "../body/errors.ts";
import { outgoingBody } from "../body/outgoing-body.ts";
import { HttpProtocolError } from "../wire/errors.ts";
import { responseHeadText } from "../wire/writing.ts";
import { httpPlatform } from "../platform.ts";
import { statusText } from "../wire/status-text.ts";
import { HttpError } from "./http-error.ts";
import { HttpReply } from "./reply.ts";

/** What clients are told whose request is cancelled. */
export const TOO_LONG = "the server took too long";
export const SHUTTING_DOWN = "the server is shutting down";

/** What the log says of the reply where a handler has failed. */
export const GOT_500 = "The client got 500, and no details.";
export const HAD_LEFT = "Its client had left.";

/** {@link GOT_500}, where it was too late for that. */
export function tooLate({ replyState }: { readonly replyState: string }): string {
  return replyState === "whole" ? "The reply was sent." : "The reply had begun, and was cut off.";
}

/** A reply with an error status and a line of text. */
export function errorReply(
  status: number,
  text: string = statusText(status),
  fields: string = "",
): HttpReply {
  return new HttpReply({ status, reason: null, fields, body: outgoingBody(text), trailers: null });
}

/**
 * The reply to a request whose handler threw `error`; null where it is a failure of ours, of which clients learn nothing. `isOfBody`:
 * it came from reading the body of the request.
 */
export function replyToError(error: unknown, isOfBody: boolean): HttpReply | null {
  if (error instanceof HttpError) return errorReply(error.status, error.text, error.fields);
  if (!isOfBody) return null;
  const status = statusOfBody(error);
  return status === null ? null : errorReply(status, textOf(error as Error));
}

/** The status for an error of reading a request's body; null where the client is not to blame. */
function statusOfBody(error: unknown): number | null {
  if (error instanceof HttpProtocolError) return error.status;
  if (error instanceof BodyTooLarge || error instanceof LimitOverrun) return 413;
  if (!(error instanceof BodyInvalid)) return null;
  return error.fault === "type" || error.fault === "charset" ? 415 : 400;
}

/** A whole reply to what is no request that could be handled: behind it the connection ends. `date` is the line of that field. */
export function lastReply(status: number, text: string, date: string): string {
  const bytes = httpPlatform().utf8Bytes(text);
  const fields = `content-type: text/plain;charset=UTF-8\r\n${date}content-length: ${bytes}\r\nconnection: close\r\n`;
  return responseHeadText(status, null, fields) + text;
}

/** What an error says, without its code. */
export function textOf(error: Error): string {
  return error.message.replace(/^TSY_[A-Z_]+: /, "");
}

/** What answers CONNECT: what follows a 2xx to it is no HTTP, and handlers know of requests only. */
export function refuseTunnel(): never {
  throw new HttpError(501, "this server is no proxy");
}
