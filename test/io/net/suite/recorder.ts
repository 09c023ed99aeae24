import assert from "node:assert/strict";
import type { Transport, TransportSink } from "../../../../src/io/stream/transport.ts";

/** What one end of a connection was told, and a check of what every transport must keep to. */
export class Recorder implements TransportSink {
  readonly transport: Transport;
  /** `arrived` is noted once for any number of pieces in a row: how bytes are cut is nobody's business. */
  readonly events: string[] = [];
  /** How many bytes have arrived. */
  length = 0;
  #chunks: Uint8Array[] = [];
  error: unknown = undefined;
  #isInCall = false;
  #isClosed = false;
  readonly #waiting: Array<() => boolean> = [];

  constructor(transport: Transport, isStarted: boolean = true) {
    this.transport = transport;
    if (isStarted) this.call(() => transport.start(this));
  }

  /** Calls the transport, which must not deliver anything from within. */
  call<T>(fn: () => T): T {
    this.#isInCall = true;
    try {
      return fn();
    } finally {
      this.#isInCall = false;
    }
  }

  write(data: string | Uint8Array): boolean {
    return this.call(() =>
      typeof data === "string" ? this.transport.writeText(data) : this.transport.write(data),
    );
  }

  end(): void {
    this.call(() => this.transport.end());
  }

  destroy(reset: boolean): void {
    this.call(() => this.transport.destroy(reset));
  }

  arrived(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.length += bytes.length;
    this.#note("arrived");
  }

  ended(): void {
    this.#note("ended");
  }

  drained(): void {
    this.#note("drained");
  }

  closed(error: unknown): void {
    this.error = error;
    this.#note(error === null ? "closed" : "lost", true);
  }

  /** All that has arrived. */
  get bytes(): Uint8Array {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [all];
    return all;
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  get code(): unknown {
    return (this.error as { code?: unknown } | null | undefined)?.code;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  has(event: string): boolean {
    return this.events.includes(event);
  }

  /** Waits for an event after which `isTrue` holds. */
  async until(isTrue: () => boolean): Promise<void> {
    if (isTrue()) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(() => {
        if (!isTrue()) return false;
        resolve();
        return true;
      });
    });
  }

  async untilClosed(): Promise<void> {
    await this.until(() => this.#isClosed);
  }

  #note(event: string, isLast: boolean = false): void {
    assert.equal(this.#isInCall, false, `${event} was delivered from within a call`);
    assert.equal(this.#isClosed, false, `${event} was delivered after closed`);
    this.#isClosed = isLast;
    if (event !== "arrived" || this.events.at(-1) !== "arrived") this.events.push(event);
    for (const [at, isDone] of [...this.#waiting.entries()].toReversed())
      if (isDone()) this.#waiting.splice(at, 1);
  }
}
