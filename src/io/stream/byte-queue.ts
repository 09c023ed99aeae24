/**
 * Bytes that have come and were not taken yet. Chunks are kept as they came until somebody needs them in one piece.
 *
 * Invariant: `#first` is what is unread of the foremost chunk, and the `#room` bytes that follow it in its buffer belong to this queue
 * and to nobody else. So joining writes new chunks behind the old ones where they fit, and n bytes that come one by one are copied
 * a few times each, not n times.
 *
 * Small chunks that have to wait are gathered in blocks: an array costs a hundred times what one byte does, and who sends bytes one by one
 * must not make us hold an array for each. The last chunk of `#rest` is such a block while `#blockRoom` is not 0: so many of its bytes are free.
 */
const NONE: Uint8Array = new Uint8Array(0);
const SMALL_BYTES = 256;
const BLOCK_BYTES = 4_096;

export class ByteQueue {
  #first: Uint8Array = NONE;
  #room = 0;
  #rest: Uint8Array[] | null = null;
  #blockRoom = 0;
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
    } else {
      const rest = (this.#rest ??= []);
      if (chunk.length <= SMALL_BYTES && rest.length > 0) this.#gather(chunk, rest);
      else {
        rest.push(chunk);
        this.#blockRoom = 0;
      }
    }
    this.#size += chunk.length;
  }

  /** Not the first that waits: it may be joined with what is before it soon. */
  #gather(chunk: Uint8Array, rest: Uint8Array[]): void {
    let block = rest.at(-1) ?? NONE;
    if (this.#blockRoom >= chunk.length) rest.pop();
    else {
      block = new Uint8Array(BLOCK_BYTES).subarray(0, 0);
      this.#blockRoom = BLOCK_BYTES;
    }
    const longer = new Uint8Array(block.buffer, block.byteOffset, block.length + chunk.length);
    longer.set(chunk, block.length);
    rest.push(longer);
    this.#blockRoom -= chunk.length;
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
    this.#blockRoom = 0;
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
      if (this.#rest === null || this.#rest.length === 0) this.#blockRoom = 0;
    }
    this.#first = left === 0 ? first : first.subarray(left);
  }
}
