import { checkCount, show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import type { StreamEnd } from "../net/address.ts";
import { END, iterating, step } from "./iteration.ts";
import { decode } from "./line-batch.ts";
import {
  readAll,
  readExactly,
  readFrame,
  readInto,
  readLine,
  readLineBatch,
  readUntil,
  type FrameDecoder,
} from "./reads.ts";
import { checkSeparators, type Separator } from "./separators.ts";
import { allBytes, pieceBytes, type ByteStreamStats, type LimitOption } from "./stream-options.ts";
import { StreamLife } from "./stream-life.ts";
import { StreamReader } from "./stream-reader.ts";
import { StreamWriter } from "./stream-writer.ts";
import type { TlsInfo, Transport } from "./transport.ts";

const encoder = new TextEncoder();
const same = <T>(value: T): T => value;
/**
 * A connection: bytes in both directions. TCP, TLS and Unix sockets are such, the pipes of a child process, and pipes in memory.
 *
 * One task reads at a time, any number may write. Leave it by `await using`, or call `close`: nobody else does.
 *
 * Cancel safety: a cancelled read has taken no byte. A cancelled write has taken all of its bytes or none, which `bytesWritten` tells.
 *
 * @example
 * import { connect, listen } from "tsyncio/io";
 * await using server = await listen({ host: "127.0.0.1", port: 0 }, async (stream) => {
 *   for await (const line of stream.lines()) await stream.write(`${line.toUpperCase()}\n`);
 * });
 * await using stream = await connect(server.address);
 * await stream.write("hello\n");
 * console.log(await stream.readLine()); // HELLO
 */
export class ByteStream implements AsyncDisposable, AsyncIterable<Uint8Array> {
  readonly #transport: Transport;
  readonly #reader: StreamReader;
  readonly #writer: StreamWriter;
  readonly #life: StreamLife;

  /** Takes over a transport that was not started. */
  constructor(transport: Transport) {
    this.#transport = transport;
    this.#reader = StreamReader.of(transport);
    this.#writer = new StreamWriter(transport);
    this.#life = new StreamLife(this.#reader, this.#writer, transport);
    transport.start(this.#life);
  }

  get local(): StreamEnd {
    return this.#transport.local;
  }

  get remote(): StreamEnd {
    return this.#transport.remote;
  }

  /** What was agreed on in the TLS handshake; null without TLS. */
  get tls(): TlsInfo | null {
    return this.#transport.tls;
  }

  /** Whether all data has come, and been read. */
  get isAtEnd(): boolean {
    return this.#reader.isAtEnd;
  }

  /** How many bytes were taken for sending. */
  get bytesWritten(): number {
    return this.#writer.bytesWritten;
  }

  /**
   * The bytes that have come, at least one and at most `maxBytes` (default: what came at once); null at the end of the data.
   *
   * @throws {ConnectionReset} when the connection was lost, after what had come before.
   * @throws {StreamBusy} while another task reads.
   * @throws {StreamClosed} after `close` or `abort`.
   */
  read(maxBytes: number = Infinity): Promise<Uint8Array | null> {
    return this.#reader.read(checkCount("maxBytes of read", maxBytes), same);
  }

  /** Reads into `target`, from its start, what has come. Gives the number of bytes, 0 at the end of the data. Throws as `read` does. */
  readInto(target: Uint8Array): Promise<number> {
    if (!(target instanceof Uint8Array))
      throw new InvalidArgument(`target of readInto is ${show(target)}. Give a Uint8Array.`);
    return readInto(this.#reader, target);
  }

  /**
   * Just `bytes` bytes. Throws as `read` does, and
   *
   * @throws {UnexpectedEnd} when the data ends before; `partial` has what came.
   */
  readExactly(bytes: number): Promise<Uint8Array> {
    if (!Number.isSafeInteger(bytes) || bytes < 0)
      throw new InvalidArgument(`bytes of readExactly is ${show(bytes)}. Give an integer of at least 0.`);
    return readExactly(this.#reader, bytes);
  }

  /**
   * The bytes up to and including a separator; of several the one that ends first. Throws as `read` does, and
   *
   * @throws {LimitOverrun} when it is longer than `maxBytes`. Nothing is taken then.
   * @throws {UnexpectedEnd} when the data ends before; `partial` has what came.
   */
  readUntil(separator: Separator | readonly Separator[], options: LimitOption = {}): Promise<Uint8Array> {
    return readUntil(this.#reader, checkSeparators(separator), pieceBytes("readUntil", options));
  }

  /**
   * The next line as text, without its end (`\n` or `\r\n`); null at the end of the data. The last line needs no end. What is no
   * UTF-8 comes as U+FFFD. Throws as `read` does, and
   *
   * @throws {LimitOverrun} when the line is longer than `maxBytes`. Nothing is taken then.
   */
  readLine(options: LimitOption = {}): Promise<string | null> {
    return readLine<string | null>(this.#reader, pieceBytes("readLine", options), same);
  }

  /** All bytes up to the end of the data; `maxBytes` is 16 MiB by default. Throws as `readUntil` does, but for the end. */
  readAll(options: LimitOption = {}): Promise<Uint8Array> {
    return readAll(this.#reader, allBytes(options));
  }

  /** {@link readAll} as text in UTF-8. */
  async readText(options: LimitOption = {}): Promise<string> {
    return decode(await this.readAll(options));
  }

  /** Iterates over the chunks as they come. Leaving the loop leaves the rest in the stream. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return { next: () => this.#reader.read<IteratorResult<Uint8Array, undefined>>(Infinity, step) };
  }

  /**
   * Iterates over the lines, as {@link readLine} gives them. Leaving the loop leaves the bytes after the last line in the stream.
   *
   * @example
   * import { memoryPipe } from "tsyncio/testing";
   * const [left, right] = memoryPipe();
   * await left.write("one\ntwo\n");
   * await left.end();
   * for await (const line of right.lines()) console.log(line);
   * // one
   * // two
   */
  lines(options: LimitOption = {}): AsyncIterableIterator<string, undefined> {
    const maxBytes = pieceBytes("lines", options);
    const reader = this.#reader;
    return iterating(() => readLine<IteratorResult<string, undefined>>(reader, maxBytes, step));
  }

  /** {@link lines} by the array, as many as have come: a loop inside the loop costs a fraction of a wait for each line. */
  lineBatches(options: LimitOption = {}): AsyncIterableIterator<string[], undefined> {
    const maxBytes = pieceBytes("lineBatches", options);
    const reader = this.#reader;
    return iterating(() => readLineBatch<IteratorResult<string[], undefined>>(reader, maxBytes, step));
  }

  /**
   * Iterates over frames, which `decoder` finds. Each may have up to `maxBytes` (default 64 KiB). Throws as `read` does, and
   *
   * @throws {LimitOverrun} when a frame is longer. Nothing is taken then.
   * @throws {UnexpectedEnd} when the data ends inside a frame.
   * @example
   * import { lengthPrefixed } from "tsyncio/io";
   * import { memoryPipe } from "tsyncio/testing";
   * const [left, right] = memoryPipe();
   * await left.write(lengthPrefixed.encode(new TextEncoder().encode("hello")));
   * await left.end();
   * for await (const frame of right.frames(lengthPrefixed.decode)) console.log(frame.length); // 5
   */
  frames<T>(decoder: FrameDecoder<T>, options: LimitOption = {}): AsyncIterableIterator<T, undefined> {
    const maxBytes = pieceBytes("frames", options);
    const reader = this.#reader;
    return iterating(() =>
      readFrame<T, IteratorResult<T, undefined>>(reader, decoder, maxBytes, (frame) =>
        frame === null ? END : { done: false, value: frame.value },
      ),
    );
  }

  /**
   * Writes bytes, or text in UTF-8. Waits for its turn behind other writes, then until the platform has taken the bytes: that is the
   * backpressure. The array may be changed afterwards.
   *
   * Cancel safety: when it is cancelled before its turn, nothing is written; afterwards all of it, and the array must be left alone
   * until `flush`. `bytesWritten` tells which.
   * @throws {ConnectionReset} when the connection was lost.
   * @throws {StreamClosed} after `end`, `close` or `abort`.
   */
  write(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    if (!(bytes instanceof Uint8Array))
      throw new InvalidArgument(`data of write is ${show(data)}. Give a Uint8Array or a string.`);
    return this.#writer.write(bytes);
  }

  /** Waits until everything that was written is with the platform. Throws as `write` does. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /** Ends our data, after what was written before; the peer can still send. Twice is the same as once. Throws as `write` does. */
  end(): Promise<void> {
    return this.#writer.end();
  }

  /**
   * Sends what was written and the end of data, and closes the connection. Waits up to 5 s for a peer that takes nothing, then cuts.
   * Twice is the same as once. It does not throw: who must know that the bytes were sent calls `end` before.
   *
   * Cancel safety: not a cancellation point.
   */
  close(): Promise<void> {
    return this.#life.close();
  }

  /** Cuts the connection at once. What was not sent is lost, and the peer sees a reset where the platform can tell it. */
  abort(): void {
    this.#life.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */ get reader(): StreamReader {
    return this.#reader;
  }

  /** @internal Takes the transport away from this stream, which is closed then, with the bytes that nobody has read. */
  detach(): { readonly transport: Transport; readonly unread: Uint8Array | null } {
    return { transport: this.#transport, unread: this.#life.detach() };
  }

  stats(): ByteStreamStats {
    const { bytesRead, bufferedBytes } = this.#reader;
    const { unsentBytes } = this.#transport;
    return { bytesRead, bytesWritten: this.bytesWritten, bufferedBytes, unsentBytes };
  }
}
