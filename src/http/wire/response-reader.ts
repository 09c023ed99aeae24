/**
 * Reads the responses of one connection out of its bytes, as {@link RequestReader} does requests. It has to be told of each request, for
 * the answers to HEAD and CONNECT have a form of their own.
 *
 * Interim responses (1xx) are events HEAD without an END, followed by the next HEAD; only status 101 is final, for HTTP ends with it.
 */
import { BodyReader } from "./body-reader.ts";
import { ByteInput } from "./byte-input.ts";
import { HttpProtocolError, refuseMessage } from "./errors.ts";
import { END, HEAD, MORE, type ReadEvent } from "./events.ts";
import type { HttpHeaders } from "./fields.ts";
import { headEnd, responseHeadPattern } from "./head-patterns.ts";
import { HeadScan } from "./head-scan.ts";
import type { WireLimits } from "./limits.ts";
import { ResponseHead } from "./response-head.ts";

export class ResponseReader {
  readonly #limits: WireLimits;
  readonly #input: ByteInput = new ByteInput();
  readonly #body: BodyReader;
  #method = "GET";
  #isInBody = false;
  /** Interim responses were seen, and their final one was not. */
  #interimCount = 0;
  #head: ResponseHead | null = null;
  #scan: HeadScan | null = null;
  #failure: unknown = null;

  constructor(limits: WireLimits) {
    this.#limits = limits;
    this.#body = new BodyReader(limits);
  }

  /** Says the method of the request whose response comes next. Called before each. */
  expect(method: string): void {
    this.#method = method;
  }

  /** The head of the message that is being read, or was read last. */
  get head(): ResponseHead {
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

  /** Whether nothing of a next message has been seen. */
  get isBetweenMessages(): boolean {
    if (this.#isInBody || this.#failure !== null || this.#interimCount > 0) return false;
    return this.#input.unreadBytes === 0;
  }

  /** Takes `bytes` over: they are the reader's, and what it hands out is a part of them. */
  push(bytes: Uint8Array): void {
    this.#input.push(bytes);
  }

  /** What is unread, for whoever goes on with the connection as a tunnel; null where nothing is. */
  takeUnread(): Uint8Array | null {
    this.#scan = null;
    return this.#input.takeUnread();
  }

  /**
   * The next event. Behind a head with `isTunnel` and its END it is MORE for ever: what comes then is for `takeUnread`.
   * @throws {HttpProtocolError} when the bytes are no response, or break a limit; from then on, always.
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

  /**
   * The connection's data has ended, and `next` has asked for more: END for a body that runs until then, MORE between messages.
   * @throws {HttpProtocolError} within a message.
   */
  finish(): ReadEvent {
    if (this.#failure !== null) throw this.#failure;
    if (this.#isInBody && this.#body.isUntilClose) {
      this.#isInBody = false;
      return END;
    }
    if (this.isBetweenMessages || (!this.#isInBody && this.#head?.isTunnel === true)) return MORE;
    this.#failure = new HttpProtocolError("truncated");
    throw this.#failure;
  }

  #nextHead(): ReadEvent {
    const input = this.#input;
    if (input.unreadBytes === 0 || this.#head?.isTunnel === true) return MORE;
    if (this.#scan === null) {
      const text = input.headText(this.#limits.headBytes);
      const end = headEnd(responseHeadPattern, text);
      if (end > 0) return this.#begin(text, end);
    }
    const scan = (this.#scan ??= new HeadScan("response", this.#limits));
    if (!scan.run(input.bytes, input.at, input.end)) return MORE;
    const text = input.latin1(input.at, input.at + scan.offset);
    this.#scan = null;
    return this.#begin(text, text.length);
  }

  #begin(text: string, end: number): ReadEvent {
    const head = new ResponseHead(text, end, this.#method, this.#limits);
    this.#head = head;
    this.#input.at += end;
    if (head.status < 200 && !head.isTunnel) {
      if (++this.#interimCount > this.#limits.interimResponses) refuseMessage("interim-count");
      return HEAD;
    }
    this.#interimCount = 0;
    this.#body.begin(head.bodyBytes);
    this.#isInBody = true;
    return HEAD;
  }
}
