/**
 * The course that one run takes: every choice in its order.
 *
 * Whatever is open in a simulated run (which woken task goes on, which of two timers fires, whether a fault strikes) is a choice
 * among `of` alternatives, and alternative 0 is always the ordinary one: first come first served, no fault. A guide decides;
 * the course keeps what was decided, and a hash of what was offered, by which a tape knows the program it was made for.
 */
import type { Observed } from "../kernel/instrument.ts";

/**
 * What a choice is about: the next woken task, the next timer, a fault, how late the clock is, how the network carries something
 * (how late, in how many parts).
 */
export type ChoiceKind = "wake" | "timer" | "fault" | "clock" | "network";

/** One choice that a guide has to make. */
export interface Choice {
  /** How many choices came before it. */
  readonly step: number;
  readonly kind: ChoiceKind;
  /** How many alternatives there are; at least 2. */
  readonly of: number;
  /** Those it is about, one per alternative where there are so many; the first is the one whose turn it is. */
  readonly who: readonly Observed[];
  /** The hash of all that was offered so far, this choice included. */
  readonly offered: number;
}

/** Decides: returns a number from 0 to below `choice.of`. */
export interface Guide {
  choose(choice: Choice): number;
  /** Set when what is offered is not what the guide was made for; the run has then another course. */
  readonly mismatch?: Error | null;
}

/** Something that lets choices be made: a course, or a run that notes them besides. */
export interface Chooser {
  choose(kind: ChoiceKind, of: number, who: readonly Observed[]): number;
}

const kinds: Record<ChoiceKind, number> = { wake: 1, timer: 2, fault: 3, clock: 4, network: 5 };
const nameHashes = new Map<string, number>();
const MOST_NAMES = 10_000;
/** Of many alternatives so many tell the choice apart. */
const MOST_NAMED = 8;

/** Mixes `value` into `hash`: FNV-1a on 32 bits at a time. */
export function mixed(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01000193) ^ (hash >>> 15);
}

export function hashOf(text: string): number {
  const known = nameHashes.get(text);
  if (known !== undefined) return known;
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = mixed(hash, text.charCodeAt(at));
  if (nameHashes.size >= MOST_NAMES) nameHashes.clear();
  nameHashes.set(text, hash);
  return hash;
}

export class Course implements Chooser {
  /** What was chosen, and among how many, step by step. */
  readonly choices: number[] = [];
  readonly arities: number[] = [];
  readonly kinds: ChoiceKind[] = [];
  /** Hashes of what was offered, after each step. */
  readonly offered: number[] = [];
  readonly guide: Guide;
  #hash = 0x811c9dc5;

  constructor(guide: Guide) {
    this.guide = guide;
  }

  get length(): number {
    return this.choices.length;
  }

  /** The hash of all that was offered. */
  get hash(): number {
    return this.#hash >>> 0;
  }

  /** Mixes in what distinguishes this run from another without being a choice. */
  note(value: number): void {
    this.#hash = mixed(this.#hash, value);
  }

  choose(kind: ChoiceKind, of: number, who: readonly Observed[]): number {
    let hash = mixed(this.#hash, kinds[kind] * 1_000 + of);
    for (let at = 0; at < who.length && at < MOST_NAMED; at++)
      hash = mixed(hash, hashOf((who[at] as Observed).name));
    const offered = hash >>> 0;
    const choice = this.guide.choose({ step: this.choices.length, kind, of, who, offered });
    this.#hash = mixed(hash, choice);
    this.choices.push(choice);
    this.arities.push(of);
    this.kinds.push(kind);
    this.offered.push(offered);
    return choice;
  }
}
