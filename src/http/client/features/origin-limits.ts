/**
 * How many requests go to an origin at once, and how often: a semaphore and a rate for each.
 *
 * Invariant: an origin is remembered while somebody waits for it or holds a place, and while its rate has not filled up again; the others
 * would have what a new one has. They are swept when the number of those remembered has doubled.
 */
import { checkCount, show } from "../../../base/check.ts";
import { InvalidArgument } from "../../../base/tsyncio-error.ts";
import type { Hold } from "../../../sync/hold.ts";
import { RateLimiter } from "../../../sync/rate-limiter.ts";
import { Semaphore } from "../../../sync/semaphore.ts";
import { checkKnown, checkLimitMs } from "../../check-options.ts";

/** How a rate is given: `{ limit: 10, intervalMs: 1_000 }`. */
export interface OriginRate {
  /** How many requests in each interval. */
  readonly limit: number;
  /** The length of the interval, in milliseconds. */
  readonly intervalMs: number;
  /** How many may be sent at once after a pause. Default: `limit`. */
  readonly burst?: number;
}

/** What is allowed for each origin. */
export interface OriginLimitsOptions {
  /** How many requests may be under way at once, from the head to the end of the response's body. Default `Infinity`. */
  readonly concurrency?: number;
  /** How many may be sent in an interval. Default: no bound. */
  readonly rate?: OriginRate;
}

interface OriginState {
  readonly places: Semaphore;
  readonly rate: RateLimiter | null;
  /** How many wait. */
  waiting: number;
}

const SWEEP_AT = 64;

export class OriginLimits {
  readonly #concurrency: number;
  readonly #rate: OriginRate | null;
  readonly #origins = new Map<string, OriginState>();
  #sweepAt = SWEEP_AT;

  constructor({ concurrency = Infinity, rate }: OriginLimitsOptions) {
    this.#concurrency = checkCount("concurrency of limitPerOrigin", concurrency);
    this.#rate = rate === undefined ? null : checkRate(rate);
  }

  /**
   * Waits for a place, then for the rate.
   *
   * Cancel safety: a cancelled call has no place.
   */
  async enter(origin: string): Promise<Hold> {
    const state = this.#of(origin);
    state.waiting++;
    let hold: Hold | null = null;
    let isIn = false;
    try {
      hold = await state.places.acquire();
      await state.rate?.take();
      isIn = true;
      return hold;
    } finally {
      state.waiting--;
      if (!isIn) hold?.release();
    }
  }

  /** How many origins are remembered. */
  get size(): number {
    return this.#origins.size;
  }

  #of(origin: string): OriginState {
    const known = this.#origins.get(origin);
    if (known !== undefined) return known;
    if (this.#origins.size >= this.#sweepAt) this.#sweep();
    const state = {
      places: new Semaphore(this.#concurrency, { name: origin }),
      rate: this.#rate === null ? null : new RateLimiter({ ...this.#rate, name: origin }),
      waiting: 0,
    };
    this.#origins.set(origin, state);
    return state;
  }

  #sweep(): void {
    for (const [origin, state] of this.#origins) if (this.#isAsNew(state)) this.#origins.delete(origin);
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#origins.size);
  }

  #isAsNew({ places, rate, waiting }: OriginState): boolean {
    if (waiting > 0 || places.stats().free !== this.#concurrency) return false;
    return rate === null || rate.stats().tokens >= (this.#rate?.burst ?? 0);
  }
}

const rateNames: ReadonlySet<string> = new Set(["limit", "intervalMs", "burst"]);

function checkRate(rate: OriginRate): OriginRate {
  if (typeof rate !== "object" || rate === null)
    throw new InvalidArgument(`rate of limitPerOrigin is ${show(rate)}. Give { limit, intervalMs }.`);
  checkKnown("the rate of limitPerOrigin", rate, rateNames);
  const { limit, intervalMs, burst = limit } = rate;
  checkCount("limit in the rate of limitPerOrigin", limit);
  checkCount("burst in the rate of limitPerOrigin", burst);
  const ms = checkLimitMs("intervalMs in the rate of limitPerOrigin", intervalMs);
  if (ms > 0 && ms < Infinity) return { limit, intervalMs, burst };
  throw new InvalidArgument(
    `intervalMs in the rate of limitPerOrigin is ${show(ms)}. Give milliseconds: a number above 0, and not Infinity.`,
  );
}
