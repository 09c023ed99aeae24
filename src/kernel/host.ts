/**
 * What the kernel asks of the platform. Implementations live in `host/` (Node, Bun, Deno) and `testing/` (virtual time).
 *
 * The kernel calls each of these in the root context, so that neither a timer nor a listener keeps the context of the task
 * that happened to arm it, or runs in it.
 */
export interface Host extends Clock {
  /** Calls `callback` once, no earlier than after `ms` milliseconds (0 to 2^31 - 1). */
  setTimer(callback: () => void, ms: number): HostTimer;
  /** Calls `callback` after the event loop has served timers and sockets once. */
  nextTurn(callback: () => void): void;
  /** Calls `callback` when the current stretch of code has run, before the event loop turns. */
  microtask(callback: () => void): void;
  /** A number from 0 to below 1. */
  random(): number;
  /** Hands an error that nobody caught to the platform, which ends the process unless the program listens. */
  reportUncaught(error: unknown): void;
  /** Shows a line of diagnosis to the person who runs the program. */
  warn(line: string): void;
  /** The share of time, 0 to 1, in which the event loop was busy since the program started. */
  utilisation(): number;
  /** The process, where this runtime may own its signals and its end; `undefined` in a worker thread or a simulation. */
  readonly process: HostProcess | undefined;
}

export interface Clock {
  /** Monotonic milliseconds since some start, with fractions. */
  now(): number;
  /** The wall clock's milliseconds since 1970; read once to turn a `Date` into an instant. */
  wallNow(): number;
}

export interface HostTimer {
  /** Whether the timer alone keeps the process alive. */
  keepAlive(yes: boolean): void;
  cancel(): void;
}

export type Signal = "SIGINT" | "SIGTERM";

export interface HostProcess {
  onSignal(listener: (signal: Signal) => void): () => void;
  /** Calls `listener` each time when the process would end because nothing is left that could wake it. */
  onIdleExit(listener: () => void): () => void;
  /** The exit code for when the process ends by itself. */
  setExitCode(code: number): void;
  exit(code: number): void;
}
