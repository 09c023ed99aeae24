import type { ClientRequest, ResolvedOptions } from "./exchange.ts";
import { TimeLimit, type LimitClock, type Limited } from "./limit-clock.ts";
import type { RequestLimit } from "./request-errors.ts";

/** The limits of phases. That of connecting is the dial's, but for one who came upon a dial that had begun. */
export type PhaseLimit = "poolMs" | "connectMs" | "firstByteMs" | "gapMs";

/** So long the rest of a body may take that nobody wants. */
const DRAIN_MS = 1_000;

/** Whose limits they are. */
export interface LimitsOwner {
  /** One has passed; `null` for the time in which an unwanted body was to have come. */
  limitPassed(name: RequestLimit | null, limitMs: number): void;
}

/** The limits in time of one request: one for the whole, and one for its phase. */
export class CallLimits implements Limited {
  readonly #owner: LimitsOwner;
  readonly #clock: LimitClock;
  readonly #options: ResolvedOptions;
  readonly #total: TimeLimit;
  #phase: TimeLimit | null = null;
  #name: PhaseLimit | null = null;

  constructor(owner: LimitsOwner, clock: LimitClock, request: ClientRequest, now: number) {
    const { options } = request;
    if (request.beganAt < 0) request.beganAt = now;
    this.#owner = owner;
    this.#clock = clock;
    this.#options = options;
    this.#total = new TimeLimit(this);
    // The whole may have begun with another request that led to this one.
    const { totalMs } = options;
    clock.set(
      this.#total,
      request.beganAt === now ? totalMs : Math.max(0, request.beganAt + totalMs - now),
      now,
    );
  }

  /** From now on this is the limit of the phase. */
  set(name: PhaseLimit, now: number): void {
    const ms = this.#options[name];
    if (ms === Infinity) {
      this.#phase?.lift();
      return;
    }
    this.#name = name;
    this.#clock.set((this.#phase ??= new TimeLimit(this)), ms, now);
  }

  /** Bytes have come: the next may take `gapMs`. Nearly always there is nothing to do, for each piece that comes. */
  heard(now: number): void {
    if (this.#options.gapMs !== Infinity) this.set("gapMs", now);
    else if (this.#phase !== null) this.#phase.lift();
  }

  /** {@link heard}, where the time is not at hand. */
  resumed(): void {
    if (this.#options.gapMs !== Infinity) this.set("gapMs", this.#clock.now());
  }

  /** From now on the rest of the body has a short time to come. */
  drain(): void {
    this.#name = null;
    this.#clock.set((this.#phase ??= new TimeLimit(this)), DRAIN_MS, this.#clock.now());
  }

  liftPhase(): void {
    this.#phase?.lift();
  }

  lift(): void {
    this.#total.lift();
    this.#phase?.lift();
  }

  limitPassed(limit: TimeLimit, limitMs: number): void {
    if (limit === this.#total) this.#owner.limitPassed("totalMs", this.#options.totalMs);
    else this.#owner.limitPassed(this.#name, limitMs);
  }
}
