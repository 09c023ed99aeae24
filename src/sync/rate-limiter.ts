import { checkCount, checkDuration, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { currentScope } from "../kernel/current.ts";
import { passed, refusal } from "../kernel/park.ts";
import type { Scope } from "../kernel/scope.ts";
import { TimedCall } from "../kernel/timers.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import { labelOf, type Engine, type NameOption } from "./hold.ts";

/** How a rate limiter is made. */
export interface RateLimiterOptions extends NameOption {
  /** How many tokens come in each interval; `Infinity` for no limit. */
  readonly limit: number;
  /** The length of the interval, in milliseconds; more than 0. */
  readonly intervalMs: number;
  /** How many tokens can be saved up while nobody takes any. Default: `limit`. */
  readonly burst?: number;
}

/**
 * How late an alarm may be without loss. Timers come late by a millisecond or so; were the bucket to overflow meanwhile, short
 * intervals would never reach their rate. Beyond it the limit holds: whoever was blocked for a second does not make up for it.
 */
const LATENESS_MS = 10;
/** What platform timers count in. */
const TIMER_STEP_MS = 1;

/**
 * Lets so many things happen in each interval, and some more after a pause: a token bucket, full at the start, that refills evenly.
 *
 * Fair: first come, first served, whatever the numbers; a big request at the head is not overtaken by small ones.
 *
 * States of the alarm: null while nobody waits; else armed for the instant at which the head can be served.
 *
 * @example
 * import { RateLimiter } from "tsyncio";
 * const limiter = new RateLimiter({ limit: 100, intervalMs: 1_000, burst: 2 });
 * for (let i = 0; i < 3; i++) await limiter.take(); // two at once, then one in each 10 ms
 * console.log(limiter.tryTake(2)); // false
 */
export class RateLimiter {
  readonly #waiters: WaitQueue<void, number>;
  readonly #burst: number;
  readonly #msPerToken: number;
  /** How long the empty bucket takes to be full. */
  readonly #fullMs: number;
  /** The instant at which the bucket was empty, or will be when those who took early have been paid for. */
  #emptyAt = -Infinity;
  /** The instant at which waiters were last served. */
  #servedAt = -Infinity;
  /** Fires when the waiter at the head can be served, on the runtime of {@link RateLimiter.#engine}. */
  #alarm: TimedCall | null = null;
  #engine: Engine | null = null;

  constructor(options: RateLimiterOptions) {
    const limit = checkCount("limit of RateLimiter", options?.limit);
    const intervalMs = checkDuration("intervalMs of RateLimiter", options.intervalMs);
    if (intervalMs === 0 || intervalMs === Infinity) {
      throw new InvalidArgument(
        `intervalMs of RateLimiter is ${show(options.intervalMs)}. Give a number of milliseconds above 0.`,
      );
    }
    this.#burst = checkCount("burst of RateLimiter", options.burst ?? limit);
    this.#msPerToken = intervalMs / limit;
    this.#fullMs = this.#msPerToken === 0 ? 0 : this.#burst * this.#msPerToken;
    this.#waiters = new WaitQueue(labelOf("limiter.take", options.name), () => this.#serve());
  }

  /**
   * Waits until `n` tokens are there, and takes them.
   *
   * Cancel safety: a cancelled take has taken nothing, and those behind go on.
   * @throws {InvalidArgument} when `n` is more than `burst`: so many are never there at once.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  take(n: number = 1): Promise<void> {
    this.#check(n);
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#waiters.size === 0 && this.#spend(n, scope.engine)) return passed(scope);
    const waiting = this.#waiters.park(n);
    this.#watch(scope);
    return waiting;
  }

  /**
   * Takes `n` tokens if they are there and nobody waits. Never waits, and is no cancellation point.
   *
   * @throws {InvalidArgument} when `n` is more than `burst`.
   */
  tryTake(n: number = 1): boolean {
    this.#check(n);
    return this.#waiters.size === 0 && this.#spend(n, currentScope().engine);
  }

  /** `tokens`: how many whole ones are there now; `waiters`: how many tasks wait for some. */
  stats(): Readonly<{ tokens: number; waiters: number }> {
    const now = currentScope().engine.host.now();
    const savedMs = Math.min(now - this.#emptyAt, this.#fullMs);
    const tokens = this.#msPerToken === 0 ? this.#burst : Math.floor(savedMs / this.#msPerToken);
    return { tokens: Math.max(0, tokens), waiters: this.#waiters.size };
  }

  #check(n: number): void {
    checkCount("n of RateLimiter.take", n);
    if (n <= this.#burst) return;
    throw new InvalidArgument(
      `n of RateLimiter.take is ${n}, but there are never more than ${this.#burst} tokens at once. Take fewer, or raise burst.`,
    );
  }

  /** Takes `n` tokens if they are there. Right after an alarm, what overflowed because it was late still counts. */
  #spend(n: number, engine: Engine): boolean {
    const now = engine.host.now();
    const graceMs = now - this.#servedAt < TIMER_STEP_MS ? LATENESS_MS : 0;
    const due = Math.max(this.#emptyAt, now - this.#fullMs - graceMs) + n * this.#msPerToken;
    if (due > now) return false;
    this.#emptyAt = due;
    return true;
  }

  /** Sees to it that the alarm is armed, and keeps the process alive if the task that waits now does. */
  #watch({ engine, keepsAlive }: Scope): void {
    const alarm = this.#alarm;
    if (alarm !== null && (alarm.keepsAlive || !keepsAlive)) return;
    if (alarm !== null) this.#engine?.timers.remove(alarm);
    this.#engine = engine;
    this.#alarm = new TimedCall(() => this.#serve(), keepsAlive);
    this.#serve();
  }

  /** Serves waiters from the head while there are tokens, then arms the alarm for the next. */
  #serve(): void {
    const alarm = this.#alarm;
    const engine = this.#engine;
    if (alarm === null || engine === null) return;
    engine.timers.remove(alarm);
    this.#servedAt = engine.host.now();
    while (this.#waiters.size > 0) {
      const n = this.#waiters.headItem;
      if (!this.#spend(n, engine)) {
        // An instrument that was told of a wake-up may have cancelled somebody, and that has served the rest already.
        engine.timers.remove(alarm);
        engine.timers.add(alarm, this.#emptyAt + n * this.#msPerToken);
        return;
      }
      this.#waiters.wake();
    }
    this.#alarm = null;
  }
}
