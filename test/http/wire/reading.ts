/** Reads bytes with a reader, and tells what came of it in a form that can be compared. */
import "../../../src/host/install-http.ts";
import { HttpProtocolError } from "../../../src/http/wire/errors.ts";
import { DATA, END, HEAD, MORE, type ReadEvent } from "../../../src/http/wire/events.ts";
import { wireLimits, type WireLimits } from "../../../src/http/wire/limits.ts";
import { RequestReader } from "../../../src/http/wire/request-reader.ts";
import { ResponseReader } from "../../../src/http/wire/response-reader.ts";
import type { WireRule } from "../../../src/http/wire/rules.ts";

/** Latin-1 text as bytes. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** One message as a reader saw it. */
export interface SeenMessage {
  /** Method and target, or status and reason. */
  readonly start: string;
  readonly version: 10 | 11;
  readonly headers: [string, string][];
  readonly bodyBytes: number;
  readonly keepsAlive: boolean;
  readonly upgrade: string | null;
  body: string;
  trailers: [string, string][] | null;
  isComplete: boolean;
}

export interface Seen {
  readonly messages: SeenMessage[];
  /** What the reader refused, as `rule status`; null where it asks for more. */
  refused: string | null;
  rule: WireRule | null;
  message: string;
  /** How many bytes had been pushed when it refused. */
  atBytes: number;
  isBetweenMessages: boolean;
}

type Reader = RequestReader | ResponseReader;

/** Pushes `pieces` one after the other, and reads all that there is after each. */
export function read(reader: Reader, pieces: Iterable<Uint8Array>): Seen {
  const seen: Seen = {
    messages: [],
    refused: null,
    rule: null,
    message: "",
    atBytes: 0,
    isBetweenMessages: true,
  };
  for (const piece of pieces) {
    // The reader writes into what it is given.
    reader.push(Uint8Array.from(piece));
    seen.atBytes += piece.length;
    try {
      while (note(reader, reader.next(), seen));
    } catch (error) {
      if (!(error instanceof HttpProtocolError)) throw error;
      seen.refused = `${error.rule} ${error.status}`;
      seen.rule = error.rule;
      seen.message = error.message;
      break;
    }
  }
  seen.isBetweenMessages = reader.isBetweenMessages;
  return seen;
}

function note(reader: Reader, event: ReadEvent, seen: Seen): boolean {
  const last = seen.messages.at(-1);
  switch (event) {
    case MORE:
      return false;
    case HEAD:
      seen.messages.push(messageOf(reader));
      return true;
    case DATA:
      if (reader.data.length === 0) throw new Error("DATA without data");
      if (last !== undefined) last.body += textOf(reader.data);
      return true;
    case END:
      if (last === undefined) throw new Error("END before HEAD");
      last.isComplete = true;
      last.trailers = reader.trailers === null ? null : [...reader.trailers];
      return true;
  }
}

function messageOf(reader: Reader): SeenMessage {
  const { head } = reader;
  return {
    start: "method" in head ? `${head.method} ${head.target}` : `${head.status} ${head.reason}`,
    version: head.version,
    headers: [...head.headers],
    bodyBytes: head.bodyBytes,
    keepsAlive: head.keepsAlive,
    upgrade: head.upgrade,
    body: "",
    trailers: null,
    // An interim response has no END of its own.
    isComplete: "status" in head && head.status < 200 && !head.isTunnel,
  };
}

/** What there is in `text`, Latin-1, that comes as one piece. */
export function readRequests(text: string, limits: Partial<WireLimits> = {}): Seen {
  return read(new RequestReader({ ...wireLimits, ...limits }), [bytesOf(text)]);
}

/** The same byte by byte. */
export function readRequestsSlowly(text: string, limits: Partial<WireLimits> = {}): Seen {
  return read(new RequestReader({ ...wireLimits, ...limits }), singly(bytesOf(text)));
}

export function readResponses(
  text: string,
  method: string = "GET",
  limits: Partial<WireLimits> = {},
): Seen {
  const reader = new ResponseReader({ ...wireLimits, ...limits });
  reader.expect(method);
  return read(reader, [bytesOf(text)]);
}

export function readResponsesSlowly(
  text: string,
  method: string = "GET",
  limits: Partial<WireLimits> = {},
): Seen {
  const reader = new ResponseReader({ ...wireLimits, ...limits });
  reader.expect(method);
  return read(reader, singly(bytesOf(text)));
}

export function singly(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}
