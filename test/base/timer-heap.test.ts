import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TimerHeap, type HeapEntry } from "../../src/base/timer-heap.ts";

class Entry implements HeapEntry {
  index = -1;
  arrival = 0;
  readonly instant: number;

  constructor(instant: number) {
    this.instant = instant;
  }
}

/** Numbers from 0 to below `limit`, the same in every run. */
function dice(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function filled(instants: readonly number[]): { heap: TimerHeap<Entry>; entries: Entry[] } {
  const heap = new TimerHeap<Entry>();
  const entries = instants.map((instant) => new Entry(instant));
  for (const entry of entries) heap.add(entry, entry.instant);
  return { heap, entries };
}

function drained(heap: TimerHeap<Entry>): Entry[] {
  const order: Entry[] = [];
  for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) order.push(entry);
  return order;
}

describe("TimerHeap", () => {
  it("is empty at first, with nothing earliest", () => {
    const heap = new TimerHeap<Entry>();
    assert.deepEqual([heap.size, heap.earliest, heap.pop()], [0, Infinity, undefined]);
  });

  it("gives entries in the order of their instants", () => {
    const { heap } = filled([5, 3, 9, 1, 7, 3.5, 0, -2]);
    assert.equal(heap.earliest, -2);
    assert.deepEqual(
      drained(heap).map((entry) => entry.instant),
      [-2, 0, 1, 3, 3.5, 5, 7, 9],
    );
  });

  it("gives equal instants in the order of their arrival, at any size", () => {
    const { heap, entries } = filled(new Array<number>(1_000).fill(4));
    assert.deepEqual(drained(heap), entries);
  });

  it("keeps that order when entries between them are removed", () => {
    const { heap, entries } = filled(new Array<number>(100).fill(4));
    const kept = entries.filter((_, i) => i % 3 !== 0);
    for (let i = 0; i < entries.length; i += 3) heap.remove(entries[i]!);
    assert.deepEqual(drained(heap), kept);
  });

  it("counts an entry that was removed and added again as a new arrival", () => {
    const { heap, entries } = filled([4, 4]);
    heap.remove(entries[0]!);
    heap.add(entries[0]!, 4);
    assert.deepEqual(drained(heap), [entries[1], entries[0]]);
  });

  it("says by the entry's index whether it is inside", () => {
    const { heap, entries } = filled([2, 1]);
    assert.ok(entries.every((entry) => entry.index >= 0));
    heap.remove(entries[0]!);
    heap.pop();
    assert.deepEqual(
      entries.map((entry) => entry.index),
      [-1, -1],
    );
  });

  it("leaves an entry outside alone when it is removed again", () => {
    const { heap, entries } = filled([1, 2]);
    heap.remove(entries[0]!);
    heap.remove(entries[0]!);
    assert.deepEqual([heap.size, heap.earliest], [1, 2]);
  });

  it("agrees with a sorted list through 20,000 random adds, removals and pops", () => {
    const roll = dice(7);
    const heap = new TimerHeap<Entry>();
    let model: Entry[] = [];
    for (let step = 0; step < 20_000; step++) {
      const action = roll(3);
      if (action === 0 || model.length === 0) {
        const entry = new Entry(roll(50));
        heap.add(entry, entry.instant);
        model.push(entry);
      } else if (action === 1) {
        const [entry] = model.splice(roll(model.length), 1);
        heap.remove(entry!);
      } else {
        const expected = model.reduce((a, b) => (b.instant < a.instant ? b : a));
        assert.equal(heap.pop(), expected);
        model = model.filter((entry) => entry !== expected);
      }
      if (model.length > 200) model.splice(100).forEach((entry) => heap.remove(entry));
      assert.equal(heap.size, model.length);
      assert.equal(heap.earliest, Math.min(Infinity, ...model.map((entry) => entry.instant)));
    }
  });
});
