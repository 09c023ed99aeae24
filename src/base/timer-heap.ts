/**
 * A binary heap of entries ordered by instant, and by arrival where instants are equal.
 *
 * Entries know their place (`index`), so that removal costs O(log n) without a search: most deadlines are removed
 * before they are due. The instants are kept in an array beside the entries: sifting then reads numbers that lie next to
 * each other, and objects only where two instants tie.
 *
 * Invariants
 * - `entries[i].index === i` for every entry in the heap; -1 for every entry outside. Only the heap writes it.
 * - `instants[i]` is the instant under which `entries[i]` was added.
 */
export interface HeapEntry {
  /** The place in the heap, -1 outside. */
  index: number;
  /** The order of arrival; written by the heap. */
  arrival: number;
}

export class TimerHeap<E extends HeapEntry> {
  readonly #entries: E[] = [];
  readonly #instants: number[] = [];
  #arrivals = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** The earliest instant, `Infinity` when the heap is empty. */
  get earliest(): number {
    return this.#instants.length === 0 ? Infinity : this.#instants[0]!;
  }

  /** The earliest entry; `undefined` when there is none. */
  get first(): E | undefined {
    return this.#entries[0];
  }

  /** How many entries were ever added: an entry added from now on has this or a higher `arrival`. */
  get arrivals(): number {
    return this.#arrivals;
  }

  add(entry: E, instant: number): void {
    entry.arrival = this.#arrivals++;
    this.#entries.push(entry);
    this.#instants.push(instant);
    this.#up(this.#entries.length - 1, entry, instant);
  }

  /** Takes the earliest entry out; `undefined` when there is none. */
  pop(): E | undefined {
    const first = this.#entries[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** The entries of the earliest instant in the order of their arrival; no more than `most` are looked at, whichever they are. */
  tied(most: number): E[] {
    const { earliest } = this;
    const found: E[] = [];
    const open = [0];
    for (let place = open.pop(); place !== undefined && found.length < most; place = open.pop()) {
      if (this.#instants[place] !== earliest) continue;
      found.push(this.#entries[place]!);
      open.push(2 * place + 2, 2 * place + 1);
    }
    return found.sort((a, b) => a.arrival - b.arrival);
  }

  /** Takes an entry out, wherever it stands. An entry outside stays outside. */
  remove(entry: E): void {
    const place = entry.index;
    if (place < 0) return;
    entry.index = -1;
    const last = this.#entries.pop()!;
    const instant = this.#instants.pop()!;
    if (last === entry) return;
    this.#down(place, last, instant);
    if (last.index === place) this.#up(place, last, instant);
  }

  #before(entry: E, instant: number, other: number): boolean {
    const that = this.#instants[other]!;
    return instant < that || (instant === that && entry.arrival < this.#entries[other]!.arrival);
  }

  #put(place: number, entry: E, instant: number): void {
    this.#entries[place] = entry;
    this.#instants[place] = instant;
    entry.index = place;
  }

  #up(start: number, entry: E, instant: number): void {
    let place = start;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#before(entry, instant, parent)) break;
      this.#put(place, this.#entries[parent]!, this.#instants[parent]!);
      place = parent;
    }
    this.#put(place, entry, instant);
  }

  #down(start: number, entry: E, instant: number): void {
    const size = this.#entries.length;
    let place = start;
    for (let child = 2 * place + 1; child < size; child = 2 * place + 1) {
      const right = child + 1;
      if (right < size && this.#before(this.#entries[right]!, this.#instants[right]!, child))
        child = right;
      if (this.#before(entry, instant, child)) break;
      this.#put(place, this.#entries[child]!, this.#instants[child]!);
      place = child;
    }
    this.#put(place, entry, instant);
  }
}
