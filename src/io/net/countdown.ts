import { Event } from "../../sync/event.ts";
import type { Engine } from "../../kernel/engine.ts";
import { TimedCall } from "../../kernel/timers.ts";

/** A time that others may make shorter, and nobody longer: it is over at the earliest of the instants that it was given. */
export class Countdown {
  readonly #engine: Engine;
  readonly #isOver: Event = new Event({ name: "the time to be over" });
  readonly #call: TimedCall = new TimedCall(() => this.#isOver.set(), false);
  #at = Infinity;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** It is over in `ms`, if it was not to be over before. Gives whether that is sooner. */
  shorten(ms: number): boolean {
    const at = this.#engine.host.now() + ms;
    if (at >= this.#at) return false;
    this.#engine.timers.remove(this.#call);
    this.#at = at;
    if (ms > 0) this.#engine.timers.add(this.#call, at);
    else this.#isOver.set();
    return true;
  }

  /** Waits until it is over. */
  over(): Promise<void> {
    return this.#isOver.wait();
  }

  /** Nobody waits any more, nor will. */
  stop(): void {
    this.#engine.timers.remove(this.#call);
    this.#at = -Infinity;
  }
}
