/**
 * The transport above a plain one while a handshake goes on, and after it.
 *
 * States:  handshake -> (agreed) -> handed over -> started.   A handshake that fails, or is called off, destroys the plain transport.
 * Invariant: what the plain transport delivers between the handshake and `start` is held, and comes before what follows.
 */
import type { Engine } from "../../kernel/engine.ts";
import type { StreamEnd } from "../../io/net/address.ts";
import type { TlsInfo, Transport, TransportSink } from "../../io/stream/transport.ts";
import { systemError } from "./system-error.ts";
import { soon } from "./packet.ts";

/** A record of a handshake begins like one of TLS, and has its length in three bytes. */
const HEAD = [0x16, 0x03, 0x03];
const HEAD_BYTES = 6;

export interface Handshake {
  done(transport: Transport): void;
  failed(error: unknown): void;
}

type Hearing = (message: unknown) => void;

/** Something that the plain transport delivered, to be handed to the sink. */
type Held = (sink: TransportSink) => void;

export class SecureTransport implements Transport, TransportSink {
  readonly #engine: Engine;
  readonly #plain: Transport;
  #handshake: Handshake | null;
  #hearing: Hearing | null = null;
  #unread: Uint8Array;
  #tls: TlsInfo | null = null;
  #sink: TransportSink | null = null;
  readonly #held: Held[] = [];
  #isPaused = false;
  #isHandingOn = false;

  constructor(engine: Engine, plain: Transport, unread: Uint8Array | null, handshake: Handshake) {
    this.#engine = engine;
    this.#plain = plain;
    this.#unread = unread ?? new Uint8Array(0);
    this.#handshake = handshake;
    plain.start(this);
    if (this.#unread.length > 0) this.#soon(() => this.#read());
  }

  get local(): StreamEnd {
    return this.#plain.local;
  }

  get remote(): StreamEnd {
    return this.#plain.remote;
  }

  get tls(): TlsInfo | null {
    return this.#tls;
  }

  get unsentBytes(): number {
    return this.#plain.unsentBytes;
  }

  tell(message: object): void {
    const body = new TextEncoder().encode(JSON.stringify(message));
    const record = new Uint8Array(HEAD_BYTES + body.length);
    record.set([...HEAD, body.length >> 16, (body.length >> 8) & 255, body.length & 255]);
    record.set(body, HEAD_BYTES);
    this.#plain.write(record);
  }

  /** Hands the next message to `hearing`. */
  hear(hearing: Hearing): void {
    this.#hearing = hearing;
  }

  /** Ends the handshake: the transport is ready. */
  agree(tls: TlsInfo): void {
    const handshake = this.#handshake;
    this.#handshake = null;
    this.#tls = tls;
    this.#plain.pause();
    const rest = this.#unread;
    if (rest.length > 0) this.#held.push((sink) => sink.arrived(rest));
    handshake?.done(this);
  }

  fail(error: unknown): void {
    const handshake = this.#handshake;
    this.#handshake = null;
    this.#hearing = null;
    this.#plain.end();
    this.#plain.destroy(false);
    handshake?.failed(error);
  }

  callOff(): void {
    this.#handshake = null;
    this.#hearing = null;
    this.#plain.destroy(false);
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    this.resume();
  }

  write(bytes: Uint8Array): boolean {
    return this.#plain.write(bytes);
  }

  writeText(text: string): boolean {
    return this.#plain.writeText(text);
  }

  pause(): void {
    this.#isPaused = true;
    this.#plain.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#soon(() => this.#handOn());
  }

  end(): void {
    this.#plain.end();
  }

  destroy(reset: boolean): void {
    this.#plain.destroy(reset);
  }

  keepAlive(yes: boolean): void {
    this.#plain.keepAlive(yes);
  }

  arrived(bytes: Uint8Array): void {
    if (this.#handshake === null) {
      this.#deliver((sink) => sink.arrived(bytes));
      return;
    }
    const all = new Uint8Array(this.#unread.length + bytes.length);
    all.set(this.#unread);
    all.set(bytes, this.#unread.length);
    this.#unread = all;
    this.#read();
  }

  ended(): void {
    if (this.#handshake === null) this.#deliver((sink) => sink.ended());
    else this.fail(systemError("ECONNRESET", "handshake"));
  }

  drained(): void {
    if (this.#handshake === null && this.#sink !== null) this.#sink.drained();
  }

  closed(error: unknown): void {
    if (this.#handshake !== null) this.fail(error ?? systemError("ECONNRESET", "handshake"));
    else if (this.#sink === null) this.#held.push((sink) => sink.closed(error));
    else {
      this.#held.length = 0;
      this.#sink.closed(error);
    }
  }

  /** Reads what came of the next message, as often as there is one. */
  #read(): void {
    while (this.#handshake !== null && this.#unread.length >= HEAD_BYTES) {
      const [first, second, third, high = 0, middle = 0, low = 0] = this.#unread;
      if (first !== HEAD[0] || second !== HEAD[1] || third !== HEAD[2]) {
        this.fail(systemError("ERR_SSL_WRONG_VERSION_NUMBER", "handshake"));
        return;
      }
      const end = HEAD_BYTES + (high << 16) + (middle << 8) + low;
      if (this.#unread.length < end) return;
      const message: unknown = JSON.parse(
        new TextDecoder().decode(this.#unread.subarray(HEAD_BYTES, end)),
      );
      this.#unread = this.#unread.slice(end);
      const hearing = this.#hearing;
      this.#hearing = null;
      hearing?.(message);
    }
  }

  #deliver(held: Held): void {
    if (this.#sink === null || this.#isPaused || this.#isHandingOn || this.#held.length > 0)
      this.#held.push(held);
    else held(this.#sink);
  }

  /** Delivers what was held, then what comes. */
  #handOn(): void {
    if (this.#sink === null || this.#isHandingOn) return;
    this.#isHandingOn = true;
    while (!this.#isPaused && this.#held.length > 0) {
      const held = this.#held.shift();
      const sink = this.#sink;
      if (held !== undefined) this.#engine.guard(() => held(sink));
    }
    this.#isHandingOn = false;
    if (!this.#isPaused) this.#plain.resume();
  }

  #soon(callback: () => void): void {
    const name = "a TLS connection";
    soon({ name, path: name, engine: this.#engine }, callback);
  }
}
