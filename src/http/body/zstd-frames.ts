/**
 * Where the frames of a zstd code end (RFC 8878, 3.1), without decoding it.
 *
 * Some platforms let a code pass that was cut off, and some forget what follows the first frame. So each frame is given to them in pieces
 * that end with it, and whether the code is complete is known from here.
 */
type Element = "magic" | "skippable size" | "descriptor" | "block header" | "skipped";

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;

export class ZstdFrames {
  /** The part of a frame that is being passed, and how many bytes of it are still to come. */
  #element: Element = "magic";
  #left = 4;
  /** The number that the bytes of a part say, the lowest byte first. */
  #number = 0;
  #weight = 1;
  /** What follows what is skipped. */
  #isLastBlock = false;
  #hasChecksum = false;
  #isBroken = false;

  /** Whether what was passed ends with a frame. */
  get isComplete(): boolean {
    return this.#element === "magic" && this.#left === 4 && !this.#isBroken;
  }

  /** Whether something was passed that is no frame. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Passes bytes from `start` on: gives where the first frame among them ends, their length where none does. */
  pass(bytes: Uint8Array, start: number): number {
    for (let at = start; at < bytes.length;) {
      if (this.#isBroken) return bytes.length;
      if (this.#element === "skipped") {
        const skipped = Math.min(this.#left, bytes.length - at);
        this.#left -= skipped;
        at += skipped;
      } else {
        this.#number += (bytes[at++] ?? 0) * this.#weight;
        this.#weight *= 256;
        this.#left--;
      }
      if (this.#left === 0 && this.#next()) return at;
    }
    return bytes.length;
  }

  /** A part is over. True where the frame is. */
  #next(): boolean {
    const number = this.#number;
    this.#number = 0;
    this.#weight = 1;
    switch (this.#element) {
      case "magic":
        return this.#begin(number);
      case "skippable size":
        this.#isLastBlock = true;
        this.#hasChecksum = false;
        return this.#skip(number);
      case "descriptor":
        this.#isLastBlock = false;
        this.#hasChecksum = (number & 4) !== 0;
        return this.#skip(headerBytes(number));
      case "block header":
        this.#isLastBlock = (number & 1) !== 0;
        return this.#skip(this.#blockBytes(number));
      case "skipped":
        return this.#afterSkipped();
    }
  }

  #begin(magic: number): boolean {
    if (magic === MAGIC) this.#expect("descriptor", 1);
    else if (magic >= SKIPPABLE_MAGIC && magic < SKIPPABLE_MAGIC + 16) this.#expect("skippable size", 4);
    else this.#isBroken = true;
    return false;
  }

  #blockBytes(header: number): number {
    const type = (header >> 1) & 3;
    if (type === 3) this.#isBroken = true;
    return type === 1 ? 1 : header >> 3;
  }

  #skip(bytes: number): boolean {
    this.#expect("skipped", bytes);
    return bytes === 0 && this.#afterSkipped();
  }

  #afterSkipped(): boolean {
    if (!this.#isLastBlock) this.#expect("block header", 3);
    else if (this.#hasChecksum) {
      this.#hasChecksum = false;
      this.#expect("skipped", 4);
    } else {
      this.#expect("magic", 4);
      return true;
    }
    return false;
  }

  #expect(element: Element, bytes: number): void {
    this.#element = element;
    this.#left = bytes;
  }
}

/** How many bytes of the header follow its descriptor. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 32) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
}
