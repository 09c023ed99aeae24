/**
 * The use of a byte stream by those who have no scope: consumers of streams of the platform.
 *
 * What they set off waits in the background scope of the runtime in which the adapter was made, so it hangs on no task that happens
 * to call, and is over when the stream is closed, or the runtime ends.
 */
import { withCancelScope, type CancelScope } from "../../kernel/cancel-scope.ts";
import { storage } from "../../kernel/current.ts";
import { inRoot } from "../../kernel/root-context.ts";
import { currentRuntime } from "../../kernel/runtime.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { ByteStream } from "../stream/byte-stream.ts";
import { handNext } from "../stream/reads.ts";

export class OutsideUse {
  readonly stream: ByteStream;
  readonly #scope: Scope = currentRuntime().backgroundScope;
  #reading: CancelScope | null = null;

  constructor(stream: ByteStream) {
    this.stream = stream;
  }

  run<T>(operation: () => Promise<T>): Promise<T> {
    return inRoot(() => storage.run(this.#scope, operation));
  }

  /** What comes next: null at the end, `undefined` when the reading was given up. */
  read(): Promise<Uint8Array | null | undefined> {
    return this.run(() =>
      withCancelScope((scope) => {
        this.#reading = scope;
        return this.stream.read();
      }),
    );
  }

  /** {@link read}, where what comes is handed to `take` in the step in which it leaves the stream; nothing once the reading was given up. */
  async handNext(take: (chunk: Uint8Array | null) => void): Promise<void> {
    await this.run(() =>
      withCancelScope((scope) => {
        this.#reading = scope;
        return handNext(this.stream.reader, take, () => !scope.cancelRequested);
      }),
    );
  }

  /** Takes back a read that waits. What comes stays in the stream. */
  giveUpReading(): void {
    this.#reading?.cancel("nobody reads on");
  }

  close(): Promise<void> {
    return this.run(() => this.stream.close());
  }
}
