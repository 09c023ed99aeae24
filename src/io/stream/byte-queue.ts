/**
 * Bytes that have come and were not taken yet. Chunks are kept as they came until somebody needs them in one piece.
 *
 * Invariant: `#first` is what is unread of the foremost chunk, and the `#room` bytes that follow it in its buffer belong to this queue
 * and to nobody else. So joining writes new chunks behind the old ones where they fit, and n bytes that come one by one are copied
 * a few times each, not n times.
 */
const NONE: Uint8Array = new Uint8Array(0);

export class ByteQueue {
  #first: Uint8Array = NONE;
  #room = 0;
  #rest: Uint8Array[] | null = null;
  #size = 0;

  /** How many bytes there are. */
  get size(): number {
    return this.#size;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.#size === 0) {
      this.#first = chunk;
      this.#room = 0;
    } else (this.#rest ??= []).push(chunk);
    this.#size += chunk.length;
  }

  /** What came first, at most `maxBytes` of it. Only while `size > 0`. */
  takeChunk(maxBytes: number): Uint8Array {
    const first = this.#first;
    if (first.length <= maxBytes) {
      this.drop(first.length);
      return first;
    }
    const taken = first.subarray(0, maxBytes);
    this.drop(maxBytes);
    return taken;
  }

  /** The first `bytes` bytes in one piece. Only while `size >= bytes`. */
  take(bytes: number): Uint8Array {
    const source = this.#first.length >= bytes ? this.#first : this.joined();
    const taken = source.subarray(0, bytes);
    this.drop(bytes);
    return taken;
  }

  /** Fills `target` from its start as far as the bytes reach, and says how far. */
  takeInto(target: Uint8Array): number {
    const wanted = Math.min(target.length, this.#size);
    for (let at = 0; at < wanted;) {
      const chunk = this.takeChunk(wanted - at);
      target.set(chunk, at);
      at += chunk.length;
    }
    return wanted;
  }

  /** All bytes in one piece. They stay in the queue, and belong to it. */
  joined(): Uint8Array {
    const rest = this.#rest;
    if (rest === null || rest.length === 0) return this.#first;
    const first = this.#first;
    const fits = this.#room >= this.#size - first.length;
    const whole = fits
      ? new Uint8Array(first.buffer, first.byteOffset, this.#size)
      : new Uint8Array(this.#size * 2).subarray(0, this.#size);
    if (!fits) whole.set(first);
    let at = first.length;
    for (const chunk of rest) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    this.#room = fits ? this.#room - (this.#size - first.length) : this.#size;
    this.#first = whole;
    this.#rest = null;
    return whole;
  }

  /** Takes the first `bytes` bytes for nobody. Only while `size >= bytes`. */
  drop(bytes: number): void {
    this.#size -= bytes;
    let first = this.#first;
    let left = bytes;
    while (left >= first.length && left > 0) {
      left -= first.length;
      first = this.#rest?.shift() ?? NONE;
      this.#room = 0;
    }
    this.#first = left === 0 ? first : first.subarray(left);
  }
}
