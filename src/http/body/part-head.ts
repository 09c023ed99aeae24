/** The head of a part of a multipart body. Nothing that is put into it can end its line, or its quotes. */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { checkKnown } from "../check-options.ts";
import { fieldLine, fieldsText, HttpHeaders, type HeadersInit } from "../wire/fields.ts";

/** What a part says about itself. */
export interface PartOptions {
  /** The name of the file that it is, for the receiver. Default: that of the file that is given as the body, if one is. */
  readonly filename?: string;
  /** Default: what is known about the body. */
  readonly contentType?: string;
  /** Other fields of its head. */
  readonly headers?: HeadersInit;
}

const names: ReadonlySet<string> = new Set(["filename", "contentType", "headers"]);

/** Written by {@link partHead} itself, so that a part has them once. */
const OWN_FIELDS = ["content-disposition", "content-type"];
// oxlint-disable-next-line eslint/no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f]/;

/**
 * The lines of the head. `name` is that of a field of a form; null for a part that is none.
 *
 * @throws {InvalidArgument} for what cannot stand in a head.
 */
export function partHead(name: string | null, options: PartOptions): string {
  checkKnown("a part", options, names);
  const { filename, contentType, headers = {} } = options;
  let disposition = name === null ? "" : `form-data; name="${quoted("name", name)}"`;
  if (filename !== undefined)
    disposition += `${disposition === "" ? "attachment" : ""}; filename="${quoted("filename", filename)}"`;
  const type = contentType === undefined ? "" : fieldLine("Content-Type", contentType);
  const own = disposition === "" ? type : `Content-Disposition: ${disposition}\r\n${type}`;
  return own + otherFields(headers);
}

function otherFields(init: HeadersInit): string {
  const headers = HttpHeaders.from(init);
  const own = OWN_FIELDS.find((field) => headers.has(field));
  if (own === undefined) return fieldsText(headers);
  throw new InvalidArgument(
    `headers of a part have ${show(own)}. Give it by "filename" or "contentType", so that the part has it once.`,
  );
}

/** As browsers write it: the quote and the ends of lines by percent. */
function quoted(what: string, text: string): string {
  if (typeof text !== "string")
    throw new InvalidArgument(`${what} of a part is ${show(text)}. Give a string.`);
  const escaped = text
    .toWellFormed()
    .replaceAll("\r", "%0D")
    .replaceAll("\n", "%0A")
    .replaceAll('"', "%22");
  if (!CONTROLS.test(escaped)) return escaped;
  throw new InvalidArgument(`${what} of a part is ${show(text)}, which has a control character in it.`);
}
