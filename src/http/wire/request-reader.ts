/**
 * Reads the requests of one connection out of its bytes. It does no I/O, never waits, and knows no clock: bytes are pushed, and `next` is
 * called until it asks for more.
 *
 * States:  between messages -> (head) -> HEAD -> DATA* -> END -> between messages ...
 * Invariants
 * - Events and errors depend on the bytes alone, not on how they were cut when they came (but for where DATA is cut).
 * - After an error there is nothing but that error: nobody knows where a next message would begin.
 * - A head that has come whole is never looked at byte by byte.
 */
import { BodyReader } from "./body-reader.ts";
import { ByteInput } from "./byte-input.ts";
import { CR } from "./characters.ts";
import { END, HEAD, MORE, type ReadEvent } from "./events.ts";
import type { HttpHeaders } from "./fields.ts";
import { headEnd, requestHeadPattern } from "./head-patterns.ts";
import { HeadScan } from "./head-scan.ts";
import type { WireLimits } from "./limits.ts";
import { RequestHead } from "./request-head.ts";

export class RequestReader {
  readonly #limits: WireLimits;
  readonly #input: ByteInput = new ByteInput();
  readonly #body: BodyReader;
  #isInBody = false;
  #head: RequestHead | null = null;
  /** Where a head came in pieces, or is not valid. */
  #scan: HeadScan | null = null;
  #failure: unknown = null;

  constructor(limits: WireLimits) {
    this.#limits = limits;
    this.#body = new BodyReader(limits);
  }

  /** The head of the message that is being read, or was read last; nothing any more once `next` has asked for more behind it. */
  get head(): RequestHead {
    if (this.#head === null) throw new TypeError("no head has been read");
    return this.#head;
  }

  /** The piece of the body that came with DATA. It is the caller's. */
  get data(): Uint8Array {
    return this.#body.data;
  }

  /** The trailer fields, from END on; null without any. */
  get trailers(): HttpHeaders | null {
    return this.#body.trailers;
  }

  /** Bytes that were pushed and belong to no event yet. */
  get unreadBytes(): number {
    return this.#input.unreadBytes;
  }

  /** Whether nothing of a next message has been seen. Empty lines are nothing. */
  get isBetweenMessages(): boolean {
    if (this.#isInBody || this.#failure !== null) return false;
    return this.#scan === null ? this.#input.unreadBytes === 0 : this.#scan.isBeforeHead;
  }

  /** Takes `bytes` over: they are the reader's, and what it hands out is a part of them. */
  push(bytes: Uint8Array): void {
    this.#input.push(bytes);
  }

  /** What is unread, for whoever goes on with the connection after an upgrade or CONNECT; null where nothing is. */
  takeUnread(): Uint8Array | null {
    this.#scan = null;
    return this.#input.takeUnread();
  }

  /**
   * The next event.
   * @throws {HttpProtocolError} when the bytes are no request, or break a limit; from then on, always.
   */
  next(): ReadEvent {
    if (this.#failure !== null) throw this.#failure;
    try {
      const event = this.#isInBody ? this.#body.next(this.#input) : this.#nextHead();
      if (event === END) this.#isInBody = false;
      if (event === MORE || event === END) this.#input.release();
      return event;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  #nextHead(): ReadEvent {
    const input = this.#input;
    if (input.unreadBytes === 0) {
      // An idle connection retains nothing of its last message.
      this.#head = null;
      return MORE;
    }
    if (this.#scan === null && input.bytes[input.at] !== CR) {
      const text = input.headText(this.#limits.headBytes);
      const end = headEnd(requestHeadPattern, text);
      if (end > 0) return this.#begin(text, end);
    }
    const scan = (this.#scan ??= new HeadScan("request", this.#limits));
    if (!scan.run(input.bytes, input.at, input.end)) return MORE;
    const text = input.latin1(input.at + scan.skippedBytes, input.at + scan.offset);
    input.at += scan.skippedBytes;
    this.#scan = null;
    return this.#begin(text, text.length);
  }

  #begin(text: string, end: number): ReadEvent {
    this.#head = new RequestHead(text, end, this.#limits);
    this.#input.at += end;
    this.#body.begin(this.#head.bodyBytes);
    this.#isInBody = true;
    return HEAD;
  }
}
