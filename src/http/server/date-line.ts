import type { Engine } from "../../kernel/engine.ts";
import { httpPlatform } from "../platform.ts";

const SECOND_MS = 1_000;

/** The field `Date`, made once a second. */
export class DateLine {
  readonly #engine: Engine;
  #line = "";
  /** Until when it is right, by the runtime's clock. */
  #until = -Infinity;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get line(): string {
    if (this.#engine.turn.stamp >= this.#until) this.#make();
    return this.#line;
  }

  #make(): void {
    const { host } = this.#engine;
    const now = host.wallNow();
    this.#line = `date: ${httpPlatform().date(now)}\r\n`;
    this.#until = host.now() + SECOND_MS - (now % SECOND_MS);
  }
}
