/**
 * A first-in, first-out buffer in an array whose length is a power of two. It doubles when it is full, and gives the
 * memory of taken items back by overwriting their slots.
 */
export class RingBuffer<T> {
  #slots: Array<T | undefined> = new Array(16);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = item;
    this.#size++;
  }

  /** Takes the oldest item. The caller knows that there is one: `size > 0`. */
  shift(): T {
    const item = this.#slots[this.#head] as T;
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#size--;
    return item;
  }

  /** Takes the newest item. The caller knows that there is one: `size > 0`. */
  pop(): T {
    this.#size--;
    const place = (this.#head + this.#size) & (this.#slots.length - 1);
    const item = this.#slots[place] as T;
    this.#slots[place] = undefined;
    return item;
  }

  /** Drops all items. */
  clear(): void {
    this.#slots = new Array(16);
    this.#head = 0;
    this.#size = 0;
  }

  #grow(): void {
    const { length } = this.#slots;
    const slots = new Array<T | undefined>(length * 2);
    for (let i = 0; i < length; i++) slots[i] = this.#slots[(this.#head + i) & (length - 1)];
    this.#slots = slots;
    this.#head = 0;
  }
}
