import { checkFunction, show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { ConnectionReset } from "../errors.ts";
import { ByteStream } from "../stream/byte-stream.ts";
import { bytesOf } from "./chunks.ts";
import { OutsideUse } from "./outside-use.ts";

type Callback = (error?: Error | null) => void;

/** What the class `Duplex` is given: how a stream of its kind is read and written. */
export interface DuplexBehaviour {
  readonly read: () => void;
  readonly write: (chunk: unknown, encoding: string, tell: Callback) => void;
  readonly final: (tell: Callback) => void;
  readonly destroy: (error: Error | null, tell: Callback) => void;
}

/** What is used of a duplex that was made. */
interface MadeDuplex {
  push(chunk: Uint8Array | null): boolean;
  destroy(error?: Error): unknown;
  readonly writableFinished: boolean;
}

/**
 * A byte stream as a duplex of `node:stream`, for a library that wants one. `Duplex` is the class: of `node:stream`, or one like it.
 *
 * The duplex takes the stream over. Backpressure goes both ways: it reads no further ahead than its high-water mark, and a write is done
 * when the stream has taken it. Ending it ends our data. Once both directions have ended, or when it is destroyed, the stream is closed;
 * it is aborted where our data had not ended, or with an error. A lost connection is an error whose `code` is `ECONNRESET`, with the
 * `ConnectionReset` as its `cause`; other errors come as they are.
 *
 * @throws {InvalidArgument} for what is no stream or no class.
 * @example
 * import { Duplex } from "node:stream";
 * import { text } from "node:stream/consumers";
 * import { toNodeStream } from "tsyncio/io";
 * import { memoryPipe } from "tsyncio/testing";
 * const [left, right] = memoryPipe();
 * const duplex = toNodeStream(right, Duplex);
 * await left.write("hello");
 * await left.end();
 * console.log(await text(duplex)); // hello
 * duplex.destroy();
 * await left.close();
 */
export function toNodeStream<D extends object>(
  stream: ByteStream,
  Duplex: new (behaviour: DuplexBehaviour) => D,
): D {
  if (!(stream instanceof ByteStream))
    throw new InvalidArgument(`stream of toNodeStream is ${show(stream)}. Give a ByteStream.`);
  checkFunction("Duplex of toNodeStream", Duplex);
  return new Bridge(stream, Duplex).duplex;
}

class Bridge<D extends object> {
  readonly duplex: D;
  readonly #use: OutsideUse;
  #isReading = false;

  constructor(stream: ByteStream, Duplex: new (behaviour: DuplexBehaviour) => D) {
    this.#use = new OutsideUse(stream);
    this.duplex = new Duplex({
      read: () => void this.#read(),
      write: (chunk, _encoding, tell) =>
        this.#answer(tell, () => stream.write(bytesOf(chunk, "the duplex"))),
      final: (tell) => this.#answer(tell, () => stream.end()),
      destroy: (error, tell) => this.#destroy(error, tell),
    });
  }

  get #made(): MadeDuplex {
    return this.duplex as D & MadeDuplex;
  }

  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    let chunk: Uint8Array | null | undefined;
    try {
      chunk = await this.#use.read();
    } catch (error) {
      this.#made.destroy(toPlatformError(error));
      return;
    }
    this.#isReading = false;
    if (chunk !== undefined) this.#made.push(chunk);
  }

  #answer(tell: Callback, operation: () => Promise<void>): void {
    this.#use
      .run(async () => operation())
      .then(
        () => tell(),
        (error: unknown) => tell(toPlatformError(error)),
      );
  }

  #destroy(error: Error | null, tell: Callback): void {
    const { stream } = this.#use;
    this.#use.giveUpReading();
    if (error !== null || !this.#made.writableFinished) stream.abort();
    this.#use.close().then(
      () => tell(error),
      () => tell(error),
    );
  }
}

/** Programs for streams of the platform look at `code`. */
function toPlatformError(error: unknown): Error {
  if (error instanceof ConnectionReset)
    return Object.assign(new Error(error.message, { cause: error }), { code: "ECONNRESET" });
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}
