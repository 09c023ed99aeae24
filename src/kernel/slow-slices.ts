import type { Instrument, LogRecord, Observed } from "./instrument.ts";

/** A stretch without a turn of the event loop that is longer than this is reported under debug. */
const SLOW_MS = 50;

/** Watches, under debug, for code that holds the event loop, and names the task that was seen last before the loop got free. */
export class SlowSlices implements Instrument {
  readonly #log: (record: LogRecord) => void;
  #last: Observed | null = null;

  constructor(log: (record: LogRecord) => void) {
    this.#log = log;
  }

  taskSpawned(task: Observed): void {
    this.#last = task;
  }

  waitStarted(scope: Observed): void {
    this.#last = scope;
  }

  waitEnded(scope: Observed): void {
    this.#last = scope;
  }

  /** The event loop came round after `ms`. */
  turned(ms: number): void {
    if (ms < SLOW_MS) return;
    this.#log({
      level: "warning",
      code: "TSY_SLOW_SLICE",
      message:
        `the event loop was held for ${Math.round(ms)} ms, most likely by ${this.#last?.path ?? "code outside any task"}. ` +
        `Break long computations with "await checkpoint()", or move them to a thread.`,
    });
  }
}
