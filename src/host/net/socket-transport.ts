/**
 * A socket of `node:net` or `node:tls` as a {@link Transport}, on Node, Bun and Deno.
 *
 * The transport hangs on its socket under a symbol, and all sockets share their listeners, which find it there: no closure is made
 * for a connection.
 *
 * States:  handed over -> started -> closed.   `destroy` makes the rest silent, but for `closed`.
 * Invariants
 * - Streams of the platform emit from their own callbacks, never from within a call, but in the context of whoever called: so what a call
 *   of ours may set off is called, or delivered, in the root context.
 * - A socket is not read before `start`: what comes until then waits in it.
 * - `write` says true when the platform keeps no reference to the array: the kernel has the bytes, or a copy was given.
 */
import type { Socket } from "node:net";
import { inRoot } from "../../kernel/root-context.ts";
import type { Address } from "../../io/net/address.ts";
import type { TlsInfo, Transport, TransportSink } from "../../io/stream/transport.ts";
import { hostAddress } from "./endpoints.ts";
import { askForDrain, readAhead } from "./stream-state.ts";

const TRANSPORT: unique symbol = Symbol("tsyncio.transport");

interface OwnedSocket extends Socket {
  [TRANSPORT]: SocketTransport | null;
}

/** Up to so many unsent bytes of TLS are copied, so that a writer need not wait for each record. */
const COPIED_BYTES = 65_536;

/** What a socket calls that is closed, or about to be, and whose errors concern nobody any more. */
export function ignoreError(): void {}

function onError(this: Socket, error: Error): void {
  (this as OwnedSocket)[TRANSPORT]?.failed(error);
}

function onClose(this: Socket): void {
  (this as OwnedSocket)[TRANSPORT]?.gone();
}

function onData(this: Socket, chunk: Uint8Array): void {
  (this as OwnedSocket)[TRANSPORT]?.arrived(chunk);
}

function onEnd(this: Socket): void {
  (this as OwnedSocket)[TRANSPORT]?.ended();
}

function onDrained(this: Socket): void {
  (this as OwnedSocket)[TRANSPORT]?.drained();
}

function onFinished(this: Socket): void {
  (this as OwnedSocket)[TRANSPORT]?.finished();
}

export class SocketTransport implements Transport {
  readonly remote: Address;
  readonly tls: TlsInfo | null;
  readonly #socket: OwnedSocket;
  #local: Address | null = null;
  #sink: TransportSink | null = null;
  /** The first error of the platform; it comes before the close. */
  #error: unknown = null;
  #isDestroyed = false;
  #isClosed = false;
  /** The peer has ended its data. A socket may say so before it is started, when nothing came before. */
  #hasEnded = false;
  /** TLS has its own end of data to send, behind everything else. */
  #isEnding = false;
  #awaitsDrain = false;
  #hearsDrain = false;

  /** `socket` is connected, and nobody listens to it. */
  constructor(socket: Socket, remote: Address, tls: TlsInfo | null) {
    this.remote = remote;
    this.tls = tls;
    this.#socket = socket as OwnedSocket;
    this.#socket[TRANSPORT] = this;
    socket.on("error", onError).on("close", onClose).on("end", onEnd);
  }

  get local(): Address {
    return (this.#local ??=
      hostAddress(this.#socket.localAddress, this.#socket.localPort) ?? this.remote);
  }

  get unsentBytes(): number {
    return this.#socket.writableLength + (this.#isEnding ? 1 : 0);
  }

  /** Whether the peer has ended its data, and all of it was delivered. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    if (this.#hasEnded) inRoot(() => queueMicrotask(() => this.ended()));
    if (this.#isClosed) queueMicrotask(() => this.#tellClosed());
    else inRoot(() => this.#socket.on("data", onData));
  }

  write(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    if (this.tls !== null) return this.#writeSecure(bytes);
    socket.write(bytes);
    return this.#told(socket.writableLength === 0);
  }

  writeText(text: string): boolean {
    this.#socket.write(text);
    const { writableLength } = this.#socket;
    return this.#told(writableLength === 0 || (this.tls !== null && writableLength <= COPIED_BYTES));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    inRoot(() => this.#socket.resume());
  }

  end(): void {
    const socket = this.#socket;
    this.#isEnding = this.tls !== null;
    if (this.unsentBytes > 0) {
      this.#awaitsDrain = true;
      socket.on("finish", onFinished);
    }
    inRoot(() => socket.end());
  }

  destroy(reset: boolean): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    inRoot(() => destroySocket(this.#socket, reset));
  }

  keepAlive(yes: boolean): void {
    if (yes) this.#socket.ref();
    else this.#socket.unref();
  }

  /**
   * Gives the socket up to somebody else, with what came and was read from it already. The transport is silent from now on.
   */
  detach(unread: Uint8Array | null): Socket {
    const socket = this.#socket;
    this.#sink = null;
    socket[TRANSPORT] = null;
    socket.pause();
    readAhead(socket, true);
    for (const [event, listener] of [
      ["data", onData],
      ["end", onEnd],
      ["drain", onDrained],
      ["error", onError],
      ["close", onClose],
    ] as const)
      socket.off(event, listener);
    if (unread !== null && unread.length > 0) socket.unshift(unread);
    return socket;
  }

  /** @internal Of the socket's listeners. */
  arrived(chunk: Uint8Array): void {
    if (this.#isDestroyed || chunk.length === 0) return;
    // A Buffer's `slice` and `toString` are not those of a Uint8Array: it is an affair of the platform.
    this.#sink?.arrived(new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength));
  }

  /** @internal */
  ended(): void {
    this.#hasEnded = true;
    // One that a reset has made is none: see `hearOut`.
    if (!this.#isDestroyed && !this.#socket.destroyed) this.#sink?.ended();
  }

  /** @internal */
  finished(): void {
    this.#isEnding = false;
    this.drained();
  }

  /** @internal */
  drained(): void {
    if (!this.#awaitsDrain || this.#isDestroyed || this.unsentBytes > 0) return;
    this.#awaitsDrain = false;
    inRoot(() => this.#sink?.drained());
  }

  /** @internal */
  failed(error: unknown): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  /** @internal */
  gone(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tellClosed();
  }

  #tellClosed(): void {
    const sink = this.#sink;
    this.#sink = null;
    if (sink !== null) inRoot(() => sink.closed(this.#isDestroyed ? null : this.#error));
  }

  /** TLS hands records on in later turns, even where the kernel has room. */
  #writeSecure(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    const isCopied = socket.writableLength + bytes.length <= COPIED_BYTES;
    socket.write(isCopied ? bytes.slice() : bytes);
    return this.#told(isCopied || socket.writableLength === 0);
  }

  /** What a write says. One that has failed leaves nothing unsent, and yet was not taken: its socket is about to be closed. */
  #told(isTaken: boolean): boolean {
    if (isTaken && this.#socket.writable) return true;
    this.#awaitsDrain = true;
    if (!this.#hearsDrain) {
      this.#hearsDrain = true;
      this.#socket.on("drain", onDrained);
    }
    askForDrain(this.#socket);
    return false;
  }
}

function destroySocket(socket: Socket, reset: boolean): void {
  if (!reset) {
    socket.destroy();
    return;
  }
  try {
    socket.resetAndDestroy();
  } catch {
    // A Unix or TLS socket has no reset.
    socket.destroy();
  }
}
