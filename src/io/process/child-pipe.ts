/**
 * One pipe of a child, between the platform's transport and the byte stream that the user holds.
 *
 * It makes a half connection of what is used as a whole one: nothing can be read from the child's input, where the data has ended from
 * the start, nor written to its outputs. A child without the pipe (inherited, ignored) has one that has ended and is closed.
 *
 * States:  open -> discarding (what still comes is dropped, so that a child that cleans up does not wait for a reader) -> closed.
 */
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import type { Engine } from "../../kernel/engine.ts";
import { inRoot } from "../../kernel/root-context.ts";
import type { StreamEnd } from "../net/address.ts";
import { utf8, type TlsInfo, type Transport, type TransportSink } from "../stream/transport.ts";

export class ChildPipe implements Transport, TransportSink {
  readonly local: StreamEnd;
  readonly remote: StreamEnd;
  readonly tls: TlsInfo | null = null;
  readonly #isInput: boolean;
  readonly #inner: Transport | null;
  readonly #engine: Engine;
  #sink: TransportSink | null = null;
  #isDiscarding = false;
  #isClosed = false;

  /** `name` is that of the pipe: `stdout of git`. */
  constructor(name: string, isInput: boolean, inner: Transport | null, engine: Engine) {
    this.local = { name };
    this.remote = this.local;
    this.#isInput = isInput;
    this.#inner = inner;
    this.#engine = engine;
  }

  get unsentBytes(): number {
    return this.#inner?.unsentBytes ?? 0;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    this.#inner?.start(this);
    if (this.#inner !== null && !this.#isInput) return;
    inRoot(() => this.#engine.host.microtask(() => this.#endHalf()));
  }

  write(bytes: Uint8Array): boolean {
    if (!this.#isInput)
      throw new InvalidArgument(`${this.#name} is only read from. Write to the child's stdin.`);
    return this.#inner === null || this.#inner.write(bytes);
  }

  writeText(text: string): boolean {
    return this.write(utf8(text));
  }

  pause(): void {
    if (!this.#isDiscarding) this.#inner?.pause();
  }

  resume(): void {
    this.#inner?.resume();
  }

  end(): void {
    if (this.#isInput) this.#inner?.end();
  }

  destroy(reset: boolean): void {
    if (!this.#isClosed) this.#inner?.destroy(reset);
  }

  keepAlive(yes: boolean): void {
    this.#inner?.keepAlive(yes);
  }

  /** Drops what comes from now on. */
  discard(): void {
    this.#isDiscarding = true;
    if (!this.#isClosed) this.#inner?.resume();
  }

  arrived(bytes: Uint8Array): void {
    if (!this.#isDiscarding) this.#sink?.arrived(bytes);
  }

  ended(): void {
    this.#sink?.ended();
  }

  drained(): void {
    this.#sink?.drained();
  }

  closed(error: unknown): void {
    this.#isClosed = true;
    this.#sink?.closed(error);
  }

  get #name(): string {
    return "path" in this.local ? this.local.path : "the pipe";
  }

  #endHalf(): void {
    if (this.#isClosed) return;
    this.ended();
    if (this.#inner === null) this.closed(null);
  }
}
