/** What the bytes of a body mean: text by the charset of its content type, JSON, the fields of a form. */
import { httpPlatform } from "../platform.ts";
import { show } from "../../base/check.ts";
import { parseMediaType } from "../wire/media-type.ts";
import { BodyInvalid } from "./errors.ts";
import type { BodySource } from "./body-source.ts";
import { jsonErrorAt } from "./json-position.ts";

/** What is made of the bytes of a whole body. */
export type Conversion<T> = (bytes: Uint8Array, source: BodySource) => T;

/** A content type that says nothing of a charset, or no more than that it is UTF-8: most do, and need not be taken apart. */
const PLAINLY_UTF8 = /^[^;]*(?:;[\t ]*charset="?utf-?8"?)?$/i;
const UTF8 = /^utf-?8$/i;
const FORM = /^[\t ]*application\/x-www-form-urlencoded[\t ]*(?:;|$)/i;
const BYTE_ORDER_MARK = 0xfeff;
/** What bytes that are no UTF-8 become. */
const REPLACEMENT = "\ufffd";

/** The decoder for a body's text; null for UTF-8, which is what a body without a charset has. */
export function decoderOf(source: BodySource): TextDecoder | null {
  const { contentType } = source;
  if (contentType === null || PLAINLY_UTF8.test(contentType)) return null;
  const charset = parseMediaType(contentType)?.parameters.get("charset") ?? "utf-8";
  if (UTF8.test(charset)) return null;
  try {
    return new TextDecoder(charset);
  } catch (cause) {
    throw new BodyInvalid(
      `${source.name} is text in the charset ${show(charset)}, which is not known here. Read its bytes, and decode them.`,
      { fault: "charset", cause },
    );
  }
}

/** {@link decoderOf} for who looks for ends of lines among the bytes: the encodings in which they are no bytes of their own are refused. */
export function lineDecoderOf(source: BodySource): TextDecoder | null {
  const decoder = decoderOf(source);
  if (decoder === null || !decoder.encoding.startsWith("utf-16")) return decoder;
  throw new BodyInvalid(
    `${source.name} is text in ${decoder.encoding}, of which lines cannot be read one by one. Read its text, and split that.`,
    { fault: "charset" },
  );
}

export function textOf(bytes: Uint8Array, source: BodySource): string {
  const decoder = decoderOf(source);
  if (decoder !== null) return decoder.decode(bytes);
  const text = httpPlatform().utf8Text(bytes);
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

export function jsonOf(bytes: Uint8Array, source: BodySource): unknown {
  const text = textOf(bytes, source);
  if (text.includes(REPLACEMENT)) checkUtf8(bytes, source);
  try {
    return JSON.parse(text);
  } catch {
    throw notJson(text, source);
  }
}

/** JSON is UTF-8: bytes that are none must not pass as strings with a mark in them. */
function checkUtf8(bytes: Uint8Array, source: BodySource): void {
  if (decoderOf(source) !== null) return;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new BodyInvalid(`${source.name} is no JSON: it is not UTF-8.`, { fault: "json" });
  }
}

function notJson(text: string, source: BodySource): BodyInvalid {
  const position = jsonErrorAt(text);
  const what =
    text === ""
      ? "it is empty"
      : position === text.length
        ? `it ends after ${position} characters, inside a value`
        : `${show(text.slice(position, position + 20))} cannot stand at position ${position}`;
  return new BodyInvalid(`${source.name} is no JSON: ${what}.`, { fault: "json", position });
}

/** Another type read as a form would give fields that nobody sent. A body without a type is taken for one. */
export function formOf(bytes: Uint8Array, source: BodySource): URLSearchParams {
  const { contentType } = source;
  if (contentType !== null && !FORM.test(contentType))
    throw new BodyInvalid(
      `${source.name} is no form: its content type is ${show(contentType)}, not application/x-www-form-urlencoded.`,
      { fault: "type" },
    );
  return new URLSearchParams(textOf(bytes, source));
}

export function bytesOf(bytes: Uint8Array): Uint8Array {
  return bytes;
}
