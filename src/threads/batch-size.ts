/**
 * How many items go into the next message. Pure: what was measured comes in.
 *
 * A message costs some tens of microseconds on both sides, whatever is in it; so it should hold some milliseconds of work. The first
 * message holds one item. While messages turn out too light they double; as soon as one is too heavy the next is as large as the time per
 * item allows. Towards a known end what is left is shared out, so that no thread is left with a long last message.
 */

/** How fast an old measurement is forgotten. */
const WEIGHT = 0.5;

export class BatchSize {
  readonly #targetMs: number;
  readonly #most: number;
  #size = 1;
  #msPerItem: number | null = null;
  /** The largest message that was measured. */
  #proven = 0;

  /** `targetMs` is the work that a message should hold, `most` how many items at most. */
  constructor(targetMs: number, most: number) {
    this.#targetMs = targetMs;
    this.#most = most;
  }

  get msPerItem(): number | null {
    return this.#msPerItem;
  }

  /** A message of `items` took `ms` of work. */
  observe(items: number, ms: number): void {
    if (items === 0) return;
    const measured = ms / items;
    this.#msPerItem =
      this.#msPerItem === null ? measured : this.#msPerItem + WEIGHT * (measured - this.#msPerItem);
    this.#proven = Math.max(this.#proven, items);
    const fitting = this.#msPerItem > 0 ? this.#targetMs / this.#msPerItem : Infinity;
    // At most twice what has been seen to work: the first items may be lighter than the rest.
    const largest = Math.min(2 * this.#proven, this.#most);
    this.#size = Math.max(1, Math.min(Math.floor(fitting), largest));
  }

  /** The size of the next message, where `left` items are left for `shares` messages; `left` is `Infinity` where nobody knows. */
  next(left: number, shares: number): number {
    return Math.max(1, Math.min(this.#size, Math.ceil(left / shares)));
  }
}
