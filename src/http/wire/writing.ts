/** Heads, chunks and trailers as they are written. Whatever a caller can set is validated here: nothing can end a line or add one. */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { isToken, TARGET_SET, VALUE_SET } from "./characters.ts";
import { fieldsText, HttpHeaders, type HeadersInit } from "./fields.ts";
import { statusText } from "./status-text.ts";
import { refusedTrailer } from "./trailers.ts";

const targetPattern = new RegExp(`^[${TARGET_SET}]+$`);
const reasonPattern = new RegExp(`^[${VALUE_SET}]*$`);

/**
 * The head of a request; `fields` is from `fieldsText`.
 * @throws {InvalidArgument} when the method is no token, or the target has another character than visible ASCII, or a fragment.
 */
export function requestHeadText(method: string, target: string, fields: string): string {
  if (!isToken(method))
    throw new InvalidArgument(
      `method is ${show(method)}. Give a token such as "GET"; methods are not in small letters.`,
    );
  if (!targetPattern.test(target))
    throw new InvalidArgument(
      `the request target is ${show(target)}. Encode what is not visible ASCII, and leave the fragment out.`,
    );
  return `${method} ${target} HTTP/1.1\r\n${fields}\r\n`;
}

/** Status lines with the usual reason, by status. */
const usualLines: string[] = [];

/**
 * The head of a response; `fields` is from `fieldsText`. Without a reason the status has its usual one.
 * @throws {InvalidArgument} when the status is no integer from 100 to 999, or the reason could end the line.
 */
export function responseHeadText(status: number, reason: string | null, fields: string): string {
  const line = reason === null ? (usualLines[status] ?? usualLine(status)) : statusLine(status, reason);
  return `${line}${fields}\r\n`;
}

function usualLine(status: number): string {
  const line = statusLine(status, statusText(status));
  usualLines[status] = line;
  return line;
}

function statusLine(status: number, reason: string): string {
  if (!Number.isInteger(status) || status < 100 || status > 999)
    throw new InvalidArgument(`status is ${show(status)}. Give an integer from 100 to 999.`);
  if (!reasonPattern.test(reason)) {
    throw new InvalidArgument(
      `the reason of status ${status} is ${show(reason)}. Give one line, of characters up to U+00FF.`,
    );
  }
  return `HTTP/1.1 ${status} ${reason}\r\n`;
}

/** What comes before the data of a chunk; `\r\n` comes behind it. A chunk without data would end the body. */
export function chunkHead(bytes: number): string {
  if (!Number.isSafeInteger(bytes) || bytes <= 0)
    throw new InvalidArgument(
      `a chunk has ${show(bytes)} bytes. Give at least 1: none would end the body.`,
    );
  return `${bytes.toString(16)}\r\n`;
}

export const CHUNK_END = "\r\n";

/** Ends a body in chunks that has no trailers. */
export const LAST_CHUNK = "0\r\n\r\n";

/**
 * Ends a body in chunks, with trailer fields.
 * @throws {InvalidArgument} for a field that only belongs in a head.
 */
export function trailersText(init: HeadersInit): string {
  const trailers = HttpHeaders.from(init);
  const refused = refusedTrailer(trailers);
  if (refused !== null)
    throw new InvalidArgument(
      `the trailer fields have ${show(refused)}, which only belongs in the head. Set it there.`,
    );
  return `0\r\n${fieldsText(trailers)}\r\n`;
}
