/**
 * One coding of a content being undone: coded bytes in, decoded ones out, in step with whoever takes them.
 *
 * States:  empty -> decoding -> ending (the code is complete, or will not be) -> over
 *
 * Invariants
 * - What has come in is decoded and handed on before its end is, or its failure.
 * - There is a decoder from the first bytes on until the stage is over; an empty code has none, and is an empty content.
 * - Upstream is held exactly while the decoder is backed up.
 */
import type { Host } from "../../kernel/host.ts";
import { httpPlatform } from "../platform.ts";
import { CodedInput } from "./coded-input.ts";
import type { Coding, CodingFault, Decoder, DecoderEvents } from "./decoder.ts";
import { StepDecoder } from "./step-decoder.ts";

/** What takes bytes: the next stage, or the body. */
export interface Downstream {
  take(bytes: Uint8Array): void;
  end(): void;
  /** No more will come, for this reason. */
  fail(error: Error): void;
}

/** What gives bytes: the stage before, or the connection. */
export interface Upstream {
  hold(): void;
  release(): void;
}

/** What all stages of a body have in common, and what is before the first of them and behind the last. */
export interface Decoding extends Upstream, Downstream {
  /** The host in a simulation, where decoding takes no real time; null outside. */
  readonly simulated: Host | null;
  /** `bytes` more have been decoded: false where that is too much, and the whole decoding is given up. */
  allows(stage: DecodingStage, bytes: number): boolean;
  error(fault: CodingFault, coding: Coding, cause: unknown): Error;
}

export class DecodingStage implements Upstream, Downstream, DecoderEvents {
  readonly #coding: Coding;
  readonly #decoding: Decoding;
  readonly #input: CodedInput;
  #upstream: Upstream;
  #downstream: Downstream;
  #decoder: Decoder | null = null;
  #isHeld = false;
  #isBackedUp = false;
  #isOver = false;
  /** Why the code will not be complete. */
  #failure: Error | null = null;
  /** How many bytes came out. */
  decodedBytes = 0;

  constructor(coding: Coding, decoding: Decoding) {
    this.#coding = coding;
    this.#decoding = decoding;
    this.#input = new CodedInput(coding);
    this.#upstream = decoding;
    this.#downstream = decoding;
  }

  /** Puts this stage behind another, which delivers to it. */
  follow(before: DecodingStage): void {
    this.#upstream = before;
    before.#downstream = this;
  }

  take(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#decoder !== null) return this.#give(bytes, this.#decoder);
    const first = this.#input.begin(bytes);
    if (first !== null) this.#give(first, this.#open(first));
  }

  end(): void {
    if (this.#isOver) return;
    const { kept } = this.#input;
    if (this.#decoder === null && kept.length > 0) this.#give(kept, this.#open(kept));
    if (this.#decoder !== null) this.#decoder.end();
    else this.#finish();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.end();
  }

  hold(): void {
    this.#isHeld = true;
    this.#decoder?.pause();
  }

  release(): void {
    this.#isHeld = false;
    this.#decoder?.resume();
  }

  /** Gives up: nothing more is handed on. */
  destroy(): void {
    this.#isOver = true;
    this.#decoder?.destroy();
    this.#decoder = null;
  }

  decoded(bytes: Uint8Array): void {
    if (this.#isOver || !this.#decoding.allows(this, bytes.length)) return;
    this.decodedBytes += bytes.length;
    this.#downstream.take(bytes);
  }

  drained(): void {
    if (!this.#isBackedUp) return;
    this.#isBackedUp = false;
    this.#upstream.release();
  }

  ended(): void {
    if (this.#input.isBroken) this.failed("corrupt", undefined);
    else if (this.#input.isCutOff) this.failed("truncated", undefined);
    else this.#finish();
  }

  failed(fault: CodingFault, cause: unknown): void {
    this.#failure ??= this.#decoding.error(fault, this.#coding, cause);
    this.#finish();
  }

  #open(first: Uint8Array): Decoder {
    const coding = this.#input.codingOf(first);
    const { simulated } = this.#decoding;
    const decoder =
      simulated === null
        ? httpPlatform().decoders.open(coding, this)
        : new StepDecoder(coding, this, simulated);
    this.#decoder = decoder;
    if (this.#isHeld) decoder.pause();
    return decoder;
  }

  #give(bytes: Uint8Array, decoder: Decoder): void {
    if (this.#input.give(bytes, decoder) || this.#isBackedUp) return;
    this.#isBackedUp = true;
    this.#upstream.hold();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.destroy();
    if (this.#failure === null) this.#downstream.end();
    else this.#downstream.fail(this.#failure);
  }
}
