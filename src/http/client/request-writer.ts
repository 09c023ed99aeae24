/**
 * The sending half of a client's connection: what of a request has been handed on.
 *
 * Invariant: the transport is written to only when it has drained: one write at a time.
 */
import { passed } from "../../kernel/park.ts";
import { WaitQueue } from "../../kernel/wait-queue.ts";
import type { Transport } from "../../io/stream/transport.ts";
import type { BodySink } from "../body/body-writer.ts";

/** Whom a writer tells. */
export interface RequestSender {
  /** The last byte of the request has been handed on. */
  requestSent(): void;
  /** Why nothing can be written any more. */
  closedError(): Error;
}

const NOTHING: Uint8Array = new Uint8Array(0);

export class RequestWriter implements BodySink {
  readonly #transport: Transport;
  readonly #sender: RequestSender;
  /** What waits until the rest has been handed on. */
  #unsent: Uint8Array | null = null;
  #drains: WaitQueue | null = null;
  #isBackedUp = false;
  #isClosed = false;
  /** Whether the whole request has been handed on. */
  isSent = true;
  /** Told that the server wants the body. */
  onContinue: (() => void) | null = null;

  constructor(transport: Transport, sender: RequestSender) {
    this.#transport = transport;
    this.#sender = sender;
  }

  write(bytes: Uint8Array): boolean {
    this.#isBackedUp = !this.#transport.write(bytes);
    return !this.#isBackedUp;
  }

  writeText(text: string): boolean {
    this.#isBackedUp = !this.#transport.writeText(text);
    return !this.#isBackedUp;
  }

  /** Writes the last bytes, if any, as soon as what was written before has been handed on. */
  finish(bytes: Uint8Array | null, isDrained: boolean): void {
    if (!isDrained) this.#unsent = bytes ?? NOTHING;
    else if (bytes === null || this.write(bytes)) this.sent();
    else this.#unsent = NOTHING;
  }

  /** All of the request has been handed on. */
  sent(): void {
    this.isSent = true;
    this.#sender.requestSent();
  }

  waitDrained(): Promise<void> {
    if (this.#isClosed) return Promise.reject(this.#sender.closedError());
    if (!this.#isBackedUp) return passed();
    this.#drains ??= new WaitQueue("the body of a request to be sent");
    return this.#drains.park(undefined);
  }

  drained(): void {
    if (this.#isClosed) return;
    this.#isBackedUp = false;
    const unsent = this.#unsent;
    if (unsent !== null) {
      this.#unsent = null;
      this.finish(unsent.length === 0 ? null : unsent, true);
    }
    this.#drains?.wakeAll();
  }

  /** Nothing is written any more. */
  close(): void {
    this.#isClosed = true;
    this.onContinue = null;
    this.#drains?.failAll(() => this.#sender.closedError());
  }
}
