import { BodyLengthMismatch } from "./errors.ts";

/** Counts what is written of a body against its announced length. Whoever gets its error destroys the connection. */
export class LengthCheck {
  readonly #what: string;
  readonly #announcedBytes: number;
  #writtenBytes = 0;

  /** @param what names the body in messages: `the body of POST /upload` */
  constructor(what: string, announcedBytes: number) {
    this.#what = what;
    this.#announcedBytes = announcedBytes;
  }

  /** Before `bytes` are written. @throws {BodyLengthMismatch} when these are too many: then none of them may be written. */
  add(bytes: number): void {
    this.#writtenBytes += bytes;
    if (this.#writtenBytes > this.#announcedBytes) this.#refuse();
  }

  /** When all has been written. @throws {BodyLengthMismatch} when it was too little. */
  end(): void {
    if (this.#writtenBytes !== this.#announcedBytes) this.#refuse();
  }

  #refuse(): never {
    throw new BodyLengthMismatch(this.#what, this.#announcedBytes, this.#writtenBytes);
  }
}
