/**
 * Which requests are handled now, which wait, and which are refused.
 *
 * A server that takes in more than it can do does everything too late. So at most `maxRequests` are handled at a time, at most `maxQueued`
 * wait for their turn, first come, first served, and none waits longer than its phase lasts: what is beyond gets 503 at once, which costs
 * next to nothing.
 */
import type { Phase, PhaseEntry, Phases } from "./phases.ts";

/** Something that waits for its turn. */
export interface Waiting extends PhaseEntry {
  /** Its turn has come: it counts as handled from now on. */
  admitted(): void;
}

export class Admission {
  /** Those that wait, the first to come first. */
  readonly queue: Phase;
  readonly #phases: Phases;
  readonly #maxRequests: number;
  readonly #maxQueued: number;
  #isAdmitting = false;
  /** How many are handled. */
  inFlight = 0;

  constructor(phases: Phases, queue: Phase, maxRequests: number, maxQueued: number) {
    this.#phases = phases;
    this.queue = queue;
    this.#maxRequests = maxRequests;
    this.#maxQueued = maxQueued;
  }

  /** Counts one more as handled. False where it must wait. */
  tryEnter(): boolean {
    if (this.inFlight >= this.#maxRequests || this.queue.size > 0) return false;
    this.inFlight++;
    return true;
  }

  /** Lets it wait. False where too many do. */
  tryQueue(waiting: Waiting): boolean {
    if (this.queue.size >= this.#maxQueued) return false;
    this.#phases.enter(waiting, this.queue);
    return true;
  }

  /** One has been handled. */
  leave(): void {
    this.inFlight--;
    if (this.queue.size > 0) this.#admit();
  }

  /** One that is admitted may be done before this returns, and leave: that is one more round of the loop, not one more call. */
  #admit(): void {
    if (this.#isAdmitting) return;
    this.#isAdmitting = true;
    try {
      while (this.inFlight < this.#maxRequests && this.queue.first !== null) {
        const next = this.queue.first as Waiting;
        this.#phases.leave(next);
        this.inFlight++;
        next.admitted();
      }
    } finally {
      this.#isAdmitting = false;
    }
  }
}
