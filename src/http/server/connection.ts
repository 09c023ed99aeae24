/**
 * One connection of a server: what the platform tells of it, how long it may stay as it is, and its end. What is said on it is the affair of
 * its {@link Dialogue}.
 *
 * States:  open -> lingering (our data has ended: what still comes is dropped, until the client closes, too) -> closed
 */
import type { Transport, TransportSink } from "../../io/stream/transport.ts";
import { ConnectionOutput } from "./connection-output.ts";
import type { ServerCore } from "./core.ts";
import { Dialogue } from "./dialogue.ts";
import type { DialogueConnection } from "./dialogue-connection.ts";
import { lastReply } from "./failure.ts";
import type { Ends } from "./request.ts";
import type { Phase, PhaseEntry } from "./phases.ts";

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
/** So much is dropped of what a client sends to a connection that is being closed. */
const LINGER_BYTES = 16_777_216;

export class ServerConnection implements TransportSink, DialogueConnection {
  phase: Phase | null = null;
  ahead: PhaseEntry | null = null;
  behind: PhaseEntry | null = null;
  since = 0;
  readonly core: ServerCore;
  readonly output: ConnectionOutput;
  readonly #transport: Transport;
  readonly #dialogue: Dialogue;
  readonly #onClosed: (connection: ServerConnection) => void;
  #state: "open" | "lingering" | "closed" = "open";
  #droppedBytes = 0;
  isPaused = false;

  /** Takes over a transport that was not started. */
  constructor(core: ServerCore, transport: Transport, onClosed: (connection: ServerConnection) => void) {
    this.core = core;
    this.#transport = transport;
    this.#onClosed = onClosed;
    this.output = new ConnectionOutput(transport, this);
    this.#dialogue = new Dialogue(this);
    transport.start(this);
    core.phases.enter(this, core.head);
  }

  get ends(): Ends {
    return this.#transport;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether it is open, and nothing of a request is there. */
  get isIdle(): boolean {
    return this.isOpen && this.#dialogue.isIdle;
  }

  arrived(bytes: Uint8Array): void {
    if (this.#state === "open") {
      // A server that is closed takes nothing new.
      if (this.core.isStopped && this.#dialogue.isIdle) this.destroy(false);
      else this.#dialogue.arrived(bytes);
    } else {
      this.#droppedBytes += bytes.length;
      if (this.#droppedBytes > LINGER_BYTES) this.destroy(false);
    }
  }

  ended(): void {
    if (this.#state === "open") this.#dialogue.ended();
  }

  drained(): void {
    if (this.phase === this.core.send) this.core.phases.leave(this);
    this.output.drained();
    if (this.#state === "open") this.#dialogue.drained();
  }

  closed(error: unknown): void {
    this.#state = "closed";
    this.core.phases.leave(this);
    this.output.lose(error ?? "it closed the connection");
    this.#dialogue.left(true);
    this.#onClosed(this);
  }

  /** A part of a reply was not taken at once. */
  backedUp(): void {
    if (this.#state === "open") this.core.phases.enter(this, this.core.send);
  }

  pause(): void {
    if (this.isPaused || this.#state !== "open") return;
    this.isPaused = true;
    this.#transport.pause();
    this.#dialogue.watchBody();
  }

  resume(): void {
    if (!this.isPaused || this.#state === "closed") return;
    this.isPaused = false;
    this.#transport.resume();
    this.#dialogue.watchBody();
  }

  sendContinue(): void {
    this.output.writeText(CONTINUE);
    this.#dialogue.watchBody();
  }

  watchBody(): void {
    this.#dialogue.watchBody();
  }

  linger(maySend: boolean): void {
    if (this.#state !== "open") return;
    const { phases, linger, farewell } = this.core;
    this.#state = "lingering";
    phases.enter(this, maySend ? linger : farewell);
    this.#transport.end();
    this.resume();
  }

  /** The server is closed: nothing but what has been written is waited for, and not for long. */
  part(): void {
    if (this.#transport.unsentBytes === 0) this.destroy(false);
    else this.linger(false);
  }

  sayLast(status: number, text: string): void {
    this.output.writeText(lastReply(status, text, this.core.date.line));
    this.linger(true);
  }

  destroy(reset: boolean): void {
    if (this.#state === "closed") return;
    this.#state = "lingering";
    this.core.phases.leave(this);
    this.#transport.destroy(reset);
  }

  /** The server closes: the connection goes on until it has nothing to do, and a little longer. */
  drain(): void {
    if (this.isIdle) this.core.phases.enter(this, this.core.grace);
  }

  admitted(): void {
    this.#dialogue.admitted();
  }

  abandon(): void {
    this.#dialogue.abandon();
  }

  /** The handlers of the server are cancelled. */
  cancelling(): void {
    this.#dialogue.cancelling();
  }

  expired(phase: Phase): void {
    const { core } = this;
    switch (phase) {
      case core.head:
        core.counts.timedOut++;
        if (this.#dialogue.isIdle) this.linger(false);
        else this.sayLast(408, "the head of the request took too long");
        break;
      case core.idle:
      case core.grace:
        this.linger(false);
        break;
      case core.body:
        this.#dialogue.checkRate();
        break;
      case core.admission.queue:
        this.#dialogue.overload();
        break;
      default:
        // A client that takes nothing of its reply, or does not close.
        if (phase === core.send) core.counts.timedOut++;
        this.destroy(phase === core.send);
    }
  }
}
