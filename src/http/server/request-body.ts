/**
 * The body of a request that a connection gets, apart from what is made of it: how much has come, how fast, and whether the client still waits
 * to be told to send it.
 *
 * States:  due, or held back by the client (`Expect: 100-continue`) -> coming -> complete
 *          any of them -> failed (no more will come); and closed, when its request is over: what comes then is dropped
 */
import { StreamClosed } from "../../io/errors.ts";
import type { BodySource } from "../body/body-source.ts";
import { IncomingBody } from "../body/incoming-body.ts";
import type { HttpHeaders } from "../wire/fields.ts";
import type { RequestHead } from "../wire/request-head.ts";
import type { ServePlan } from "./options.ts";

/** What a body asks of the exchange that it belongs to. */
export interface BodyOwner {
  readonly head: RequestHead;
  readonly plan: ServePlan;
  /** What messages call the request: `POST /orders`. */
  readonly name: string;
  pause(): void;
  resume(): void;
  /** The handler wants a body that the client holds back. */
  askForBody(): void;
}

const NOTHING: Uint8Array = new Uint8Array(0);
const SECOND_MS = 1_000;

export class RequestBody implements BodySource {
  readonly #owner: BodyOwner;
  readonly incoming: IncomingBody;
  isComplete: boolean;
  trailers: HttpHeaders | null = null;
  /** Why no more will come; null where it will, or all has. */
  failure: Error | null = null;
  /** Bytes that came when nobody could read them any more. */
  discardedBytes = 0;
  /** The client has said that it sends the body when it is told to. */
  isHeldBack: boolean;
  #isClosed = false;
  #bytes = 0;
  #markedBytes = 0;

  constructor(owner: BodyOwner) {
    this.#owner = owner;
    this.isComplete = owner.head.bodyBytes === 0;
    this.isHeldBack = owner.head.expectsContinue;
    this.incoming = new IncomingBody(this, this.isComplete ? NOTHING : null);
  }

  get name(): string {
    return `the body of ${this.#owner.name}`;
  }

  get contentType(): string | null {
    return this.#owner.head.contentType;
  }

  get announcedBytes(): number | null {
    const { bodyBytes } = this.#owner.head;
    return bodyBytes < 0 ? null : bodyBytes;
  }

  get maxBytes(): number {
    return this.#owner.plan.maxBodyBytes;
  }

  /** How many bytes are to come; null where nobody knows. */
  get leftBytes(): number | null {
    const { announcedBytes } = this;
    return announcedBytes === null ? null : announcedBytes - this.#bytes;
  }

  pause(): void {
    if (!this.#isClosed) this.#owner.pause();
  }

  resume(): void {
    if (!this.#isClosed) this.#owner.resume();
  }

  wanted(): void {
    if (!this.isHeldBack || this.#isClosed) return;
    // It is due from here on, and its rate watched, also where it is too late to ask: nobody may hold a handler for ever.
    this.isHeldBack = false;
    this.#owner.askForBody();
  }

  arrived(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    this.isHeldBack = false;
    if (this.#isClosed) this.discardedBytes += bytes.length;
    else this.incoming.arrived(bytes);
  }

  ended(trailers: HttpHeaders | null): void {
    this.isComplete = true;
    this.isHeldBack = false;
    this.trailers = trailers;
    this.incoming.ended();
  }

  failed(error: Error): void {
    this.failure ??= error;
    this.incoming.failed(error);
  }

  /** The request is over. A body that is complete can still be read; of another one the rest is dropped. */
  close(): void {
    this.#isClosed = true;
    if (!this.isComplete) this.incoming.close(new StreamClosed("read", this.name, "closed"));
  }

  /** From here on it is counted how fast the body comes. */
  mark(): void {
    this.#markedBytes = this.#bytes;
  }

  /** Whether enough has come since the mark, which was one check ago. */
  isFastEnough(): boolean {
    const { minBodyBytesPerSecond, bodyCheckMs } = this.#owner.plan;
    return this.#bytes - this.#markedBytes >= (minBodyBytesPerSecond * bodyCheckMs) / SECOND_MS;
  }
}
