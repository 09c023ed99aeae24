/** Between a connection and the body of a message that comes in on it. */
import type { ReadSource } from "../../io/stream/read-source.ts";

/** What a body is, and where its bytes come from. The getters are asked only when there is a use for what they give. */
export interface BodySource extends ReadSource {
  /** What messages and labels call it: `the body of POST /orders`. */
  readonly name: string;
  /** The value of the field `Content-Type`; null without one. */
  readonly contentType: string | null;
  /** How many bytes the body will have, as far as the head of the message says; null where it does not. */
  readonly announcedBytes: number | null;
  /** How many bytes `text`, `json`, `bytes` and `form` take where the caller gives no limit. */
  readonly maxBytes: number;
  /** Somebody waits for bytes for the first time: the moment for a `100 Continue`. */
  wanted?(): void;
  /** The body was closed: nobody will read what is to come. */
  closed?(): void;
  /** What decodes the body has been closed: all has been decoded, or was given up. */
  decoded?(): void;
}

/** Where a connection delivers the body of a message: a body, or something that decodes it on its way there. */
export interface BodyReceiver {
  /** `bytes` is a fresh array: it is the receiver's. */
  arrived(bytes: Uint8Array): void;
  /** The whole body has come. */
  ended(): void;
  /** No more will come, for this reason. What has come before can still be read; what is read by the whole fails. */
  failed(error: Error): void;
  /** The message is over: what was not read is dropped, and reads fail with `error`. */
  close(error: Error): void;
}
