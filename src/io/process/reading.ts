import { withTimeoutOr } from "../../flow/time-limit.ts";
import { withCancelScope, type CancelScope } from "../../kernel/cancel-scope.ts";
import { Event } from "../../sync/event.ts";
import type { ByteStream } from "../stream/byte-stream.ts";

/** Takes a piece of what a child wrote. False: it wants no more. */
export type Take = (chunk: Uint8Array) => boolean | Promise<boolean>;

/** So long a pipe must be silent, once no process is left that we know of, before it counts as ended. */
const SILENT_MS = 1_000;

/**
 * Reads one output of a child to its end.
 *
 * A process that has left its group (a daemon) may hold the pipe open for ever. So once the group is gone the reading ends when nothing
 * has come for a while; what the child itself wrote stands in the pipe by then, and has been read.
 */
export class Reading {
  readonly #done = new Event();
  readonly #stream: ByteStream;
  #scope: CancelScope | null = null;
  #chunks = 0;
  /** The taker has a chunk and is not done with it: the reading is not the one that is slow. */
  #isHeld = false;
  #isCut = false;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  async run(take: Take): Promise<void> {
    try {
      for (;;) {
        const chunk = await this.#next();
        if (chunk === null) return;
        this.#chunks++;
        this.#isHeld = true;
        const wantsMore = await take(chunk);
        this.#isHeld = false;
        if (!wantsMore) return;
      }
    } finally {
      this.#done.set();
    }
  }

  /** Waits for the end of the reading, where no process is left in the group. */
  async settle(): Promise<void> {
    while (!this.#done.isSet) {
      const before = this.#chunks;
      const wasHeld = this.#isHeld;
      await withTimeoutOr(SILENT_MS, () => this.#done.wait(), undefined);
      if (this.#done.isSet || wasHeld || this.#isHeld || this.#chunks !== before) continue;
      this.#isCut = true;
      this.#scope?.cancel("nobody that we know of writes any more");
    }
  }

  async #next(): Promise<Uint8Array | null> {
    if (this.#isCut) return null;
    const chunk = await withCancelScope((scope) => {
      this.#scope = scope;
      return this.#stream.read();
    });
    this.#scope = null;
    return chunk ?? null;
  }
}
