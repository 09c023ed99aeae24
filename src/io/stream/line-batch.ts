/**
 * The complete lines at the front of a queue of bytes, decoded at one go: a thousand short lines cost one call of the decoder.
 *
 * Invariant: the bytes of a batch stay in the queue until its last line has been given out, or the batch is settled. So whoever reads
 * on in another way finds just the bytes that no line was made of.
 */
import type { ByteQueue } from "./byte-queue.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const NEWLINE = 10;

/** Text of bytes: UTF-8, what is none of it replaced by U+FFFD. */
export function decode(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

export class LineBatch {
  readonly #queue: ByteQueue;
  #decoder: TextDecoder = utf8;
  #lines: string[] = [];
  #next = 0;
  #bytes = 0;
  /** The limit under which the lines were cut. */
  #maxBytes = 0;

  constructor(queue: ByteQueue) {
    this.#queue = queue;
  }

  /** Lines that were not cut yet are text in another encoding, one that has the byte 10 nowhere but in ends of lines. */
  decodeBy(decoder: TextDecoder): void {
    if (decoder === this.#decoder) return;
    this.settle();
    this.#decoder = decoder;
  }

  /** The next line, if it has come and takes at most `maxBytes` with its end; null else. */
  take(maxBytes: number): string | null {
    if (maxBytes < this.#maxBytes) this.settle();
    if (this.#next === this.#lines.length && !this.#cut(maxBytes)) return null;
    const line = this.#lines[this.#next++] as string;
    if (this.#next === this.#lines.length) this.settle();
    return line;
  }

  /** All the lines that have come and were not given out, if each takes at most `maxBytes`; null where there are none. */
  takeAll(maxBytes: number): string[] | null {
    if (maxBytes < this.#maxBytes) this.settle();
    if (this.#next === this.#lines.length && !this.#cut(maxBytes)) return null;
    const lines = this.#next === 0 ? this.#lines : this.#lines.slice(this.#next);
    this.#next = this.#lines.length;
    this.settle();
    return lines;
  }

  /** What is left when the data has ended: a line without its end, or null where there is nothing. Only after `take` gave null. */
  takeLast(): string | null {
    const { size } = this.#queue;
    return size === 0 ? null : withoutReturn(this.#decoder.decode(this.#queue.take(size)));
  }

  /** Takes the bytes of those lines from the queue that were given out, and forgets the others. */
  settle(): void {
    if (this.#bytes === 0) return;
    let end = this.#bytes;
    if (this.#next < this.#lines.length) {
      const bytes = this.#queue.joined();
      end = 0;
      for (let rest = this.#next; rest > 0; rest--) end = bytes.indexOf(NEWLINE, end) + 1;
    }
    this.#queue.drop(end);
    this.#lines = [];
    this.#next = 0;
    this.#bytes = 0;
    this.#maxBytes = 0;
  }

  /** Decodes as many lines as `maxBytes` hold, so that none of them can be longer. */
  #cut(maxBytes: number): boolean {
    const bytes = this.#queue.joined();
    const end = bytes.lastIndexOf(NEWLINE, maxBytes - 1);
    if (end === -1) return false;
    const text = this.#decoder.decode(bytes.subarray(0, end));
    this.#lines = text.includes("\r") ? text.split("\n").map(withoutReturn) : text.split("\n");
    this.#bytes = end + 1;
    this.#maxBytes = maxBytes;
    return true;
  }
}
