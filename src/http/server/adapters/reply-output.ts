/** Where a reply goes that another server sends. */
import type { BodySink } from "../../body/body-writer.ts";
import type { HttpHeaders } from "../../wire/fields.ts";
import type { HttpReply } from "../reply.ts";

/** What the other server is to send before the body. */
export interface ReplyHead {
  readonly status: number;
  readonly reason: string | null;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** One of `whole` and `begin` is called, once; what is written between `begin` and `end` is the body. */
export interface ReplyOutput extends BodySink {
  whole(head: ReplyHead, body: string | Uint8Array): void;
  begin(head: ReplyHead): void;
  /** The head goes out by itself, where it has begun: no piece of the body is there yet. */
  flushHead(): void;
  end(trailers: HttpHeaders | null): void;
  /** The reply, if it has begun, is not going to be whole: whoever gets it is to see that. */
  cut(error: unknown): void;
}

/** The head of a reply: framed by its length where that is known, else as the other server does it. */
export function replyHead(reply: HttpReply): ReplyHead {
  const { status, reason, given, body } = reply;
  const fields: (readonly [string, string])[] = reply.fields
    .split("\r\n")
    .filter((line) => line !== "")
    .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
  if (body !== null && !given.type)
    fields.push(["content-type", body.contentType ?? "application/octet-stream"]);
  const length = body === null ? null : body.lengthBytes;
  if (given.lengthBytes === null && length !== null && reply.trailers === null)
    fields.push(["content-length", String(length)]);
  return { status, reason, fields };
}
