/**
 * Cuts blocks of bytes into lines. No I/O and no waits: the same lines come out however the bytes were cut into blocks.
 *
 * A line ends with "\n" or "\r\n", which is not part of it; what stands after the last end is a line too, unless it is empty. Bytes are
 * UTF-8; what is not becomes U+FFFD; a byte order mark at the very beginning is dropped.
 *
 * A block is decoded up to its last line end in one go and split as text: decoding line by line costs several times as much. UTF-8
 * has no byte 10 inside a character, so a cut there never cuts a character. Where a line begins in bytes is counted only when asked for.
 *
 * Invariants
 * - `push` is called only while `hasLines` is false.
 * - `#lines` from `#next` on are the lines of `#decoded` that were not taken; `#carry` are the bytes after them.
 * - An overlong line is never taken: `overrun` names its place, and its bytes stay in `rest`.
 */
import { LineTooLong } from "./errors.ts";

const NEWLINE = 10;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const nothing = new Uint8Array(0);
const none: string[] = [];

export class LineSplitter {
  readonly #source: string;
  readonly #limitBytes: number;
  #lines: string[] = none;
  #next = 0;
  /** The bytes of `#lines`, with their line ends. */
  #decoded: Uint8Array = nothing;
  readonly #carry: Uint8Array[] = [];
  #carryBytes = 0;
  /** How many lines, and bytes, came before `#lines`. */
  #linesBefore = 0;
  #bytesBefore: number;
  /** Set once a line was too long: the error that says where. */
  #overrun: LineTooLong | null = null;

  /** `source` names what is read, for the error; `startBytes` is where in it the first block begins. */
  constructor(source: string, limitBytes: number, startBytes: number = 0) {
    this.#source = source;
    this.#limitBytes = limitBytes;
    this.#bytesBefore = startBytes;
  }

  get hasLines(): boolean {
    return this.#next < this.#lines.length;
  }

  /** The error of a line that is too long; it counts once the lines before have been taken. */
  get overrun(): LineTooLong | null {
    return this.#overrun;
  }

  /** The next line. Only while `hasLines`. */
  take(): string {
    return this.#lines[this.#next++] as string;
  }

  /** All lines that are there. */
  takeAll(): string[] {
    const lines = this.#next === 0 ? this.#lines : this.#lines.slice(this.#next);
    this.#next = this.#lines.length;
    return lines;
  }

  /** Takes in the next block, which must not be changed afterwards. */
  push(block: Uint8Array): void {
    this.#settle();
    const last = block.lastIndexOf(NEWLINE);
    if (last === -1) this.#keep(block);
    else {
      const whole = this.#joined(block.subarray(0, last + 1));
      this.#keep(block.subarray(last + 1));
      this.#split(whole);
    }
    if (this.#carryBytes > this.#limitBytes)
      this.#overrun ??= this.#tooLong(this.#decodedLines, this.#decoded.length);
  }

  /** There are no more blocks: what is left is the last line. */
  end(): void {
    this.#settle();
    if (this.#overrun === null && this.#carryBytes > 0) this.#split(this.#joined(nothing));
  }

  /** How many bytes have not been taken as lines. */
  get unreadBytes(): number {
    return this.#decoded.length - bytesOfLines(this.#decoded, this.#next) + this.#carryBytes;
  }

  /** The bytes that have not been taken as lines. The splitter is empty afterwards. */
  rest(): Uint8Array {
    const unread = this.#decoded.subarray(bytesOfLines(this.#decoded, this.#next));
    this.#carry.unshift(unread);
    this.#carryBytes += unread.length;
    const rest = this.#joined(nothing);
    this.#linesBefore += this.#next;
    this.#bytesBefore += this.#decoded.length - unread.length;
    this.#forget();
    this.#overrun = null;
    return rest;
  }

  get #decodedLines(): number {
    return this.#lines.length;
  }

  /** The lines that were there have been taken. */
  #settle(): void {
    this.#linesBefore += this.#lines.length;
    this.#bytesBefore += this.#decoded.length;
    this.#forget();
  }

  #forget(): void {
    this.#lines = none;
    this.#next = 0;
    this.#decoded = nothing;
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#carry.push(bytes);
    this.#carryBytes += bytes.length;
  }

  /** What was carried, and `bytes` behind it. */
  #joined(bytes: Uint8Array): Uint8Array {
    if (this.#carryBytes === 0) {
      this.#carry.length = 0;
      return bytes;
    }
    const joined = new Uint8Array(this.#carryBytes + bytes.length);
    let at = 0;
    for (const part of this.#carry) {
      joined.set(part, at);
      at += part.length;
    }
    joined.set(bytes, at);
    this.#carry.length = 0;
    this.#carryBytes = 0;
    return joined;
  }

  /** Makes lines of `whole`, which ends with a line end or is the last line; of the part before one that is too long. */
  #split(whole: Uint8Array): void {
    const length = whole.length > this.#limitBytes ? this.#fitting(whole) : whole.length;
    const fitting = whole.subarray(0, length);
    this.#decoded = fitting;
    if (length > 0) this.#lines = linesOf(fitting, this.#bytesBefore === 0);
    if (length === whole.length) return;
    this.#overrun = this.#tooLong(this.#lines.length, length);
    const rest = whole.subarray(length);
    this.#carry.unshift(rest);
    this.#carryBytes += rest.length;
  }

  /** How many bytes of `whole` come before the first line that is too long. */
  #fitting(whole: Uint8Array): number {
    let start = 0;
    while (start < whole.length) {
      const found = whole.indexOf(NEWLINE, start);
      const end = found === -1 ? whole.length : found;
      if (end - start > this.#limitBytes) return start;
      start = end + 1;
    }
    return whole.length;
  }

  #tooLong(lines: number, bytes: number): LineTooLong {
    const line = this.#linesBefore + lines + 1;
    return new LineTooLong(this.#source, line, this.#bytesBefore + bytes, this.#limitBytes);
  }
}

function linesOf(bytes: Uint8Array, isFirst: boolean): string[] {
  const decoded = decoder.decode(bytes);
  const text = isFirst && decoded.startsWith("\uFEFF") ? decoded.slice(1) : decoded;
  const lines = text.split("\n");
  const last = lines.pop() as string;
  if (text.includes("\r")) dropReturns(lines);
  if (last !== "") lines.push(last);
  return lines;
}

function dropReturns(lines: string[]): void {
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    if (line.endsWith("\r")) lines[at] = line.slice(0, -1);
  }
}

/** How many bytes the first `count` lines take up. */
function bytesOfLines(bytes: Uint8Array, count: number): number {
  let end = 0;
  for (let line = 0; line < count; line++) {
    const found = bytes.indexOf(NEWLINE, end);
    end = found === -1 ? bytes.length : found + 1;
  }
  return end;
}
