/**
 * A binary heap of items in the order that `compare` gives, and of arrival where it says that they are equal.
 *
 * `compare` is user code and may throw: both operations first find the places, comparing, and then move, so that an item is never
 * lost or doubled on the way.
 *
 * Invariant: no item comes before the one at half its place.
 */
import type { ItemStore } from "./item-store.ts";

/** Negative when `a` comes before `b`, positive when it comes after it, 0 when either order will do. */
export type Compare<T> = (a: T, b: T) => number;

interface Entry<T> {
  readonly item: T;
  readonly arrival: number;
}

export class PriorityHeap<T> implements ItemStore<T> {
  readonly #compare: Compare<T>;
  /** From 1 on, so that the parent of `place` is at `place >> 1`. */
  #entries: Array<Entry<T> | undefined> = [undefined];
  #arrivals = 0;

  constructor(compare: Compare<T>) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#entries.length - 1;
  }

  push(item: T): void {
    const entry = { item, arrival: this.#arrivals++ };
    const path: number[] = [];
    let place = this.#entries.length;
    for (let parent = place >> 1; parent > 0 && this.#before(entry, this.#at(parent)); parent >>= 1)
      path.push(parent);
    this.#entries.push(entry);
    for (const parent of path) {
      this.#entries[place] = this.#entries[parent];
      place = parent;
    }
    this.#entries[place] = entry;
  }

  shift(): T {
    const first = this.#at(1);
    const last = this.#at(this.size);
    const path: number[] = [];
    for (
      let child = this.#leastChild(1);
      child > 0 && this.#before(this.#at(child), last);
      child = this.#leastChild(child)
    ) {
      path.push(child);
    }
    this.#entries.pop();
    let place = 1;
    for (const child of path) {
      this.#entries[place] = this.#entries[child];
      place = child;
    }
    if (last !== first) this.#entries[place] = last;
    return first.item;
  }

  clear(): void {
    this.#entries = [undefined];
  }

  /** The child of `parent` that comes first; 0 where it has none but the last entry, which is going to be moved. */
  #leastChild(parent: number): number {
    const left = 2 * parent;
    if (left >= this.size) return 0;
    const right = left + 1;
    return right < this.size && this.#before(this.#at(right), this.#at(left)) ? right : left;
  }

  #before(entry: Entry<T>, other: Entry<T>): boolean {
    const order = this.#compare(entry.item, other.item);
    return order < 0 || (order === 0 && entry.arrival < other.arrival);
  }

  #at(place: number): Entry<T> {
    return this.#entries[place] as Entry<T>;
  }
}
