import type { LogCode } from "../base/log-codes.ts";

/** What the runtime tells about itself. `code` names the kind of event; `message` says what, where, and what to do. */
export interface LogRecord {
  readonly level: "warning" | "info" | "debug";
  readonly code: LogCode;
  readonly message: string;
}

/** A task or scope as an instrument sees it. */
export interface Observed {
  readonly name: string;
  /** The names from the root down, joined by " > ". */
  readonly path: string;
}

/**
 * Callbacks that observe a runtime. Every one is optional, is called synchronously and must return at once; one that throws
 * is removed and its error goes to `onUnhandled`. They may look at anything. An event may come from the middle of an operation, so
 * what cancels, wakes or spawns is put off: by `callSoon`, or to a microtask, which comes before the task goes on.
 */
export interface Instrument {
  taskSpawned?(task: Observed): void;
  taskEnded?(task: Observed, state: "done" | "failed" | "cancelled"): void;
  scopeCancelled?(scope: Observed, reason: unknown): void;
  waitStarted?(scope: Observed, label: string): void;
  waitEnded?(scope: Observed, label: string): void;
}
