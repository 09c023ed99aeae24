import type { Host, HostTimer } from "../kernel/host.ts";

/** The wall clock at the start of every virtual run: 2000-01-01T00:00:00Z. */
const EPOCH_MS = 946_684_800_000;

interface ArmedTimer {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * A host whose time stands still until it is moved. Turns of the event loop are real ones, so that promise chains of any length
 * settle; timers fire only through {@link VirtualHost.advance}.
 */
export class VirtualHost implements Host {
  readonly process = undefined;
  /** What `warn` was given. */
  readonly warnings: string[] = [];
  /** What `reportUncaught` was given. */
  readonly uncaught: unknown[] = [];
  readonly #timers = new Set<ArmedTimer>();
  #nowMs = 0;
  #turns = 0;
  #seed = 0x2545f491;

  /** How many callbacks wait for the next turn. */
  get pendingTurns(): number {
    return this.#turns;
  }

  now(): number {
    return this.#nowMs;
  }

  wallNow(): number {
    return EPOCH_MS + this.#nowMs;
  }

  setTimer(callback: () => void, ms: number): HostTimer {
    const timer = { at: this.#nowMs + ms, callback };
    this.#timers.add(timer);
    return { keepAlive() {}, cancel: () => this.#timers.delete(timer) };
  }

  nextTurn(callback: () => void): void {
    this.#turns++;
    setImmediate(() => {
      this.#turns--;
      callback();
    });
  }

  microtask(callback: () => void): void {
    queueMicrotask(callback);
  }

  /** The same numbers in every run (a xorshift generator, Marsaglia 2003). */
  random(): number {
    this.#seed ^= this.#seed << 13;
    this.#seed ^= this.#seed >>> 17;
    this.#seed ^= this.#seed << 5;
    return (this.#seed >>> 0) / 2 ** 32;
  }

  reportUncaught(error: unknown): void {
    this.uncaught.push(error);
  }

  warn(line: string): void {
    this.warnings.push(line);
  }

  utilisation(): number {
    return 0;
  }

  /** Moves the clock to the earliest timer and fires it. False when none is armed. */
  advance(): boolean {
    let next: ArmedTimer | undefined;
    for (const timer of this.#timers) if (next === undefined || timer.at < next.at) next = timer;
    if (next === undefined) return false;
    this.#timers.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.at);
    next.callback();
    return true;
  }
}
