/** What a handler returned, as a reply: a web response, and that of another server, are taken apart, and framed anew. */
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import type { Chunk } from "../../io/adapters/chunks.ts";
import type { Chunks } from "../../io/adapters/foreign-iterator.ts";
import type { IncomingBody } from "../body/incoming-body.ts";
import { outgoingBody } from "../body/outgoing-body.ts";
import { HttpResponse } from "../client/response.ts";
import { fieldsText } from "../wire/fields.ts";
import { responseHeadText } from "../wire/writing.ts";
import { bodyOf, hasNoContent, HttpReply, type Reply, type ReplyBody } from "./reply.ts";

/** The reply that a handler's value stands for. */
export function replyOf(value: Reply): HttpReply {
  if (value instanceof HttpReply) return value;
  if (value instanceof Response) return ofResponse(value);
  if (value instanceof HttpResponse) return ofClientResponse(value);
  const body = bodyOf(value as ReplyBody);
  const status = body === null ? 204 : 200;
  return new HttpReply({ status, reason: null, fields: "", body, trailers: null });
}

/** Nobody takes what a handler gave: a stream in it is told so, a file in it is closed. */
export function discard(value: unknown): Promise<void> | undefined {
  try {
    return replyOf(value as Reply).body?.close() ?? undefined;
  } catch {
    // What is no reply holds nothing of ours.
    return undefined;
  }
}

/** A web response: what frames its body is left out, for it is framed anew. */
function ofResponse(response: Response): HttpReply {
  const { status } = response;
  if (status < 200)
    throw new InvalidArgument(
      "the handler returned Response.error(), or a status below 200. Give an answer.",
    );
  if (response.bodyUsed)
    throw new InvalidArgument(
      "the handler returned a Response whose body has been read. Return it unread, or a clone().",
    );
  const headers: Array<[string, string]> = [];
  for (const [name, value] of response.headers) if (!FRAMING.has(name)) headers.push([name, value]);
  const reason = response.statusText === "" ? null : response.statusText;
  const body = response.body === null ? null : outgoingBody(response.body as ReadableStream<Uint8Array>);
  try {
    if (reason !== null) responseHeadText(status, reason, "");
    return new HttpReply({ status, reason, fields: fieldsText(headers), body, trailers: null });
  } catch (error) {
    body?.dispose();
    throw error;
  }
}

/** The response of another server is handed on: its status, its fields but for those of its connection, and its body as it comes. */
function ofClientResponse(response: HttpResponse): HttpReply {
  const { status, reason, body } = response;
  const { headers: fields, isDecoded } = response;
  const left = new Set(
    fields
      .getAll("connection")
      .join()
      .toLowerCase()
      .split(/[\t ,]+/),
  );
  const headers = [...fields].filter(
    ([name]) =>
      !FRAMING.has(name) &&
      !left.has(name) &&
      !(isDecoded && (name === "content-encoding" || name === "content-length")),
  );
  return new HttpReply({
    status,
    reason: reason === "" ? null : reason,
    fields: fieldsText(headers),
    body: hasNoContent(status) || body.isAtEnd ? null : outgoingBody(passedOn(body)),
    trailers: null,
  });
}

/** Its first piece may be long in coming, that of an event stream without an event yet: its head, which is there, is passed on before. */
function passedOn(body: IncomingBody): Chunks {
  return body.bufferedBytes > 0 ? body : headFirst(body);
}

async function* headFirst(body: IncomingBody): AsyncGenerator<Chunk> {
  yield "";
  yield* body;
}

const FRAMING: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);
