/** What one end of a connection has written: as much as the window holds is on its way, the rest waits. */
import type { Flow } from "./wire.ts";

export class Outbox {
  readonly #windowBytes: number;
  readonly #flow: Flow;
  readonly #unsent: Uint8Array[] = [];
  /** Bytes that are not on their way yet. */
  unsentBytes = 0;
  #inFlightBytes = 0;
  #isEnding = false;
  hasSentEnd = false;

  constructor(flow: Flow, windowBytes: number) {
    this.#flow = flow;
    this.#windowBytes = windowBytes;
  }

  /** Takes a copy of `bytes`. */
  write(bytes: Uint8Array): void {
    this.#unsent.push(new Uint8Array(bytes));
    this.unsentBytes += bytes.length;
    this.#transmit();
  }

  /** Sends the end of data after all that was written. */
  end(): void {
    this.#isEnding = true;
    this.#transmit();
  }

  /** The peer has taken so much. */
  taken(bytes: number): void {
    this.#inFlightBytes -= bytes;
    this.#transmit();
  }

  /** Sends nothing more of what was written; a last word, if it is given, where there was none. */
  stop(word: "end" | "reset" | null): void {
    this.#unsent.length = 0;
    this.unsentBytes = 0;
    if (word === "reset" || (word === "end" && !this.hasSentEnd)) this.#flow.send(word);
    this.hasSentEnd = true;
  }

  /** Puts as much on its way as the window lets. */
  #transmit(): void {
    while (this.#unsent.length > 0 && this.#inFlightBytes < this.#windowBytes) {
      const bytes = this.#unsent[0] as Uint8Array;
      const room = this.#windowBytes - this.#inFlightBytes;
      const part = bytes.length > room ? bytes.slice(0, room) : bytes;
      if (part === bytes) this.#unsent.shift();
      else this.#unsent[0] = bytes.subarray(room);
      this.unsentBytes -= part.length;
      this.#inFlightBytes += part.length;
      this.#flow.send(part);
    }
    if (this.unsentBytes > 0 || !this.#isEnding || this.hasSentEnd) return;
    this.hasSentEnd = true;
    this.#flow.send("end");
  }
}
