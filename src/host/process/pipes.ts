/**
 * The pipes of a child as transports: streams of `node:stream`, whatever class the runtime makes them of.
 *
 * Both are closed as soon as their data has ended, by us where the runtime does not do it, so that no descriptor waits for a collector.
 * Streams emit in the context of whoever called: what a call of ours may set off is called in the root context.
 */
import type { Readable, Writable } from "node:stream";
import type { StreamEnd } from "../../io/net/address.ts";
import { utf8, type TlsInfo, type Transport, type TransportSink } from "../../io/stream/transport.ts";
import { inRoot } from "../../kernel/root-context.ts";

const isBun = "Bun" in globalThis;

/** What both ends have in common: an end that comes once, also where the runtime forgets to say it. */
abstract class Pipe implements Transport {
  readonly local: StreamEnd;
  readonly remote: StreamEnd;
  readonly tls: TlsInfo | null = null;
  protected sink: TransportSink | null = null;
  protected error: unknown = null;
  protected isDestroyed = false;
  #isClosed = false;
  readonly #stream: Readable | Writable;

  constructor(stream: Readable | Writable, name: string) {
    this.#stream = stream;
    this.local = { name };
    this.remote = this.local;
    stream.on("error", (error) => (this.error ??= error));
    stream.on("close", () => this.closed());
  }

  abstract readonly unsentBytes: number;
  abstract start(sink: TransportSink): void;
  abstract write(bytes: Uint8Array): boolean;
  abstract pause(): void;
  abstract resume(): void;
  abstract end(): void;

  writeText(text: string): boolean {
    return this.write(utf8(text));
  }

  destroy(_reset: boolean): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    inRoot(() => {
      this.#stream.destroy();
      // Bun's input streams say nothing when they are closed.
      if (isBun) setImmediate(() => this.closed());
    });
  }

  keepAlive(yes: boolean): void {
    const handle = this.#stream as { ref?: () => void; unref?: () => void };
    if (yes) handle.ref?.();
    else handle.unref?.();
  }

  protected closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.sink?.closed(this.isDestroyed ? null : this.error);
  }
}

/** What a child writes. */
export class OutputPipe extends Pipe {
  readonly unsentBytes = 0;
  readonly #stream: Readable;
  #isPaused = false;

  constructor(stream: Readable, name: string) {
    super(stream, name);
    this.#stream = stream;
  }

  start(sink: TransportSink): void {
    this.sink = sink;
    inRoot(() => {
      this.#stream.on("end", () => this.#ended());
      this.#stream.on("data", (chunk: Uint8Array) => this.#arrived(chunk));
    });
  }

  write(): boolean {
    return true;
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#isPaused = false;
    inRoot(() => this.#stream.resume());
  }

  end(): void {}

  /** Node lets the outputs of a child that has ended flow, read or not. */
  keepPaused(): void {
    if (this.#isPaused) this.#stream.pause();
  }

  #arrived(chunk: Uint8Array): void {
    if (this.isDestroyed || chunk.length === 0) return;
    this.sink?.arrived(new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength));
  }

  #ended(): void {
    if (!this.isDestroyed) this.sink?.ended();
    this.destroy(false);
  }
}

/** What a child reads. */
export class InputPipe extends Pipe {
  readonly #stream: Writable;
  readonly #sent: (error?: Error | null) => void;
  #isBackedUp = false;
  #hasEnded = false;

  constructor(stream: Writable, name: string) {
    super(stream, name);
    this.#stream = stream;
    this.#sent = (error) => {
      if (error === null || error === undefined) this.#drained();
    };
  }

  get unsentBytes(): number {
    return this.#stream.writableLength + (this.#hasEnded && this.#isBackedUp ? 1 : 0);
  }

  start(sink: TransportSink): void {
    this.sink = sink;
  }

  write(bytes: Uint8Array): boolean {
    const wasTaken = inRoot(() => this.#stream.write(bytes, this.#sent));
    this.#isBackedUp = this.#isPending(wasTaken);
    return !this.#isBackedUp;
  }

  /** A write that has failed took the bytes, and has said so before its error comes. Bun counts none while they wait. */
  #isPending(wasTaken: boolean): boolean {
    const { writableLength, errored } = this.#stream;
    return writableLength > 0 || errored !== null || (isBun && !wasTaken);
  }

  pause(): void {}

  resume(): void {}

  end(): void {
    this.#hasEnded = true;
    this.#isBackedUp = this.#stream.writableLength > 0;
    inRoot(() =>
      this.#stream.end(() => {
        this.#drained();
        this.destroy(false);
      }),
    );
  }

  /** The child has ended. Not every runtime closes its input then. */
  readerGone(): void {
    this.error ??= brokenPipe();
    inRoot(() => this.#stream.destroy());
  }

  /** The child has ended or closed its end, or we are done. Whoever still writes must know that nobody reads. */
  protected override closed(): void {
    if (!this.#hasEnded) this.error ??= brokenPipe();
    super.closed();
  }

  #drained(): void {
    if (!this.#isBackedUp || this.#stream.writableLength > 0) return;
    this.#isBackedUp = false;
    this.sink?.drained();
  }
}

function brokenPipe(): Error {
  return Object.assign(new Error("the child has ended, or has closed its input"), { code: "EPIPE" });
}
