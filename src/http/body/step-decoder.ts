/**
 * A decoder for simulations, where nothing may take real time: it decodes in the step in which it is given bytes, and delivers in the next
 * microtask.
 *
 * The platforms decode at once only from the beginning of a code. So this one begins anew each time, and hands on what has been added: good
 * enough for what a simulation sends.
 */
import { inRoot } from "../../kernel/root-context.ts";
import type { Host } from "../../kernel/host.ts";
import { httpPlatform } from "../platform.ts";
import { faultOf, type Coding, type Decoder, type DecoderEvents } from "./decoder.ts";

/** In pieces of this size the platforms' decoders deliver, and beyond this they are backed up. */
const PIECE_BYTES = 16_384;
const HIGH_WATER_BYTES = 65_536;
const MOST_BYTES = 2 ** 28;

/** What is delivered: bytes, the end, or the platform's error. */
type Delivery = Uint8Array | "end" | { readonly error: unknown };

export class StepDecoder implements Decoder {
  readonly #coding: Coding;
  readonly #to: DecoderEvents;
  readonly #host: Host;
  #code: Uint8Array = new Uint8Array(0);
  #decodedBytes = 0;
  readonly #deliveries: Delivery[] = [];
  #waitingBytes = 0;
  #isPaused = false;
  #isScheduled = false;
  #isOver = false;

  constructor(coding: Coding, to: DecoderEvents, host: Host) {
    this.#coding = coding;
    this.#to = to;
    this.#host = host;
  }

  write(bytes: Uint8Array, endsFrame: boolean): boolean {
    const code = new Uint8Array(this.#code.length + bytes.length);
    code.set(this.#code);
    code.set(bytes, this.#code.length);
    this.#code = code;
    this.#decode(endsFrame);
    if (endsFrame) this.#code = new Uint8Array(0);
    if (endsFrame) this.#decodedBytes = 0;
    this.#schedule();
    return this.#waitingBytes < HIGH_WATER_BYTES;
  }

  end(): void {
    if (this.#code.length > 0) this.#decode(true);
    this.#deliveries.push("end");
    this.#schedule();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#schedule();
  }

  destroy(): void {
    this.#isOver = true;
  }

  #decode(isComplete: boolean): void {
    try {
      const all = httpPlatform().decoders.decode(this.#coding, this.#code, MOST_BYTES, isComplete);
      for (let at = this.#decodedBytes; at < all.length; at += PIECE_BYTES)
        this.#deliveries.push(all.slice(at, at + PIECE_BYTES));
      this.#waitingBytes += all.length - this.#decodedBytes;
      this.#decodedBytes = all.length;
    } catch (error) {
      this.#deliveries.push({ error });
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    inRoot(() => this.#host.microtask(() => this.#deliver()));
  }

  #deliver(): void {
    this.#isScheduled = false;
    for (const delivery of this.#deliveries.splice(0)) {
      if (this.#isOver) return;
      if (this.#isPaused) this.#deliveries.push(delivery);
      else this.#hand(delivery);
    }
    if (!this.#isPaused && !this.#isOver) this.#to.drained();
  }

  #hand(delivery: Delivery): void {
    if (delivery instanceof Uint8Array) {
      this.#waitingBytes -= delivery.length;
      this.#to.decoded(delivery);
      return;
    }
    this.#isOver = true;
    if (delivery === "end") this.#to.ended();
    else this.#to.failed(faultOf(delivery.error), delivery.error);
  }
}
