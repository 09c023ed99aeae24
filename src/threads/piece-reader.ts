import { delivered, refusal } from "../kernel/park.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";

/**
 * Reads values one at a time from an iterator that gives them in pieces. Of a piece that is there, each value is given without asking
 * for another one. Several may read at the same time: they are served in their order.
 */
export class PieceReader<T> implements AsyncIterator<T, undefined> {
  readonly #pieces: AsyncIterator<readonly T[], undefined>;
  #piece: readonly T[] = [];
  #at = 0;
  /** Somebody asks for the next piece; others who read wait in `#others`. */
  #isAsking = false;
  readonly #others: WaitQueue = new WaitQueue("another reader of the same loop");

  constructor(pieces: AsyncIterator<readonly T[], undefined>) {
    this.#pieces = pieces;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#at >= this.#piece.length || this.#isAsking) return this.#nextPiece();
    const refused = refusal();
    if (refused !== null) return refused;
    return delivered({ done: false, value: this.#piece[this.#at++] as T });
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#piece = [];
    await this.#pieces.return?.();
    return { done: true, value: undefined };
  }

  async #nextPiece(): Promise<IteratorResult<T, undefined>> {
    while (this.#isAsking) await this.#others.park(undefined);
    if (this.#at < this.#piece.length) return this.next();
    this.#isAsking = true;
    try {
      const step = await this.#pieces.next();
      if (step.done === true) return step;
      this.#piece = step.value;
      this.#at = 1;
      return { done: false, value: step.value[0] as T };
    } finally {
      this.#isAsking = false;
      this.#others.wakeAll(undefined);
    }
  }
}
