/**
 * An iterable as a {@link Transport} that is only read from.
 *
 * A task takes the chunks, a service of the scope in which the stream was made: the iterable's code runs in it, and is cancelled when
 * that scope or the stream is closed.
 *
 * States:  taking -> ended (all has come) -> closed.   From "taking" to closed by a failure, a `destroy`, or the end of the scope.
 */
import type { Engine } from "../../kernel/engine.ts";
import { currentScope } from "../../kernel/current.ts";
import { inRoot } from "../../kernel/root-context.ts";
import { cancellationIn } from "../../kernel/cancellation-in.ts";
import { WaitQueue } from "../../kernel/wait-queue.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import type { StreamEnd } from "../net/address.ts";
import type { TlsInfo, Transport, TransportSink } from "../stream/transport.ts";
import { bytesOf } from "./chunks.ts";
import { forEachChunk, type Chunks } from "./foreign-iterator.ts";
import { prematureClose } from "./premature-close.ts";
import { startService } from "./service.ts";

const NAME = "the iterable";

export class IterableTransport implements Transport {
  readonly local: StreamEnd = { name: NAME };
  readonly remote: StreamEnd = { name: NAME };
  readonly tls: TlsInfo | null = null;
  readonly unsentBytes = 0;
  readonly #chunks: Chunks;
  readonly #engine: Engine = currentScope().engine;
  readonly #resumed: WaitQueue = new WaitQueue(`room for what comes from ${NAME}`);
  #sink: TransportSink | null = null;
  #stop: (() => void) | null = null;
  #isPaused = false;
  #isDestroyed = false;
  #hasEnded = false;
  #failure: unknown = null;

  constructor(chunks: Chunks) {
    this.#chunks = chunks;
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    // Its end comes at once where the scope is cancelled already, and nothing may be delivered from within.
    const soon = (): void => inRoot(() => this.#engine.host.microtask(() => this.#stopped()));
    this.#stop = startService(NAME, () => this.#run(), soon);
  }

  write(): boolean {
    throw new InvalidArgument(`${NAME} is only read from.`);
  }

  writeText(): boolean {
    return this.write();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#resumed.wakeAll(undefined);
  }

  end(): void {}

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    if (this.#hasEnded) inRoot(() => this.#engine.host.microtask(() => this.#closed(null)));
    else this.#stop?.();
  }

  keepAlive(): void {}

  async #run(): Promise<void> {
    try {
      await forEachChunk(this.#chunks, async (chunk) => {
        // The iterable may use its array again.
        const bytes = bytesOf(chunk, NAME).slice();
        if (bytes.length > 0 && !this.#isDestroyed) inRoot(() => this.#sink?.arrived(bytes));
        while (this.#isPaused) await this.#resumed.park(undefined);
      });
      this.#hasEnded = true;
    } catch (error) {
      const isCancelled = cancellationIn(currentScope(), error) !== null;
      this.#failure = isCancelled ? prematureClose(NAME) : (error ?? prematureClose(NAME));
    }
  }

  /** The task is over. */
  #stopped(): void {
    if (this.#isDestroyed) this.#closed(null);
    else if (this.#hasEnded) this.#sink?.ended();
    else this.#closed(this.#failure);
  }

  #closed(error: unknown): void {
    const sink = this.#sink;
    this.#sink = null;
    sink?.closed(error);
  }
}
