/**
 * Sending replies: the head, with the length or the framing of what follows, and the body.
 *
 * Text and JSON, which most replies are, go out with their head in one write, and cost no promise. A body in hand beyond 64 KiB goes out in
 * pieces, as a stream does, so that what waits for a slow client is bounded. The head of a stream waits for its first piece: what fails before
 * that can still be answered.
 */
import { httpPlatform } from "../platform.ts";
import { refusal } from "../../kernel/park.ts";
import { BodyWriter, type BodyFraming } from "../body/body-writer.ts";
import type { OutgoingBody } from "../body/outgoing-body.ts";
import type { HeadersInit } from "../wire/fields.ts";
import { responseHeadText, trailersText } from "../wire/writing.ts";
import type { ConnectionOutput } from "./connection-output.ts";
import type { Exchange } from "./exchange.ts";
import { endPieces, PIECE_BYTES, sendPieces, type PieceSink } from "./pieces.ts";
import { checkLength, hasNoContent, type HttpReply, type Reply } from "./reply.ts";
import { replyOf } from "./reply-of.ts";

const OK_TEXT = "HTTP/1.1 200 OK\r\ncontent-type: text/plain;charset=UTF-8\r\n";
const OK_JSON = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const NOT_ASCII = /[\x80-\xff]/;

/** Sends what a handler gave. Gives a promise where that takes a wait; what it throws before the reply has begun can still be answered. */
export function send(exchange: Exchange, value: unknown): Promise<void> | undefined {
  if (typeof value === "string" && sendText(exchange, OK_TEXT, value)) return undefined;
  if (isPlain(value)) {
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined && sendText(exchange, OK_JSON, text)) return undefined;
  }
  return sendReply(exchange, replyOf(value as Reply));
}

/** Whether a value is surely JSON: others are looked at more closely. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  return Object.getPrototypeOf(value) === Object.prototype && !(Symbol.asyncIterator in value);
}

/** The way of small replies. False where it is not open: nothing has been done then. */
function sendText(exchange: Exchange, head: string, text: string): boolean {
  const { output, core } = exchange.connection;
  const bytes = httpPlatform().utf8Bytes(text);
  if (output.isBackedUp || bytes > PIECE_BYTES) return false;
  exchange.begin(200, false);
  const { method } = exchange.head;
  const end = `content-length: ${bytes}\r\n${connectionLine(exchange)}\r\n`;
  output.writeText(head + core.date.line + end + (method === "HEAD" ? "" : text));
  exchange.bytesSent = method === "HEAD" ? 0 : bytes;
  exchange.replyState = "whole";
  return true;
}

function connectionLine({ closes, head }: Exchange): string {
  if (closes) return "connection: close\r\n";
  return head.version === 10 ? "connection: keep-alive\r\n" : "";
}

function sendReply(exchange: Exchange, reply: HttpReply): Promise<void> | undefined {
  const { body } = reply;
  const preparing = body?.prepare() ?? null;
  const isBackedUp = exchange.connection.output.isBackedUp;
  if (preparing !== null || isBackedUp || reply.trailers !== null || !isInHand(body))
    return sendLater(exchange, reply, preparing);
  const framing = framingOf(exchange, reply);
  checkLength(exchange.request, reply);
  const head = begin(exchange, reply, framing);
  const isSent = body !== null && hasBody(exchange, reply);
  sendWhole(exchange, head, isSent ? (body.whole ?? "") : "");
  exchange.bytesSent = isSent ? (body.lengthBytes ?? 0) : 0;
  exchange.replyState = "whole";
  return undefined;
}

function isInHand(body: OutgoingBody | null): boolean {
  return body === null || (body.whole !== null && (body.lengthBytes ?? 0) <= PIECE_BYTES);
}

/** Head and body in one write. False where it was not taken at once. */
function sendWhole(exchange: Exchange, head: string, whole: string | Uint8Array): boolean {
  const { output } = exchange.connection;
  const isText = typeof whole === "string" && !NOT_ASCII.test(head);
  return isText ? output.writeText(head + whole) : output.write(joined(head, whole));
}

async function sendLater(
  exchange: Exchange,
  reply: HttpReply,
  preparing: Promise<void> | null,
): Promise<void> {
  const { output } = exchange.connection;
  const { body } = reply;
  try {
    if (preparing !== null) await preparing;
    if (output.isBackedUp) await output.waitDrained();
    // What would break off at once is not begun: the client can still be told why.
    const refused = refusal();
    if (refused !== null) await refused;
    checkLength(exchange.request, reply);
    const out = new HeadedOutput(exchange, reply, framingOf(exchange, reply));
    if (hasBody(exchange, reply)) await sendContent(exchange, reply, out);
    else out.begin();
    exchange.replyState = "whole";
  } finally {
    await body?.close();
  }
}

async function sendContent(exchange: Exchange, reply: HttpReply, out: HeadedOutput): Promise<void> {
  const { body, trailers } = reply;
  const { framing } = out;
  const name = `the reply to ${exchange.request.method} ${exchange.request.path}`;
  const writer = new BodyWriter(out, framing, name);
  try {
    if (body !== null) await sendPieces(body, writer, out);
    const lines = framing === "chunked" && trailers !== null ? trailerLines(trailers) : "";
    await endPieces(writer, out, lines);
  } finally {
    exchange.bytesSent = writer.bytesWritten;
  }
}

/** The way out of one reply: its head goes in one write with the first piece of its body. */
class HeadedOutput implements PieceSink {
  readonly framing: BodyFraming;
  readonly #exchange: Exchange;
  readonly #reply: HttpReply;
  readonly #output: ConnectionOutput;

  constructor(exchange: Exchange, reply: HttpReply, framing: BodyFraming) {
    this.framing = framing;
    this.#exchange = exchange;
    this.#reply = reply;
    this.#output = exchange.connection.output;
  }

  get hasBegun(): boolean {
    return this.#exchange.replyState !== "none";
  }

  get isBackedUp(): boolean {
    return this.#output.isBackedUp;
  }

  begin(): boolean {
    return this.#first("");
  }

  write(bytes: Uint8Array): boolean {
    return this.hasBegun ? this.#output.write(bytes) : this.#first(bytes);
  }

  writeText(text: string): boolean {
    return this.hasBegun ? this.#output.writeText(text) : this.#first(text);
  }

  waitDrained(): Promise<void> {
    return this.#output.waitDrained();
  }

  #first(piece: string | Uint8Array): boolean {
    return sendWhole(this.#exchange, begin(this.#exchange, this.#reply, this.framing), piece);
  }
}

function trailerLines(trailers: HeadersInit | (() => HeadersInit)): string {
  const text = trailersText(typeof trailers === "function" ? trailers() : trailers);
  return text.slice("0\r\n".length, -"\r\n".length);
}

function hasBody(exchange: Exchange, { status }: HttpReply): boolean {
  return exchange.head.method !== "HEAD" && !hasNoContent(status);
}

/** How the client will know where the body ends. */
function framingOf({ head }: Exchange, { status, given, trailers, body }: HttpReply): BodyFraming {
  if (given.lengthBytes !== null) return given.lengthBytes;
  if (hasNoContent(status)) return 0;
  const lengthBytes = body === null ? 0 : body.lengthBytes;
  if (lengthBytes !== null && (trailers === null || head.version === 10)) return lengthBytes;
  return head.version === 10 ? "until the end" : "chunked";
}

/** From here on the reply has begun. Gives its head. */
function begin(exchange: Exchange, reply: HttpReply, framing: BodyFraming): string {
  const { status, reason, given, body } = reply;
  exchange.begin(status, given.closes || framing === "until the end");
  let { fields } = reply;
  if (!given.type && body !== null)
    fields += `content-type: ${body.contentType ?? "application/octet-stream"}\r\n`;
  if (!given.date) fields += exchange.connection.core.date.line;
  if (given.lengthBytes === null) fields += framingLine(status, framing);
  if (!given.closes) fields += connectionLine(exchange);
  return responseHeadText(status, reason, fields);
}

function framingLine(status: number, framing: BodyFraming): string {
  if (status === 204 || status === 304) return "";
  if (framing === "chunked") return "transfer-encoding: chunked\r\n";
  return framing === "until the end" ? "" : `content-length: ${framing}\r\n`;
}

/** A head in Latin-1 with what follows it, in one array. */
function joined(head: string, body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === "string" ? httpPlatform().utf8(body) : body;
  const all = new Uint8Array(head.length + bytes.length);
  for (let at = 0; at < head.length; at++) all[at] = head.charCodeAt(at);
  all.set(bytes, head.length);
  return all;
}
