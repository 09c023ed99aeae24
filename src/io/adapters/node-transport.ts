/**
 * A stream in the manner of `node:stream`, whoever made it, as a {@link Transport}.
 *
 * States:  open -> (its data has ended) (ours has been taken) -> closed.
 *
 * Invariants
 * - What is written is copied: a stream in memory hands the very array on to whoever reads it, and the writer may change it.
 * - The end of our data counts as one unsent byte until the stream says `finish`: what it flushes last must not be cut.
 * - Once it is closed, no listener of ours is left on it; but for a stream that did not close within `DESTROY_MS`, which keeps one for
 *   its errors, since they concern nobody any more.
 */
import type { Engine } from "../../kernel/engine.ts";
import type { HostTimer } from "../../kernel/host.ts";
import { inRoot } from "../../kernel/root-context.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import type { StreamEnd } from "../net/address.ts";
import { utf8, type TlsInfo, type Transport, type TransportSink } from "../stream/transport.ts";
import { bytesOf } from "./chunks.ts";
import { Deliveries } from "./deliveries.ts";
import { DESTROY_MS, prematureClose } from "./premature-close.ts";

/** What is used of a stream of `node:stream`. A readable one has `resume`, a writable one `write`, a duplex both. */
export interface NodeStream {
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
  destroy?(): unknown;
  pause?(): unknown;
  resume?(): unknown;
  write?(chunk: Uint8Array): boolean;
  end?(): unknown;
  readonly readable?: boolean;
  readonly writable?: boolean;
  readonly writableLength?: number;
  readonly destroyed?: boolean;
  readonly closed?: boolean;
}

/** What sockets have besides, and what tells whether a stream says `close`. */
interface Details {
  readonly errored?: Error | null;
  readonly readableEnded?: boolean;
  readonly writableFinished?: boolean;
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly _readableState?: { readonly emitClose?: boolean };
  readonly _writableState?: { readonly emitClose?: boolean };
  resetAndDestroy?(): unknown;
  ref?(): unknown;
  unref?(): unknown;
}

const ignore = (): void => {};

export class NodeTransport implements Transport {
  readonly local: StreamEnd;
  readonly remote: StreamEnd;
  readonly tls: TlsInfo | null = null;
  readonly #stream: NodeStream & Details;
  readonly #name: string;
  readonly #engine: Engine;
  readonly #isReadable: boolean;
  readonly #isWritable: boolean;
  #deliveries: Deliveries | null = null;
  #listeners: ReadonlyArray<readonly [string, (value: unknown) => void]> = [];
  #error: unknown = null;
  #hasEnded: boolean;
  #isEnding = false;
  #hasFinished: boolean;
  #awaitsDrain = false;
  #isDestroyed = false;
  #isGone = false;
  #timer: HostTimer | null = null;

  constructor(stream: NodeStream & Details, engine: Engine) {
    this.#stream = stream;
    this.#engine = engine;
    this.#name = `the ${stream.constructor?.name || "Node stream"}`;
    const { remoteAddress: host, remotePort: port } = stream;
    this.local = { name: this.#name };
    this.remote = host === undefined || port === undefined ? this.local : { host, port };
    this.#isReadable = typeof stream.resume === "function" && stream.readable !== false;
    this.#isWritable = typeof stream.write === "function" && stream.writable !== false;
    this.#hasEnded = typeof stream.resume !== "function" || stream.readableEnded === true;
    this.#hasFinished = typeof stream.write !== "function" || stream.writableFinished === true;
  }

  get unsentBytes(): number {
    if (!this.#isWritable || this.#hasFinished) return 0;
    return Math.max(this.#stream.writableLength ?? 0, this.#isEnding ? 1 : 0);
  }

  start(sink: TransportSink): void {
    const stream = this.#stream;
    this.#deliveries = new Deliveries(this.#engine.host, sink);
    this.#call(() => {
      this.#listen();
      if (!this.#isReadable && stream.destroyed !== true) this.#deliver((to) => to.ended());
      if (stream.destroyed === true && stream.closed !== false) this.#gone();
      else if (this.#isReadable) stream.resume?.();
    });
  }

  write(bytes: Uint8Array): boolean {
    return this.#hand(bytes.slice());
  }

  writeText(text: string): boolean {
    return this.#hand(utf8(text));
  }

  #hand(bytes: Uint8Array): boolean {
    if (!this.#isWritable) throw new InvalidArgument(`${this.#name} is only read from.`);
    const accepted = this.#call(() => this.#stream.write?.(bytes));
    this.#awaitsDrain = accepted === false;
    return !this.#awaitsDrain;
  }

  pause(): void {
    this.#call(() => this.#stream.pause?.());
  }

  resume(): void {
    this.#call(() => this.#stream.resume?.());
  }

  end(): void {
    if (!this.#isWritable || this.#hasFinished) return;
    this.#isEnding = true;
    this.#awaitsDrain = true;
    this.#call(() => this.#stream.end?.());
  }

  destroy(reset: boolean): void {
    if (this.#isDestroyed || this.#isGone) return;
    this.#isDestroyed = true;
    this.#call(() => this.#close(reset));
  }

  keepAlive(yes: boolean): void {
    if (yes) this.#stream.ref?.();
    else this.#stream.unref?.();
  }

  #listen(): void {
    const listeners: Array<readonly [string, (value: unknown) => void]> = [
      ["error", (error) => this.#failed(error)],
      ["close", () => this.#gone()],
    ];
    if (this.#isWritable)
      listeners.push(["drain", () => this.#drained()], ["finish", () => this.#finished()]);
    if (this.#isReadable)
      listeners.push(["end", () => this.#ended()], ["data", (chunk) => this.#arrived(chunk)]);
    this.#listeners = listeners;
    for (const [event, listener] of listeners) this.#stream.on(event, listener);
  }

  #arrived(chunk: unknown): void {
    if (this.#isDestroyed || this.#error !== null) return;
    let bytes: Uint8Array;
    try {
      bytes = bytesOf(chunk, this.#name);
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (bytes.length > 0) this.#deliver((sink) => sink.arrived(bytes));
  }

  #ended(): void {
    // Some say so after an error of ours, too.
    if (this.#error !== null) return;
    this.#hasEnded = true;
    if (!this.#isDestroyed) this.#deliver((sink) => sink.ended());
  }

  #drained(): void {
    if (!this.#awaitsDrain || this.#isEnding) return;
    this.#awaitsDrain = false;
    this.#deliver((sink) => sink.drained());
  }

  #finished(): void {
    this.#hasFinished = true;
    if (!this.#awaitsDrain) return;
    this.#awaitsDrain = false;
    this.#deliver((sink) => sink.drained());
  }

  /** Some streams do not destroy themselves after an error. */
  #failed(error: unknown): void {
    if (this.#error !== null) return;
    this.#error = error ?? prematureClose(this.#name);
    this.#call(() => this.#close(false));
  }

  #close(reset: boolean): void {
    const stream = this.#stream;
    if (!reset || !this.#reset()) stream.destroy?.();
    const says = stream._readableState?.emitClose ?? stream._writableState?.emitClose ?? true;
    if (!says || stream.destroy === undefined) this.#gone();
    else if (!this.#isGone)
      this.#timer ??= inRoot(() => this.#engine.host.setTimer(() => this.#gone(), DESTROY_MS));
  }

  /** Tells a socket's peer. False for what has no reset: a Unix or TLS socket, and all that are none. */
  #reset(): boolean {
    try {
      return this.#stream.resetAndDestroy?.() !== undefined;
    } catch {
      return false;
    }
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#timer?.cancel();
    if (this.#stream.closed === false) this.#stream.on("error", ignore);
    for (const [event, listener] of this.#listeners) this.#stream.off(event, listener);
    const error = this.#isDestroyed ? null : (this.#error ?? this.#lossOf());
    this.#deliver((sink) => sink.closed(error));
  }

  /** Why the stream was closed that had said nothing: null where its data had come and gone. */
  #lossOf(): unknown {
    if (this.#hasEnded && this.#hasFinished) return null;
    return this.#stream.errored ?? prematureClose(this.#name);
  }

  #call<T>(fn: () => T): T {
    return this.#deliveries === null ? inRoot(fn) : this.#deliveries.call(fn);
  }

  #deliver(delivery: (sink: TransportSink) => void): void {
    this.#deliveries?.deliver(delivery);
  }
}
