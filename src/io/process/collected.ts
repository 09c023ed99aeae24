import { OutputTooLong } from "./errors.ts";
import type { CommandSpec } from "./options.ts";

/** How much of a standard error is kept for a message. */
const TAIL_BYTES = 4_096;

/** Bytes that are collected: all of them, up to a limit, or the last of them. */
export class Collected {
  readonly #chunks: Uint8Array[] = [];
  readonly #limitBytes: number;
  readonly #tooLong: (() => Error) | null;
  #size = 0;

  private constructor(limitBytes: number, tooLong: (() => Error) | null) {
    this.#limitBytes = limitBytes;
    this.#tooLong = tooLong;
  }

  /** All that the command writes to `stream`. */
  static whole({ file, maxOutputBytes }: CommandSpec, stream: "stdout" | "stderr"): Collected {
    return new Collected(maxOutputBytes, () => new OutputTooLong(file, stream, maxOutputBytes));
  }

  /** The last of it. */
  static tail(): Collected {
    return new Collected(TAIL_BYTES, null);
  }

  /** @throws {OutputTooLong} when there is more than the limit. */
  take(chunk: Uint8Array): true {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= this.#limitBytes) return true;
    if (this.#tooLong !== null) throw this.#tooLong();
    let [oldest] = this.#chunks;
    while (oldest !== undefined && this.#size - oldest.length >= this.#limitBytes) {
      this.#chunks.shift();
      this.#size -= oldest.length;
      [oldest] = this.#chunks;
    }
    return true;
  }

  bytes(): Uint8Array {
    return joined(this.#chunks);
  }
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** The end of what a command said, as text; a character that was cut in two is left out. */
export function tailText(bytes: Uint8Array): string {
  const isCut = bytes.length > TAIL_BYTES;
  const text = new TextDecoder().decode(bytes.subarray(-TAIL_BYTES));
  return isCut ? text.replace(/^\uFFFD+/, "") : text;
}
