/** Which machines are cut off from which, and what waits for that to end. */
import type { Machine } from "./machine.ts";

type Sides = readonly [ReadonlySet<Machine>, ReadonlySet<Machine>];

/** Something that goes on when something may get through again. */
export interface Held {
  release(): void;
}

export class Partitions {
  readonly #cuts = new Set<Sides>();
  readonly #held = new Set<Held>();

  /** Cuts the machines of one side off from those of the other. Returns what ends it. */
  cut(one: readonly Machine[], other: readonly Machine[]): () => void {
    const sides: Sides = [new Set(one), new Set(other)];
    this.#cuts.add(sides);
    return () => {
      if (this.#cuts.delete(sides)) this.release();
    };
  }

  /** Ends all partitions. */
  heal(): void {
    this.#cuts.clear();
    this.release();
  }

  isCut(one: Machine, other: Machine): boolean {
    for (const [left, right] of this.#cuts)
      if ((left.has(one) && right.has(other)) || (left.has(other) && right.has(one))) return true;
    return false;
  }

  hold(held: Held): void {
    this.#held.add(held);
  }

  /** Something may get through again. */
  release(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const one of held) one.release();
  }
}
