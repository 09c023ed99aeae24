/**
 * Looks at a head byte by byte: one that has come in pieces, is not valid, or is over a limit. What comes whole and is valid takes the
 * regular expressions of `head-patterns.ts` instead, which let through exactly what this does (a test holds them together).
 *
 * It refuses at the first byte that no head can have there, so that a peer which speaks another protocol is not waited for. It goes on
 * where it stopped: many small pieces cost no more than one large one.
 */
import { classes } from "./characters.ts";
import { refuseMessage } from "./errors.ts";
import {
  done,
  field,
  type HeadProgress,
  type HeadState,
  start,
  startLf,
  statusLine,
} from "./head-states.ts";
import type { WireLimits } from "./limits.ts";

/** What heads a section of fields. */
export type HeadKind = "request" | "response" | "trailer";

export class HeadScan implements HeadProgress {
  readonly kind: HeadKind;
  readonly limits: WireLimits;
  /** Bytes of the head that were looked at, and of the empty lines before it. */
  offset = 0;
  /** Bytes of the empty lines before the head. */
  skippedBytes = 0;
  fieldCount = 0;
  /** Where in the version, or in the status line, the scan is. */
  index = 0;
  majorDigit = 0;
  #state: HeadState;

  constructor(kind: HeadKind, limits: WireLimits) {
    this.kind = kind;
    this.limits = limits;
    this.#state = kind === "request" ? start : kind === "response" ? statusLine : field;
  }

  /** Whether nothing but empty lines has been seen. */
  get isBeforeHead(): boolean {
    return this.#state === start || this.#state === startLf;
  }

  /** Looks at what lies behind `offset` in `bytes`, whose first byte is that of the head, up to `end`. True: the head is complete. */
  run(bytes: Uint8Array, first: number, end: number): boolean {
    let at = first + this.offset;
    while (at < end) {
      const { runsOver } = this.#state;
      while (at < end && (classes[bytes[at] as number] as number) & runsOver) at++;
      this.offset = at - first;
      this.#measure();
      if (at === end) return false;
      this.#state = this.#state.step(this, bytes[at] as number);
      this.offset = ++at - first;
      if (this.#state === done) return this.#measure() === undefined;
      this.#measure();
    }
    return false;
  }

  #measure(): void {
    const { limits } = this;
    const length = this.offset - this.skippedBytes;
    const { part } = this.#state;
    if (this.kind === "trailer") {
      if (length > limits.trailerBytes) refuseMessage("trailer-length");
    } else if (part === "method") {
      if (length > limits.methodBytes) refuseMessage("method-length");
    } else if (part === "line" && length > limits.requestLineBytes) {
      refuseMessage(this.kind === "request" ? "request-line-length" : "status-line-length");
    }
    if (this.kind !== "trailer" && length > limits.headBytes) refuseMessage("head-length");
  }
}
