/**
 * The bytes that came and have not been read: those from `at` to before `end` in `bytes`.
 *
 * Invariants
 * - What a reader has handed out lies before `at`, and is never written to again.
 * - Nothing is retained where nothing is unread: an idle connection costs no buffer.
 */
import { httpPlatform } from "../platform.ts";

const EMPTY = new Uint8Array(0);

/** Most heads are shorter; of a longer one it is looked first whether it is there. */
const FIRST_LOOK_BYTES = 1_024;

export class ByteInput {
  bytes: Uint8Array = EMPTY;
  at = 0;
  end = 0;

  get unreadBytes(): number {
    return this.end - this.at;
  }

  /** Takes `more` over. */
  push(more: Uint8Array): void {
    if (this.at === this.end) {
      this.bytes = more;
      this.at = 0;
      this.end = more.length;
      return;
    }
    if (this.end + more.length > this.bytes.length) this.#grow(more.length);
    this.bytes.set(more, this.end);
    this.end += more.length;
  }

  /** Moves the unread bytes to an array of twice the size, so that many small pieces cost no more than a few large ones. */
  #grow(extraBytes: number): void {
    const unread = this.bytes.subarray(this.at, this.end);
    const larger = new Uint8Array(2 * (unread.length + extraBytes));
    larger.set(unread);
    this.bytes = larger;
    this.at = 0;
    this.end = unread.length;
  }

  /** Forgets all that has been read, once nothing is left. */
  release(): void {
    if (this.at !== this.end) return;
    this.bytes = EMPTY;
    this.at = 0;
    this.end = 0;
  }

  /** Hands over what is unread; null where nothing is. */
  takeUnread(): Uint8Array | null {
    if (this.at === this.end) return null;
    const unread = this.bytes.subarray(this.at, this.end);
    this.at = this.end;
    this.release();
    return unread;
  }

  /** The next `length` bytes, without a copy. (`subarray` takes twice as long: it asks the array for its kind.) */
  view(length: number): Uint8Array {
    const { buffer, byteOffset } = this.bytes;
    return new Uint8Array(buffer, byteOffset + this.at, length);
  }

  /** A piece of the unread bytes as text, a character for each byte. */
  latin1(from: number, to: number): string {
    return httpPlatform().latin1(this.bytes, from, to);
  }

  /** Text that holds the whole head which begins here, if it has come and is not longer than `maxBytes`. */
  headText(maxBytes: number): string {
    const available = Math.min(this.end - this.at, maxBytes);
    if (available <= FIRST_LOOK_BYTES) return this.latin1(this.at, this.at + available);
    const text = this.latin1(this.at, this.at + FIRST_LOOK_BYTES);
    return text.includes("\r\n\r\n") ? text : this.latin1(this.at, this.at + available);
  }
}
