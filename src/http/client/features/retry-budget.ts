import { show } from "../../../base/check.ts";
import { InvalidArgument } from "../../../base/tsyncio-error.ts";
import { checkKnown } from "../../check-options.ts";

/** How many retries a client may add to its load. */
export interface RetryBudgetOptions {
  /** How many retries each request earns; 0.2 lets retries add a fifth to the load. Default 0.2. */
  readonly ratio?: number;
  /** How many retries each second earns besides, for clients that ask seldom. Default 1. */
  readonly perSecond?: number;
  /** How many can be saved up; so many there are at the start. Default 10. */
  readonly most?: number;
}

const names: ReadonlySet<string> = new Set(["ratio", "perSecond", "most"]);

/**
 * Keeps retries from making an overload worse: a bucket of tokens that requests and time fill, and of which each retry takes one. While a
 * server is down, everything fails, and everything would be sent `attempts` times; with a budget the load grows by `ratio` alone.
 *
 * Pure: `nowMs` comes in.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #perMs: number;
  readonly #most: number;
  #tokens: number;
  #atMs: number | null = null;

  /** @throws {InvalidArgument} */
  constructor(options: RetryBudgetOptions) {
    checkKnown("the budget of retryRequests", options, names);
    const { ratio = 0.2, perSecond = 1, most = 10 } = options;
    for (const [name, value] of Object.entries({ ratio, perSecond, most }))
      if (!(typeof value === "number" && value >= 0) || (value === Infinity && name !== "most"))
        throw new InvalidArgument(
          `${name} in the budget of retryRequests is ${show(value)}. Give a number of at least 0; for no bound, null as the budget.`,
        );
    this.#ratio = ratio;
    this.#perMs = perSecond / 1_000;
    this.#most = most;
    this.#tokens = most;
  }

  /** A request is sent for the first time. */
  earn(nowMs: number): void {
    this.#passTime(nowMs);
    this.#tokens = Math.min(this.#tokens + this.#ratio, this.#most);
  }

  /** Takes what a retry costs. False where it is not there. */
  tryTake(nowMs: number): boolean {
    this.#passTime(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** How many retries are left. */
  get left(): number {
    return Math.floor(this.#tokens);
  }

  #passTime(nowMs: number): void {
    const passed = this.#atMs === null ? 0 : Math.max(0, nowMs - this.#atMs);
    this.#atMs = nowMs;
    this.#tokens = Math.min(this.#tokens + passed * this.#perMs, this.#most);
  }
}
