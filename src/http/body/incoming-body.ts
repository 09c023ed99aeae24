/**
 * The body of a message that comes in. To its connection it is a `BodyReceiver`, of which its published type says nothing.
 *
 * States:  coming -> complete -> used (given out to its end)
 *                 -> failed, closed: by the connection
 *
 * Most bodies come in one piece and are read by the whole. Such a body is this one object: `#whole` holds the bytes, and a read decodes them
 * and settles at once. Only what comes in more pieces, or is read by the piece, gets a {@link StreamReader}, in which it is as in a stream.
 *
 * Invariants
 * - `#whole` holds bytes only while there is no reader, and they are all that has come.
 * - A read takes its bytes in the step in which it has its result: one that is cancelled, or finds the body too large, has taken none.
 * - The source is told `wanted` once, by the first read that finds the body incomplete and not announced as too large.
 */
import { checkCount } from "../../base/check.ts";
import { LimitOverrun } from "../../io/errors.ts";
import { iterating, step } from "../../io/stream/iteration.ts";
import { readAll, readLine } from "../../io/stream/reads.ts";
import type { LimitOption } from "../../io/stream/stream-options.ts";
import { StreamReader } from "../../io/stream/stream-reader.ts";
import { delivered, refusal } from "../../kernel/park.ts";
import type { BodySource } from "./body-source.ts";
import { bytesOf, formOf, jsonOf, lineDecoderOf, textOf, type Conversion } from "./body-text.ts";
import { lineBytesOf, maxBytesOf, NO_LIMIT, type BodyLimit } from "./body-limit.ts";
import { BodyTooLarge, BodyUsed } from "./errors.ts";
import { isSchema, type StandardSchema } from "./standard-schema.ts";
import { validated } from "./validation.ts";
import { webStreamOf } from "./web-stream.ts";

/**
 * The body of a request that a server got, or of a response that a client got. It is read once: by the whole, or piece by piece.
 *
 * One task reads at a time. Leaving a loop over it leaves the rest in the body.
 *
 * Cancel safety: a cancelled read has taken no byte.
 *
 * @example
 * import { HttpClient, serve } from "tsyncio/http";
 * await using server = await serve(() => "one\ntwo\n", { port: 0 });
 * await using http = new HttpClient();
 * await using response = await http.get(server.url);
 * for await (const line of response.body.lines()) console.log(line);
 * // one
 * // two
 */
export class IncomingBody implements AsyncIterable<Uint8Array> {
  readonly #source: BodySource;
  #whole: Uint8Array | null;
  #reader: StreamReader | null = null;
  #isComplete: boolean;
  #isUsed = false;
  #wasWanted = false;
  #failure: Error | null = null;
  /** @internal What reading it by the whole failed with last. */
  fault: unknown = null;

  /** @internal `whole`: the bytes of a body that has come already, or null for one whose bytes the source will deliver. */
  constructor(source: BodySource, whole: Uint8Array | null) {
    this.#source = source;
    this.#whole = whole;
    this.#isComplete = whole !== null;
  }

  /** Whether all of it has come. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Whether all of it has come, and been read. */
  get isAtEnd(): boolean {
    if (this.#reader !== null) return this.#reader.isAtEnd;
    return this.#isComplete && (this.#isUsed || this.#whole === null || this.#whole.length === 0);
  }

  /** How many bytes have come and were not read. */
  get bufferedBytes(): number {
    return this.#reader?.bufferedBytes ?? this.#whole?.length ?? 0;
  }

  /**
   * The whole body as bytes.
   *
   * @throws {BodyTooLarge} when it is longer than `maxBytes`, or announced so. Nothing is taken then.
   * @throws {BodyUsed} when it has been read before.
   * @throws {StreamBusy} while another task reads.
   * @throws {ConnectionReset} when the connection was lost before all had come.
   */
  bytes(options: BodyLimit = NO_LIMIT): Promise<Uint8Array> {
    return this.#wholly("bytes", options, bytesOf);
  }

  /**
   * The whole body as text, by the charset of its content type (default UTF-8; what is none comes as U+FFFD). Throws as `bytes` does, and
   *
   * @throws {BodyInvalid} when the charset is not known.
   */
  text(options: BodyLimit = NO_LIMIT): Promise<string> {
    return this.#wholly("text", options, textOf);
  }

  /**
   * The whole body as JSON: of no known type, or of the type of a schema (Standard Schema: zod, valibot, arktype and others). Throws as `bytes`
   * does, and
   *
   * @throws {BodyInvalid} when it is no JSON, or the schema refuses it: `position` and `issues` say where. The body has been taken then.
   */
  json(options?: BodyLimit): Promise<unknown>;
  json<T>(schema: StandardSchema<T>, options?: BodyLimit): Promise<T>;
  json<T>(
    first: BodyLimit | StandardSchema<T> = NO_LIMIT,
    options: BodyLimit = NO_LIMIT,
  ): Promise<unknown> {
    if (!isSchema(first)) return this.#wholly("json", first, jsonOf);
    const value = this.#wholly("json", options, jsonOf);
    return validated(value, first as StandardSchema<T>, this.#source.name);
  }

  /** The whole body as the fields of a form (`application/x-www-form-urlencoded`). Throws as `text` does. */
  form(options: BodyLimit = NO_LIMIT): Promise<URLSearchParams> {
    return this.#wholly("form", options, formOf);
  }

  /** What has come, at least one byte and at most `maxBytes`; null at the end. Throws as `bytes` does, but for the limit. */
  read(maxBytes: number = Infinity): Promise<Uint8Array | null> {
    const most = checkCount("maxBytes of read", maxBytes);
    return this.#piece(() => this.#pieces().read(most, (piece) => piece));
  }

  /** Iterates over the pieces as they come. Throws as `read` does. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    const next = () => this.#pieces().read<IteratorResult<Uint8Array, undefined>>(Infinity, step);
    return { next: () => this.#piece(next) };
  }

  /**
   * Iterates over the lines, without their ends (`\n` or `\r\n`); the last one needs none. `maxBytes` is for one line. Throws as `read` does, and
   *
   * @throws {LimitOverrun} when a line is longer than `maxBytes` (default 65,536). Nothing of it is taken then.
   * @throws {BodyInvalid} when the charset is not known.
   */
  lines(options: LimitOption = {}): AsyncIterableIterator<string, undefined> {
    const maxBytes = lineBytesOf(options);
    const decoder = lineDecoderOf(this.#source);
    return iterating(() =>
      this.#piece(() => {
        const reader = this.#pieces();
        if (decoder !== null) reader.lines.decodeBy(decoder);
        return readLine<IteratorResult<string, undefined>>(reader, maxBytes, step);
      }),
    );
  }

  /** A web stream of the pieces, for what wants one. It reads nothing ahead; cancelling it leaves the rest in the body. */
  webStream(): ReadableStream<Uint8Array> {
    return webStreamOf(this);
  }

  /** @internal */ arrived(bytes: Uint8Array): void {
    if (this.#failure !== null) return;
    if (this.#reader === null && this.#whole === null) this.#whole = bytes;
    else this.#pieces().arrived(bytes);
  }

  /** @internal */ ended(): void {
    if (this.#failure !== null) return;
    this.#isComplete = true;
    if (this.#reader === null) this.#whole ??= new Uint8Array(0);
    else this.#reader.ended();
  }

  /** @internal */ failed(error: Error): void {
    if (!this.#isComplete && this.#failure === null) this.#pieces().lose(error);
  }

  /** @internal */ close(error: Error): void {
    this.#failure ??= error;
    this.#whole = null;
    this.#reader?.close(error);
    this.#source.closed?.();
  }

  /** @internal For one who has just come from a wait: what is there is given without a promise, and what is wrong is thrown. */
  whole<T>(convert: Conversion<T>, limit: number = this.#source.maxBytes): T | Promise<T> {
    const refused = refusal() ?? this.#refusal(true);
    if (refused !== null) return refused;
    const bytes = this.#whole;
    if (!this.#isComplete || bytes === null) return this.#later(limit, convert);
    if (bytes.length > limit) throw this.#tooLarge(limit, null);
    this.#whole = null;
    this.#isUsed = true;
    return convert(bytes, this.#source);
  }

  #wholly<T>(operation: string, options: BodyLimit, convert: Conversion<T>): Promise<T> {
    const limit = maxBytesOf(operation, options, this.#source.maxBytes);
    try {
      const value = this.whole(convert, limit);
      return value instanceof Promise ? value : delivered(value);
    } catch (error) {
      return Promise.reject((this.fault = error));
    }
  }

  async #later<T>(limit: number, convert: Conversion<T>): Promise<T> {
    const { announcedBytes } = this.#source;
    try {
      if (announcedBytes !== null && announcedBytes > limit) throw this.#tooLarge(limit, announcedBytes);
      this.#want();
      const bytes = await readAll(this.#pieces(), limit);
      this.#isUsed = true;
      return convert(bytes, this.#source);
    } catch (error) {
      throw (this.fault = error instanceof LimitOverrun ? this.#tooLarge(limit, null) : error);
    }
  }

  #piece<T>(read: () => Promise<T>): Promise<T> {
    const refused = refusal() ?? this.#refusal(false);
    if (refused !== null) return refused;
    this.#want();
    return read();
  }

  #refusal(isWhole: boolean): Promise<never> | null {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const reader = isWhole ? this.#reader : null;
    if (!this.#isUsed && (reader === null || !reader.isAtEnd || reader.bytesRead === 0)) return null;
    return Promise.reject(new BodyUsed("read", this.#source.name));
  }

  #tooLarge(limit: number, announcedBytes: number | null): BodyTooLarge {
    return new BodyTooLarge(this.#source.name, limit, announcedBytes);
  }

  #want(): void {
    if (this.#wasWanted || this.#isComplete) return;
    this.#wasWanted = true;
    this.#source.wanted?.();
  }

  /** The reader for what comes, and is read, in pieces. */
  #pieces(): StreamReader {
    if (this.#reader !== null) return this.#reader;
    const reader = (this.#reader = new StreamReader(this.#source));
    if (this.#whole !== null) reader.arrived(this.#whole);
    this.#whole = null;
    if (this.#isComplete) reader.ended();
    return reader;
  }
}
