import type { Scope } from "../../kernel/scope.ts";
import type { BodyReceiver, BodySource } from "../body/body-source.ts";
import type { HttpHeaders } from "../wire/fields.ts";
import type { ResponseHead } from "../wire/response-head.ts";
import type { CallLimits } from "./call-limits.ts";
import type { CallRecord } from "./call-record.ts";
import type { ClientRequest } from "./exchange.ts";
import { HttpRequestFailed, type RequestFacts } from "./request-errors.ts";
import type { ResponseOrigin } from "./response.ts";
import { BodyHold } from "./unread-body.ts";

/** What a call needs of its connection. */
export interface CallConnection {
  /** How many bytes the body of the response has, and how many of them are still to come; -1 where that is not known. */
  readonly bodyBytes: number;
  readonly bytesLeft: number;
  pause(): void;
  resume(): void;
  /** Closes it at once. */
  cut(): void;
}

/** What a body needs of the call that it answers. */
export interface BodyCall {
  readonly request: ClientRequest;
  readonly record: CallRecord;
  readonly limits: CallLimits;
  /** Null when the call is over. */
  readonly connection: CallConnection | null;
  readonly stopUpload: (() => void) | null;
  /** Ends the call, and its connection. */
  giveUp(): void;
}

/** So much of a body that nobody wants is let come, to keep its connection. */
const DRAIN_BYTES = 65_536;

const nothing = (): void => {};
const nobody: BodyReceiver = { arrived: nothing, ended: nothing, failed: nothing, close: nothing };

/**
 * The body of a response, between the connection that brings it and whoever reads it.
 *
 * States:  coming -> (nobody wants it: draining) -> over.
 *
 * It is held by its task until it is over, and what decodes it is closed.
 */
export class CallBody implements BodySource, ResponseOrigin {
  readonly #call: BodyCall;
  readonly #head: ResponseHead;
  #receiver: BodyReceiver | null = null;
  /** What decodes the body: it may do so for long after all has come. Null where nothing does, or no more. */
  #decoding: BodyReceiver | null = null;
  #isDecoded = false;
  #hold: BodyHold | null = null;
  #isDraining = false;
  #isOver = false;
  #afterwards: (() => void) | null = null;
  trailers: HttpHeaders | null = null;

  constructor(call: BodyCall, head: ResponseHead) {
    this.#call = call;
    this.#head = head;
  }

  get name(): string {
    const { method, url } = this.#call.request;
    return `the body of ${method} ${url.href}`;
  }

  get contentType(): string | null {
    return this.#head.contentType;
  }

  get announcedBytes(): number | null {
    const bytes = this.#call.connection?.bodyBytes ?? -1;
    return bytes < 0 ? null : bytes;
  }

  get maxBytes(): number {
    return this.#call.request.options.maxBodyBytes;
  }

  get decodes(): boolean {
    return this.#call.request.options.decompress;
  }

  get facts(): RequestFacts {
    return this.#call.record.facts;
  }

  get isBodyHeld(): boolean {
    return this.#call.record.isBodyHeld;
  }

  pause(): void {
    // The server is not to blame for a gap while nobody reads.
    if (!this.#isDraining) this.#call.limits.liftPhase();
    this.#call.connection?.pause();
  }

  resume(): void {
    const { connection, limits } = this.#call;
    if (connection === null) return;
    connection.resume();
    if (!this.#isDraining) limits.resumed();
  }

  /** `receiver` decodes the body: until {@link decoded}, or until it is closed. */
  decodeBy(receiver: BodyReceiver): void {
    if (!this.#isDecoded) this.#decoding = receiver;
  }

  decoded(): void {
    this.#isDecoded = true;
    this.#decoding = null;
    if (this.#isOver) this.#hold?.release();
  }

  /** More is to come, for `receiver`, or to be decoded; `user` asked for it, and its task is to read it. */
  awaits(receiver: BodyReceiver | null, user: Scope): void {
    this.#receiver = receiver;
    if (receiver !== null || this.#decoding !== null)
      this.#hold = BodyHold.of(user, this.name, () => this.abandon());
  }

  arrived(bytes: Uint8Array): void {
    this.#receiver?.arrived(bytes);
  }

  /** Bytes have come. */
  heard(now: number): void {
    if (!this.#isDraining) this.#call.limits.heard(now);
  }

  /** It is over: who is to be told how, if anybody. */
  over(): BodyReceiver | null {
    const receiver = this.#receiver;
    this.#receiver = null;
    if (this.#decoding === null) this.#hold?.release();
    this.#isOver = true;
    const afterwards = this.#afterwards;
    this.#afterwards = null;
    afterwards?.();
    return receiver;
  }

  /** Calls `listener` when it is over; at once where that is so. */
  whenOver(listener: () => void): void {
    const before = this.#afterwards;
    if (this.#isOver) listener();
    else
      this.#afterwards = () => {
        before?.();
        listener();
      };
  }

  /** The rest is not wanted: a small one is let come, for the sake of the connection. */
  abandon(): void {
    const { connection, limits, stopUpload } = this.#call;
    if (connection === null) this.#decoding?.close(this.givenUpError());
    if (connection === null || this.#isDraining) return;
    const left = connection.bytesLeft;
    if (left < 0 || left > DRAIN_BYTES || stopUpload !== null) {
      this.#call.giveUp();
      return;
    }
    this.#isDraining = true;
    this.#receiver?.close(this.givenUpError());
    this.#receiver = nobody;
    this.#hold?.release();
    limits.drain();
    connection.resume();
  }

  /** What is said to one who reads it all the same. */
  givenUpError(): Error {
    return new HttpRequestFailed(
      this.facts,
      new Error("its response was closed, or the task that asked for it has ended"),
      ". Read the body before, in that task.",
    );
  }
}
