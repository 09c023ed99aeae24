/** A connection's side of a body: what a test delivers, and what the body asked for. */
import "../../../src/http.ts";
import type { BodyReceiver, BodySource } from "../../../src/http/body/body-source.ts";
import { IncomingBody } from "../../../src/http/body/incoming-body.ts";

export class Feed implements BodySource {
  readonly name = "the body of POST /orders";
  contentType: string | null = null;
  announcedBytes: number | null = null;
  maxBytes = 1_000_000;
  isPaused = false;
  /** `pause`, `resume` and `wanted`, in the order in which they were called. */
  readonly calls: string[] = [];

  constructor(settings: Partial<Pick<Feed, "contentType" | "announcedBytes" | "maxBytes">> = {}) {
    Object.assign(this, settings);
  }

  pause(): void {
    this.isPaused = true;
    this.calls.push("pause");
  }

  resume(): void {
    this.isPaused = false;
    this.calls.push("resume");
  }

  wanted(): void {
    this.calls.push("wanted");
  }
}

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A body that has come in one piece. */
export function whole(data: string | Uint8Array, feed: Feed = new Feed()): IncomingBody {
  return new IncomingBody(feed, typeof data === "string" ? encode(data) : data);
}

/** A body that has yet to come. */
export function coming(feed: Feed = new Feed()): IncomingBody {
  return new IncomingBody(feed, null);
}

/** Delivers all pieces, and the end. */
export function deliver(receiver: BodyReceiver, ...pieces: readonly (string | Uint8Array)[]): void {
  for (const piece of pieces) receiver.arrived(typeof piece === "string" ? encode(piece) : piece.slice());
  receiver.ended();
}

/** All that a loop gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** `bytes` in pieces of these lengths, over and over. */
export function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = at + Math.max(1, lengths[i % lengths.length] ?? 1);
    pieces.push(bytes.slice(at, end));
    at = end;
  }
  return pieces;
}
