/** The receiving half of a client's connection: makes responses of its bytes, and hands them to the calls that they answer. */
import type { Host } from "../../kernel/host.ts";
import { DATA, END, HEAD, MORE } from "../wire/events.ts";
import type { WireLimits } from "../wire/limits.ts";
import type { ResponseHead } from "../wire/response-head.ts";
import { ResponseReader } from "../wire/response-reader.ts";
import type { Call } from "./call.ts";
import { deliver } from "./delivery.ts";

export class ResponseIntake {
  readonly #host: Host;
  readonly #reader: ResponseReader;
  /** A head that was read and not delivered, and the first piece behind it. */
  #pending: ResponseHead | null = null;
  #first: Uint8Array | null = null;
  #hasHead = false;
  #bodyBytesCome = 0;
  /** Told that the server wants the body of the request. */
  readonly #onContinue: () => void;

  constructor({ host, limits }: { host: Host; limits: WireLimits }, onContinue: () => void) {
    this.#host = host;
    this.#reader = new ResponseReader(limits);
    this.#onContinue = onContinue;
  }

  /** The head of the response that is being read, or was read last. */
  get head(): ResponseHead {
    return this.#reader.head;
  }

  /** How many bytes the body has, and how many of them are still to come; -1 where that is not known. */
  get bodyBytes(): number {
    return this.#hasHead ? this.#reader.head.bodyBytes : -1;
  }

  get bytesLeft(): number {
    const { bodyBytes } = this;
    return bodyBytes < 0 ? -1 : bodyBytes - this.#bodyBytesCome;
  }

  /** Whether a byte of the response has come that is expected, or of one that is not. */
  get hasHeard(): boolean {
    return this.#hasHead || !this.#reader.isBetweenMessages;
  }

  /** Whether nothing has come behind the response that was read last. */
  get isBetweenMessages(): boolean {
    return this.#reader.isBetweenMessages;
  }

  /** The next response answers a request of this method. */
  expect(method: string): void {
    this.#hasHead = false;
    this.#bodyBytesCome = 0;
    this.#reader.expect(method);
  }

  /**
   * Bytes have come for `call`. True when its response is over.
   *
   * @throws {HttpProtocolError} when they are no response.
   */
  push(call: Call, bytes: Uint8Array, now: number): boolean {
    const reader = this.#reader;
    reader.push(bytes);
    while (!call.isOver) {
      switch (reader.next()) {
        case MORE:
          if (this.#pending !== null) this.#answer(call, this.#pending, now, false);
          return false;
        case HEAD:
          this.#readHead(call, reader.head);
          break;
        case DATA:
          this.#readData(call, reader.data, now);
          break;
        case END:
          this.#end(call, now);
          return true;
      }
    }
    return false;
  }

  /**
   * Nothing more will come. True when that is the end of the response.
   *
   * @throws {HttpProtocolError} when it ends in the midst of one.
   */
  finish(call: Call, now: number): boolean {
    if (this.#reader.finish() !== END) return false;
    this.#end(call, now);
    return true;
  }

  #readHead(call: Call, head: ResponseHead): void {
    if (head.isTunnel)
      throw new Error(`the server has switched to ${head.upgrade ?? "a tunnel"}, which nobody asked for`);
    if (head.status >= 200) {
      this.#hasHead = true;
      this.#pending = head;
      // What is refused need not be sent to its end.
      if (head.status >= 300) call.cancelUpload();
    } else if (head.status === 100) this.#onContinue();
  }

  #readData(call: Call, data: Uint8Array, now: number): void {
    this.#bodyBytesCome += data.length;
    if (this.#pending !== null && this.#first === null) {
      this.#first = data;
      return;
    }
    if (this.#pending !== null) this.#answer(call, this.#pending, now, false);
    call.arrived(data);
  }

  #end(call: Call, now: number): void {
    if (this.#pending !== null) this.#answer(call, this.#pending, now, true);
    else call.ended(now, this.#reader.trailers);
  }

  /** Delivers the head, with what has come behind it. */
  #answer(call: Call, head: ResponseHead, now: number, isWhole: boolean): void {
    const first = this.#first;
    this.#pending = null;
    this.#first = null;
    const trailers = isWhole ? this.#reader.trailers : null;
    deliver(call, { head, first, isWhole, trailers }, this.#host, now);
  }
}
