import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { ByteStream } from "../stream/byte-stream.ts";
import { bytesOf, type Chunk } from "./chunks.ts";
import { OutsideUse } from "./outside-use.ts";

/** The two directions of a byte stream. */
export interface WebStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Chunk>;
}

/**
 * A byte stream as web streams, for what wants those.
 *
 * `readable` reads when it is asked to, and nothing ahead. `writable` takes bytes, and text in UTF-8; closing it ends our data, aborting
 * it aborts the stream. Cancelling `readable` gives up what it waits for, and no byte that came is lost: it can still be read from
 * the stream. When both are done with, the stream is closed; who uses but one of them closes it himself.
 *
 * @throws {InvalidArgument} for what is no `ByteStream`.
 * @example
 * import { toWebStreams } from "tsyncio/io";
 * import { memoryPipe } from "tsyncio/testing";
 * const [left, right] = memoryPipe();
 * const { readable } = toWebStreams(right);
 * await left.write("hello");
 * await left.end();
 * console.log(await new Response(readable).text()); // hello
 * await left.close();
 * await right.close();
 */
export function toWebStreams(stream: ByteStream): WebStreams {
  if (!(stream instanceof ByteStream))
    throw new InvalidArgument(`stream of toWebStreams is ${show(stream)}. Give a ByteStream.`);
  const halves = new Halves(stream);
  return { readable: halves.readable(), writable: halves.writable() };
}

class Halves {
  readonly #use: OutsideUse;
  #isReadingDone = false;
  #isWritingDone = false;

  constructor(stream: ByteStream) {
    this.#use = new OutsideUse(stream);
  }

  readable(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          let hasEnded = false;
          await this.#use.handNext((chunk) => {
            if (chunk !== null) controller.enqueue(chunk);
            else hasEnded = true;
          });
          if (!hasEnded || this.#isReadingDone) return;
          controller.close();
          await this.#readingDone();
        },
        cancel: () => {
          this.#use.giveUpReading();
          return this.#readingDone();
        },
      },
      { highWaterMark: 0 },
    );
  }

  writable(): WritableStream<Chunk> {
    const { stream } = this.#use;
    const abort = (): void => stream.abort();
    return new WritableStream<Chunk>({
      // `abort` below comes only after a write under way, which may wait for ever.
      start: (controller) => controller.signal?.addEventListener("abort", abort, { once: true }),
      write: (chunk) => this.#use.run(async () => stream.write(bytesOf(chunk, "the writable"))),
      close: async () => {
        await this.#use.run(() => stream.end());
        this.#isWritingDone = true;
        await this.#checkDone();
      },
      abort: async () => {
        abort();
        await this.#use.close();
      },
    });
  }

  async #readingDone(): Promise<void> {
    this.#isReadingDone = true;
    await this.#checkDone();
  }

  async #checkDone(): Promise<void> {
    if (this.#isReadingDone && this.#isWritingDone) await this.#use.close();
  }
}
