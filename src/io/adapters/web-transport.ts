/**
 * A pair of web streams as a {@link Transport}: one to read from, one to write to; either may be missing.
 *
 * States:  open -> (the readable has ended) (the writable is closed) -> gone.    Both streams are locked until then.
 *
 * Invariants
 * - At most one read of the readable is under way, and none is begun while the transport is paused.
 * - What is written is copied, since the writable may hand the very array on. The end counts as one unsent byte until it is taken.
 */
import type { Engine } from "../../kernel/engine.ts";
import type { HostTimer } from "../../kernel/host.ts";
import { inRoot } from "../../kernel/root-context.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import type { StreamEnd } from "../net/address.ts";
import { utf8, type TlsInfo, type Transport, type TransportSink } from "../stream/transport.ts";
import { bytesOf, type Chunk } from "./chunks.ts";
import { DESTROY_MS, prematureClose } from "./premature-close.ts";

const NAME = "the web stream";
const ignore = (): void => {};

/** What came of a read. */
interface ReadStep {
  readonly done: boolean;
  readonly value?: unknown;
}

export class WebTransport implements Transport {
  readonly local: StreamEnd = { name: NAME };
  readonly remote: StreamEnd = { name: NAME };
  readonly tls: TlsInfo | null = null;
  readonly #engine: Engine;
  readonly #reader: ReadableStreamDefaultReader<unknown> | null;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array> | null;
  #sink: TransportSink | null = null;
  #unsentBytes = 0;
  #isReading = false;
  #isPaused = false;
  #hasEnded: boolean;
  #isEnding = false;
  #hasFinished: boolean;
  #isDestroyed = false;
  #timer: HostTimer | null = null;

  constructor(
    readable: ReadableStream<Chunk> | undefined,
    writable: WritableStream<Uint8Array> | undefined,
    engine: Engine,
  ) {
    this.#engine = engine;
    this.#reader = readable?.getReader() ?? null;
    this.#writer = writable?.getWriter() ?? null;
    this.#hasEnded = this.#reader === null;
    this.#hasFinished = this.#writer === null;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    inRoot(() => {
      this.#writer?.closed.then(ignore, (error: unknown) => this.#lost(error));
      if (this.#reader === null) this.#engine.host.microtask(() => this.#sink?.ended());
      else this.#read();
    });
  }

  write(bytes: Uint8Array): boolean {
    return this.#hand(bytes.slice());
  }

  writeText(text: string): boolean {
    return this.#hand(utf8(text));
  }

  #hand(bytes: Uint8Array): boolean {
    const writer = this.#writer;
    if (writer === null) throw new InvalidArgument(`${NAME} is only read from.`);
    const { length } = bytes;
    this.#unsentBytes += length;
    return inRoot(() => {
      writer.write(bytes).then(() => {
        this.#unsentBytes -= length;
      }, ignore);
      // Null once the stream has failed; `closed` tells that.
      if ((writer.desiredSize ?? 1) > 0) return true;
      writer.ready.then(() => this.#sink?.drained(), ignore);
      return false;
    });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    inRoot(() => this.#read());
  }

  end(): void {
    const writer = this.#writer;
    if (writer === null || this.#isEnding) return;
    this.#isEnding = true;
    this.#unsentBytes++;
    void inRoot(() => writer.close().then(() => this.#finished(), ignore));
  }

  destroy(reset: boolean): void {
    if (this.#isDestroyed || this.#sink === null) return;
    this.#isDestroyed = true;
    const reason = reset ? prematureClose(NAME) : undefined;
    inRoot(() => {
      this.#timer = this.#engine.host.setTimer(() => this.#gone(null), DESTROY_MS);
      void this.#giveUp(reason).then(() => this.#gone(null));
    });
  }

  keepAlive(): void {}

  #read(): void {
    if (this.#isReading || this.#isPaused || this.#hasEnded || this.#isDestroyed || this.#sink === null)
      return;
    this.#isReading = true;
    this.#reader?.read().then(
      (step) => this.#hasRead(step),
      (error: unknown) => this.#lost(error),
    );
  }

  #hasRead(step: ReadStep): void {
    this.#isReading = false;
    if (this.#isDestroyed || this.#sink === null) return;
    if (step.done) {
      this.#hasEnded = true;
      this.#sink.ended();
      this.#checkFinished();
      return;
    }
    try {
      const bytes = bytesOf(step.value, NAME);
      if (bytes.length > 0) this.#sink.arrived(bytes);
    } catch (error) {
      this.#lost(error);
    }
    this.#read();
  }

  #finished(): void {
    this.#hasFinished = true;
    this.#unsentBytes = 0;
    this.#sink?.drained();
    this.#checkFinished();
  }

  #checkFinished(): void {
    if (this.#hasEnded && this.#hasFinished && !this.#isDestroyed) this.#gone(null);
  }

  /** One of the two has failed: so has the connection. */
  #lost(error: unknown): void {
    if (this.#isDestroyed || this.#sink === null) return;
    void this.#giveUp(error);
    this.#gone(error ?? prematureClose(NAME));
  }

  /** Tells both that nobody goes on. Settles when they have taken note. */
  #giveUp(reason: unknown): Promise<unknown> {
    return Promise.allSettled([
      this.#hasEnded ? null : this.#reader?.cancel(reason),
      this.#hasFinished ? null : this.#writer?.abort(reason),
    ]);
  }

  #gone(error: unknown): void {
    const sink = this.#sink;
    if (sink === null) return;
    this.#sink = null;
    this.#timer?.cancel();
    this.#reader?.releaseLock();
    this.#writer?.releaseLock();
    this.#writer?.closed.catch(ignore);
    sink.closed(error);
  }
}
