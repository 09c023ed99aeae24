/** What is written before the body of a request. */
import { httpPlatform } from "../platform.ts";
import { fieldLine } from "../wire/fields.ts";
import { requestHeadText } from "../wire/writing.ts";
import type { ClientRequest, Route } from "./exchange.ts";

/**
 * The head of a request, with its empty line: as text that is the same in UTF-8, or else as bytes, one for each character. `expects`: whether
 * the body waits to be asked for.
 */
export function headOf(
  request: ClientRequest,
  route: Route | null,
  expects: boolean,
): string | Uint8Array {
  const { method, url, body, fields } = request;
  if (body !== null || route !== null) return coded(made(request, route, expects));
  const head = url.knownHead;
  if (head.fields !== fields || head.method !== method) {
    head.text = coded(made(request, route, expects));
    head.fields = fields;
    head.method = method;
  }
  return head.text;
}

function made(request: ClientRequest, route: Route | null, expects: boolean): string {
  const { method, url, fields } = request;
  const target = route?.hasAbsoluteTarget === true ? url.href : url.path;
  return requestHeadText(
    method,
    target,
    `Host: ${url.authority}\r\n${fields}${route?.fields ?? ""}${bodyFields(request)}${expects ? "Expect: 100-continue\r\n" : ""}`,
  );
}

/** Methods whose requests have a body as a rule: without one they say so. */
const withBody: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

function bodyFields({ method, body, fields }: ClientRequest): string {
  if (body === null) return withBody.has(method) ? "Content-Length: 0\r\n" : "";
  const { contentType, lengthBytes } = body;
  const type =
    contentType === null || /^content-type:/im.test(fields) ? "" : fieldLine("Content-Type", contentType);
  const framing =
    lengthBytes === null ? "Transfer-Encoding: chunked\r\n" : `Content-Length: ${lengthBytes}\r\n`;
  return type + framing;
}

function coded(text: string): string | Uint8Array {
  if (httpPlatform().utf8Bytes(text) === text.length) return text;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
