/**
 * One end of a connection in memory.
 *
 * Bytes go from the {@link Outbox} of the writer into flight as far as the window lets them, arrive in the `#inbox` of the reader,
 * and leave the window when the sink is handed them. So a reader that pauses stops its writer, as in TCP.
 *
 * States:  opening -> open -> (peer ended) (we ended) -> gone (`#gone` says why) -> closed (the sink was told).
 * Invariants
 * - Only `#pump` talks to the sink, in a callback of its own, and never within itself; so no call of the caller's is re-entered.
 * - `closed` is the last thing that the sink hears, once.
 * - Bytes that arrive at an end that is gone are answered by a reset, as a closed socket answers.
 */
import { RingBuffer } from "../../base/ring-buffer.ts";
import type { Engine } from "../../kernel/engine.ts";
import type { Observed } from "../../kernel/instrument.ts";
import { formatAddress, type StreamEnd } from "../../io/net/address.ts";
import { utf8, type TransportSink } from "../../io/stream/transport.ts";
import type { Arrival, Machine } from "./machine.ts";
import { Outbox } from "./outbox.ts";
import { soon, type Packet, type Signal } from "./packet.ts";
import type { Receiver } from "./party.ts";
import type { Flow } from "./wire.ts";

/** Whose an end is, and what its addresses are. */
export interface EndParts {
  readonly name: string;
  readonly machine: Machine;
  readonly engine: Engine;
  readonly local: StreamEnd;
  readonly remote: StreamEnd;
}

export class End implements Receiver, Arrival {
  readonly name: string;
  readonly machine: Machine;
  engine: Engine;
  readonly local: StreamEnd;
  readonly remote: StreamEnd;
  readonly tls = null;
  /** Who waits for the connection to come about. */
  attempt: { done(end: End): void; failed(error: unknown): void } | null = null;
  #peer: End = this;
  #flow: Flow | null = null;
  #outbox: Outbox | null = null;
  #sink: TransportSink | null = null;
  #isPaused = false;
  #isPumping = false;
  #isScheduled = false;
  /** What has arrived, and was not delivered; null is the end of the peer's data. */
  readonly #inbox: RingBuffer<Uint8Array | null> = new RingBuffer();
  #owesDrained = false;
  #isEnding = false;
  #hasPeerEnded = false;
  #gone: { readonly error: unknown } | null = null;
  #isClosed = false;
  #isForgotten = false;

  /** Of use when it was joined to another one by `connectEnds`. */
  constructor({ name, machine, engine, local, remote }: EndParts) {
    this.name = name;
    this.machine = machine;
    this.engine = engine;
    this.local = local;
    this.remote = remote;
    machine.ends.add(this);
  }

  get path(): string {
    return this.name;
  }

  get task(): Observed {
    return this;
  }

  get unsentBytes(): number {
    return this.#outbox?.unsentBytes ?? 0;
  }

  get isGone(): boolean {
    return this.#gone !== null;
  }

  join(peer: End, flow: Flow, windowBytes: number): void {
    this.#peer = peer;
    this.#flow = flow;
    this.#outbox = new Outbox(flow, windowBytes);
  }

  signal(signal: Signal): void {
    this.#flow?.send(signal);
  }

  /** A later call hands the transport to another sink: a TLS handshake takes it over from a stream. */
  start(sink: TransportSink): void {
    this.#sink = sink;
    this.resume();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#gone !== null || bytes.length === 0) return true;
    this.#outbox?.write(bytes);
    this.#owesDrained ||= this.unsentBytes > 0;
    return this.unsentBytes === 0;
  }

  writeText(text: string): boolean {
    return this.write(utf8(text));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#schedule();
  }

  end(): void {
    if (this.#isEnding || this.#gone !== null) return;
    this.#isEnding = true;
    this.#outbox?.end();
    this.#schedule();
  }

  destroy(reset: boolean): void {
    if (this.#isClosed) return;
    // Closing with bytes that nobody has read resets the connection: so the peer learns that they were not taken.
    const word = reset || this.#hasUnread() ? "reset" : "end";
    this.#leave(null, this.#gone === null ? word : null);
  }

  /** There is nothing that would keep a process alive: who waits for a connection in memory waits for other code. */
  keepAlive(): void {}

  arrive(packet: Packet): void {
    if (this.#gone !== null) this.#answerNobody(packet);
    else if (typeof packet === "string") this.#signalled(packet);
    else this.#inbox.push(packet);
    this.#pump();
  }

  lose(error: unknown): void {
    if (this.#gone !== null) return;
    const { attempt } = this;
    this.attempt = null;
    this.#leave(error, null);
    attempt?.failed(error);
  }

  /** Nobody hears of it any more, whatever happens: its machine has crashed, or it was refused. */
  vanish(): void {
    this.#gone ??= { error: null };
    this.#isClosed = true;
    this.#isForgotten = true;
    this.machine.ends.delete(this);
  }

  /** The end of data of a connection that was closed here is taken; of one that is not known here nothing is. */
  #answerNobody(packet: Packet): void {
    if (packet === "open") this.signal("refused");
    else if (typeof packet !== "string" || (packet === "end" && this.#isForgotten)) this.signal("reset");
  }

  #signalled(signal: Signal): void {
    switch (signal) {
      case "open":
        this.machine.accept(this);
        return;
      case "opened":
        this.attempt?.done(this);
        this.attempt = null;
        return;
      case "refused":
        this.lose(this.machine.refusal(this.remote));
        return;
      case "end":
        this.#inbox.push(null);
        return;
      case "reset":
        this.lose(this.machine.error("ECONNRESET", "read", formatAddress(this.remote)));
    }
  }

  /** The peer has taken so much. */
  taken(bytes: number): void {
    if (this.#gone !== null) return;
    this.#outbox?.taken(bytes);
    if (this.#owesDrained) this.#schedule();
  }

  #hasUnread(): boolean {
    for (let left = this.#inbox.size; left > 0; left--) if (this.#inbox.shift() !== null) return true;
    return false;
  }

  #leave(error: unknown, word: "end" | "reset" | null): void {
    this.#gone = { error };
    this.#outbox?.stop(word);
    this.machine.ends.delete(this);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isPumping || this.#sink === null || this.#isClosed) return;
    this.#isScheduled = true;
    soon(this, () => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#sink !== null && !this.#isClosed && this.#deliver(this.#sink));
    } finally {
      this.#isPumping = false;
    }
  }

  /** Hands the sink one thing. False when there is none. */
  #deliver(sink: TransportSink): boolean {
    if (this.#gone !== null) {
      const { error } = this.#gone;
      this.#isClosed = true;
      this.engine.guard(() => sink.closed(error));
    } else if (this.#owesDrained && this.unsentBytes === 0) {
      this.#owesDrained = false;
      this.engine.guard(() => sink.drained());
    } else if (!this.#isPaused && this.#inbox.size > 0) {
      this.#handOver(sink, this.#inbox.shift());
    } else if (this.#hasPeerEnded && this.#outbox?.hasSentEnd === true) {
      this.#leave(null, null);
    } else return false;
    return true;
  }

  #handOver(sink: TransportSink, bytes: Uint8Array | null): void {
    if (bytes === null) {
      this.#hasPeerEnded = true;
      this.engine.guard(() => sink.ended());
    } else {
      this.#peer.taken(bytes.length);
      this.engine.guard(() => sink.arrived(bytes));
    }
  }
}
