/**
 * What a simulation needs of the platform beneath it. `host/` implements it, since only that room knows the platform, and
 * hands it over when the entry is loaded.
 */
import type { HostTimer } from "../kernel/host.ts";

/** The world that answers in place of the platform, for code that runs inside a simulation. */
export interface CapturedWorld {
  /** Virtual monotonic milliseconds since the start of the run. */
  now(): number;
  /** The virtual wall clock, in milliseconds since 1970. */
  wallNow(): number;
  /** A timer of foreign code. `callback` runs in the caller's context; what it throws is an unhandled error of the run. */
  setForeignTimer(callback: () => void, ms: number): HostTimer;
  /** Calls `callback` in the next virtual turn of the event loop, as `setImmediate` does. Returns what undoes it. */
  setForeignTurn(callback: () => void): () => void;
  /** The next number, 0 to below 1, of the stream that answers `Math.random` and the like. */
  userRandom(): number;
  /** Ends the run and throws: code inside reached for the real world. `what` names it, "node:fs readFile" for example. */
  refuse(what: string): never;
  /** An error or rejection that nobody caught. */
  unhandled(error: unknown): void;
}

/** Finds the world to which the calling code belongs. */
export interface WorldFinder {
  /** The world of the calling code; null outside every simulation. Cheap: it reads the ambient store once. */
  current(): CapturedWorld | null;
  /** The one world that is live, where there is just one: for news that come without a context. */
  only(): CapturedWorld | null;
}

export interface SimulationPlatform {
  /**
   * Calls `step` again and again until it returns false. Before each call every microtask and every `nextTick` has run; every so often
   * the event loop turns.
   */
  repeat(step: () => boolean): void;
  /**
   * Puts the finder's worlds in the place of the platform's clocks, timers, chance, I/O and unhandled errors, for code inside
   * them; code outside sees no difference. Returns what restores all of it.
   */
  capture(worlds: WorldFinder): () => void;
}

let installed: SimulationPlatform | null = null;

/** Says on which platform simulations run. Called by the entry. */
export function installSimulationPlatform(platform: SimulationPlatform): void {
  installed = platform;
}

/** The platform beneath. */
export function simulationPlatform(): SimulationPlatform {
  if (installed === null)
    throw new TypeError(`no platform is installed: import "tsyncio/testing", not a file inside it`);
  return installed;
}
