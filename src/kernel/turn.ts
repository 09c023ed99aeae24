/**
 * Turns of the event loop, as far as this runtime takes part in them.
 *
 * Waits that can complete at once do so in microtasks, and microtasks starve the event loop. So operations are counted:
 * after 512 of them, or about 10 ms, what completes is put off to the next turn (law 22), and timers and sockets get theirs.
 *
 * A turn begins with one of the first operations after the event loop went round, and ends in the callback that the host makes
 * when it has gone round again. Not with the very first: a callback of that kind makes the loop go round once more, which a program that
 * does a little for each message from a socket would pay for each message. A few operations are only counted, and timed by the clock itself.
 *
 * Invariants
 * - `#uncounted` operations have passed between two turns, the first of them at `#since`.
 * - `#left` is how many operations may pass before the clock is looked at; an idle turn has none left.
 * - `#late` is served in order, and everything that completes while it is not empty joins its end: nobody overtakes.
 */
import type { Host } from "./host.ts";
import type { Observed } from "./instrument.ts";
import { inRoot } from "./root-context.ts";
import { RingBuffer } from "../base/ring-buffer.ts";

const OPERATIONS_PER_TURN = 512;
const TURN_MS = 10;
/** The clock is looked at after this many operations at the latest, however quick they were so far. */
const LONGEST_STRETCH = 64;
/** Between two turns so many operations may pass, in so much time. */
const OPERATIONS_BETWEEN = 32;
const BETWEEN_MS = 2;

export class Turn {
  readonly #host: Host;
  readonly #late: RingBuffer<() => void> = new RingBuffer();
  readonly #end: () => void;
  #running = false;
  #spent = false;
  #left = 0;
  #operations = 0;
  #stretch = 0;
  #began = 0;
  #stamp = 0;
  #uncounted = 0;
  #since = 0;
  /** Told at the end of each turn how long it was; set under debug only. */
  watch: ((ms: number) => void) | null = null;

  constructor(host: Host) {
    this.#host = host;
    this.#end = () => this.#finish();
  }

  /** The time when the turn began, in whole milliseconds: good enough for ages, and read once a turn. */
  get stamp(): number {
    if (!this.#running) this.#pass();
    return this.#stamp;
  }

  /**
   * Counts an operation, whose result goes to `_who`. True when the result must be put off with {@link defer}. A simulation, which has
   * a turn of its own, puts all of them off, and chooses which comes next.
   */
  spend(_who?: Observed): boolean {
    return --this.#left < 0 && this.#look();
  }

  /** Calls `callback` in the next turn, after all that were deferred before. It gives `_who` the result of an operation, if given. */
  defer(callback: () => void, _who?: Observed): void {
    if (!this.#running) this.#begin();
    this.#late.push(callback);
  }

  /** A wait of `_who` was cancelled: lets it meet its `rejection`. A simulation chooses when. */
  interrupted(resolve: (value: never) => void, rejection: Promise<never>, _who: Observed): void {
    resolve(rejection as never);
  }

  /** Settles in the next turn. */
  next(): Promise<void> {
    return new Promise((resolve) => this.defer(resolve));
  }

  /** An operation outside of a turn: one of the few that may be, or one that begins it. */
  #pass(): false {
    const now = this.#host.now();
    if (this.#uncounted++ === 0) this.#since = now;
    this.#stamp = Math.floor(now);
    const few = this.#uncounted <= OPERATIONS_BETWEEN && now - this.#since < BETWEEN_MS;
    if (!few || this.watch !== null) this.#begin();
    return false;
  }

  #begin(): void {
    this.#running = true;
    this.#uncounted = 0;
    this.#spent = false;
    this.#operations = 0;
    this.#left = 1;
    this.#stretch = 1;
    this.#began = this.#host.now();
    this.#stamp = Math.floor(this.#began);
    inRoot(() => this.#host.nextTurn(this.#end));
  }

  /** Looks at the clock, ever more rarely while operations are quick, so that it costs a nanosecond or two an operation. */
  #look(): boolean {
    if (!this.#running) return this.#pass();
    if (this.#spent) return true;
    this.#operations += this.#stretch;
    const elapsed = this.#host.now() - this.#began;
    this.#spent = this.#operations >= OPERATIONS_PER_TURN || elapsed >= TURN_MS;
    const fitting = Math.floor((this.#operations * (TURN_MS - elapsed)) / elapsed);
    this.#stretch = Math.max(1, Math.min(this.#operations, fitting, LONGEST_STRETCH));
    this.#left = this.#spent ? 0 : this.#stretch;
    return this.#spent;
  }

  #finish(): void {
    this.watch?.(this.#host.now() - this.#began);
    this.#running = false;
    this.#left = 0;
    if (this.#late.size === 0) return;
    this.#begin();
    for (let rest = this.#late.size; rest > 0; rest--) this.#late.shift()();
  }
}
