/**
 * The limits in time of a client's requests: one timer for all of them.
 *
 * Limits of the same length pass in the order in which they were set, so that a list for each length is always sorted: setting and lifting
 * one is a change of links. The timer is armed for the earliest instant that was ever asked for and not moved when that one is lifted;
 * it may fire for nothing, and is armed anew then.
 *
 * Invariant: nothing is called before its instant.
 */
import { currentScope } from "../../kernel/current.ts";
import type { Engine } from "../../kernel/engine.ts";
import { TimedCall } from "../../kernel/timers.ts";

/** Whom a limit concerns. */
export interface Limited {
  /** The limit has passed. Not called from within a call of ours. */
  limitPassed(limit: TimeLimit, limitMs: number): void;
}

/** A limit that can be set. It is in one list, or in none. */
export class TimeLimit {
  readonly #owner: Limited;
  /** @internal */ list: LimitList | null = null;
  /** @internal */ before: TimeLimit | null = null;
  /** @internal */ after: TimeLimit | null = null;
  /** @internal */ at = 0;

  constructor(owner: Limited) {
    this.#owner = owner;
  }

  /** Does nothing where it is not set. */
  lift(): void {
    this.list?.remove(this);
  }

  /** @internal */ pass({ ms }: LimitList): void {
    this.lift();
    this.#owner.limitPassed(this, ms);
  }
}

/** Limits of one length, in the order in which they pass. */
class LimitList {
  readonly ms: number;
  first: TimeLimit | null = null;
  #last: TimeLimit | null = null;

  constructor(ms: number) {
    this.ms = ms;
  }

  push(limit: TimeLimit, at: number): void {
    limit.lift();
    limit.list = this;
    limit.at = at;
    limit.before = this.#last;
    if (this.#last === null) this.first = limit;
    else this.#last.after = limit;
    this.#last = limit;
  }

  remove(limit: TimeLimit): void {
    const { before, after } = limit;
    if (before === null) this.first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    limit.list = null;
    limit.before = null;
    limit.after = null;
  }
}

/** Lists of lengths that nobody uses any more are dropped when there are this many, and again when there are twice as many as were left. */
const MOST_LISTS = 32;

export class LimitClock {
  readonly #engine: Engine = currentScope().engine;
  readonly #lists: Map<number, LimitList> = new Map();
  readonly #timer: TimedCall = new TimedCall(() => this.#fire(), false);
  /** What else is done at an instant: called with now, gives when it is to be called again. */
  readonly #also: (now: number) => number;
  #armedFor = Infinity;
  #dropAt = MOST_LISTS;

  constructor(also: (now: number) => number) {
    this.#also = also;
  }

  now(): number {
    return this.#engine.host.now();
  }

  /** Sets a limit, which passes `ms` after `now`. One that was set before is lifted. */
  set(limit: TimeLimit, ms: number, now: number): void {
    if (ms === Infinity) return;
    let list = this.#lists.get(ms);
    if (list === undefined) {
      if (this.#lists.size >= this.#dropAt) this.#dropEmpty();
      this.#lists.set(ms, (list = new LimitList(ms)));
    }
    list.push(limit, now + ms);
    this.arm(now + ms);
  }

  /** Looks for what is due at `at`, at the latest. */
  arm(at: number): void {
    if (at >= this.#armedFor) return;
    const { timers } = this.#engine;
    timers.remove(this.#timer);
    this.#armedFor = at;
    timers.add(this.#timer, at);
  }

  /** Nothing is looked for any more. */
  stop(): void {
    this.#engine.timers.remove(this.#timer);
    this.#armedFor = Infinity;
  }

  #fire(): void {
    this.#armedFor = Infinity;
    const now = this.now();
    let next = this.#also(now);
    for (const list of this.#lists.values()) {
      while (list.first !== null && list.first.at <= now) list.first.pass(list);
      if (list.first !== null && list.first.at < next) next = list.first.at;
    }
    this.arm(next);
  }

  #dropEmpty(): void {
    for (const [ms, list] of this.#lists) if (list.first === null) this.#lists.delete(ms);
    this.#dropAt = Math.max(MOST_LISTS, 2 * this.#lists.size);
  }
}
