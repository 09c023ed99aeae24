/**
 * A connection of a client: requests go out on it and responses come in, one after the other.
 *
 * It sits on a {@link Transport} and reads in the callback that brings the bytes: no task and no wait of its own. A response that came in one
 * piece is delivered as one object, with all of its body.
 *
 * States:  idle -> busy (with a call) -> idle ...  -> gone.
 *
 * Invariants
 * - It has a call from `begin` until the message that answers it is over, and the call has it.
 * - The pool hears of the end of each call once: `released`, or `gone`.
 * - It is used again only if the request has been sent and the response has come to their ends, and nothing came behind that.
 */
import { inRoot } from "../../kernel/root-context.ts";
import type { Host } from "../../kernel/host.ts";
import type { WireLimits } from "../wire/limits.ts";
import { formatAddress } from "../../io/net/address.ts";
import { ConnectionReset } from "../../io/errors.ts";
import type { Transport, TransportSink } from "../../io/stream/transport.ts";
import type { Call } from "./call.ts";
import type { CallConnection } from "./call-body.ts";
import type { Slot } from "./pool-parts.ts";
import { RequestWriter, type RequestSender } from "./request-writer.ts";
import { ResponseIntake } from "./response-intake.ts";
import { writeRequest } from "./upload.ts";

/** Whose connection it is. */
export interface ConnectionOwner {
  readonly host: Host;
  /** How much of a response is taken before it is refused. */
  readonly limits: WireLimits;
  now(): number;
  /** It may be used again. `announcedMs`: how long the server keeps it, where it says so. */
  released(connection: ClientConnection, announcedMs: number | null, now: number): void;
  /** It cannot be used any more. Told once. */
  gone(connection: ClientConnection): void;
  /** Its socket is closed. Told once, the last thing that is. */
  closed(connection: ClientConnection): void;
}

export class ClientConnection implements TransportSink, CallConnection, RequestSender {
  readonly #transport: Transport;
  readonly #owner: ConnectionOwner;
  readonly #writer: RequestWriter;
  readonly #intake: ResponseIntake;
  /** Its place in the pool. */
  slot: Slot<Call, ClientConnection> | null = null;
  #call: Call | null = null;
  #isReused = false;
  #begunAt = 0;
  #isPaused = false;
  #isResting = false;
  #hasEnded = false;
  #isGone = false;

  /** Takes over a transport that was not started. */
  constructor(transport: Transport, owner: ConnectionOwner) {
    this.#transport = transport;
    this.#owner = owner;
    this.#writer = new RequestWriter(transport, this);
    this.#intake = new ResponseIntake(owner, () => this.#writer.onContinue?.());
    transport.start(this);
  }

  /** Whether it cannot be used any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  get bodyBytes(): number {
    return this.#intake.bodyBytes;
  }

  get bytesLeft(): number {
    return this.#intake.bytesLeft;
  }

  closedError(): ConnectionReset {
    return new ConnectionReset(formatAddress(this.#transport.remote), new Error("it was closed"));
  }

  /** Sends a request, and hands its response to the call. */
  begin(call: Call, now: number): void {
    this.#call = call;
    this.#writer.isSent = false;
    this.#begunAt = now;
    call.connected(this, this.#isReused, now);
    this.#isReused = true;
    this.#intake.expect(call.request.method);
    if (this.#isResting) {
      this.#isResting = false;
      this.#transport.keepAlive(true);
    }
    try {
      writeRequest(call, this.#writer);
    } catch (error) {
      // A field that was changed while it waited, say. This runs in the midst of the pool's work: it is told to the call alone.
      call.failed(error as Error);
      this.cut();
    }
    this.#begunAt = 0;
  }

  requestSent(): void {
    // What is sent at once is sent when it was begun.
    this.#call?.sent(this.#begunAt === 0 ? this.#owner.now() : this.#begunAt);
  }

  /** Nobody wants it now: it alone does not keep the process alive. It may die meanwhile, whether or not it has served anybody. */
  rest(slot: Slot<Call, ClientConnection>): void {
    this.slot = slot;
    this.#isReused = true;
    this.#isResting = true;
    this.#transport.keepAlive(false);
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#transport.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#transport.resume();
  }

  /** Whatever is on it: that is the caller's to tell. */
  cut(): void {
    this.#leave();
    this.#transport.destroy(true);
  }

  /** Closes it while nothing is on it. */
  close(): void {
    this.#leave();
    this.#transport.destroy(false);
  }

  /** Closes it, and fails what is on it. */
  shutDown(error: (call: Call) => Error): void {
    const call = this.#call;
    call?.failed(error(call));
    this.cut();
  }

  arrived(bytes: Uint8Array): void {
    const call = this.#call;
    if (call === null) {
      // Nobody has asked for anything.
      this.close();
      return;
    }
    const now = this.#owner.now();
    call.heard(now);
    try {
      if (this.#intake.push(call, bytes, now)) this.#finish(call, now);
    } catch (error) {
      this.#lost(call, error);
    }
  }

  ended(): void {
    this.#hasEnded = true;
    const call = this.#call;
    if (call === null) {
      this.close();
      return;
    }
    try {
      const now = this.#owner.now();
      if (this.#intake.finish(call, now)) this.#finish(call, now);
      else this.#lost(call, new Error("the server has closed the connection"));
    } catch (error) {
      this.#lost(call, error);
    }
  }

  drained(): void {
    this.#writer.drained();
  }

  closed(error: unknown): void {
    const call = this.#call;
    if (call === null) this.#leave();
    else if (error === null) this.#lost(call, new Error("the server has closed the connection"));
    else this.#lost(call, new ConnectionReset(formatAddress(this.#transport.remote), error));
    this.#owner.closed(this);
  }

  /** The response is over: the connection serves the next, if it can. */
  #finish(call: Call, now: number): void {
    if (this.#call !== call) return;
    this.#call = null;
    this.resume();
    const { head, isBetweenMessages } = this.#intake;
    if (head.keepsAlive && this.#writer.isSent && !this.#hasEnded && isBetweenMessages)
      this.#owner.released(this, head.keepAliveMs, now);
    else this.close();
  }

  #lost(call: Call, cause: unknown): void {
    const { hasHeard } = this.#intake;
    this.cut();
    call.lost(cause, hasHeard);
  }

  #leave(): void {
    this.#call = null;
    if (this.#isGone) return;
    this.#isGone = true;
    this.#writer.close();
    inRoot(() => this.#owner.gone(this));
  }
}
