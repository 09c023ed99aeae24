import type { Host, HostTimer } from "../kernel/host.ts";
import type { Observed } from "../kernel/instrument.ts";
import { storage } from "../kernel/current.ts";
import { captureContext } from "../kernel/root-context.ts";
import type { CapturedWorld, WorldFinder } from "./platform.ts";
import type { RandomStream } from "./random-stream.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** The wall clock at the start of every run: 2000-01-01T00:00:00Z. */
const EPOCH_MS = 946_684_800_000;

/** What a simulated host reports to its run, and draws from it. */
export interface HostRun {
  readonly clock: VirtualClock;
  /** Answers the program: `Math.random` and the like. */
  readonly userStream: RandomStream;
  /** Answers the library: the jitter of `retry`. */
  readonly libraryStream: RandomStream;
  unhandled(error: unknown): void;
  refuse(what: string): never;
  /** How many callbacks wait for the next turn of this host's runtime. */
  deferred(host: VirtualHost): number;
}

const foreign: Observed = { name: "foreign code", path: "foreign code" };
const never = (): boolean => false;

/** A simulated machine: its clock is that of the run, its wall clock may be wrong. */
export class VirtualHost implements Host, CapturedWorld {
  readonly process = undefined;
  readonly name: string;
  /** By how much the wall clock is ahead. */
  skewMs: number;
  /** The run is over: what still runs in its context belongs to it no more. */
  isOver = false;
  readonly #run: HostRun;
  readonly #owner: Observed;

  constructor(name: string, run: HostRun, skewMs: number = 0) {
    this.name = name;
    this.skewMs = skewMs;
    this.#run = run;
    this.#owner = { name: `the clock of ${name}`, path: name };
  }

  now(): number {
    return this.#run.clock.nowMs;
  }

  wallNow(): number {
    return EPOCH_MS + this.#run.clock.nowMs + this.skewMs;
  }

  setTimer(callback: () => void, ms: number): HostTimer {
    return this.#run.clock.setAlarm(callback, ms, this.#owner);
  }

  nextTurn(callback: () => void): void {
    this.#run.clock.addTurn(callback, () => this.#run.deferred(this) === 0);
  }

  microtask(callback: () => void): void {
    queueMicrotask(callback);
  }

  random(): number {
    return this.#run.libraryStream.next();
  }

  reportUncaught(error: unknown): void {
    this.#run.unhandled(error);
  }

  /** A run keeps the records of its log, which say more; nobody watches a simulated machine's console. */
  warn(): void {}

  utilisation(): number {
    return 0;
  }

  setForeignTimer(callback: () => void, ms: number): HostTimer {
    return this.#run.clock.setAlarm(this.#guarded(callback), ms, foreign);
  }

  setForeignTurn(callback: () => void): () => void {
    let wanted = true;
    const call = this.#guarded(callback);
    this.#run.clock.addTurn(() => {
      if (wanted) call();
    }, never);
    return () => {
      wanted = false;
    };
  }

  userRandom(): number {
    return this.#run.userStream.next();
  }

  refuse(what: string): never {
    return this.#run.refuse(what);
  }

  unhandled(error: unknown): void {
    this.#run.unhandled(error);
  }

  /** `callback` in the context of now; what it throws is an unhandled error. */
  #guarded(callback: () => void): () => void {
    const inContext = captureContext();
    return () => {
      try {
        inContext(callback);
      } catch (error) {
        this.#run.unhandled(error);
      }
    };
  }
}

/** The hosts of the runs that are live, for news without a context. */
export const liveHosts: Set<VirtualHost> = new Set();

/** Finds the simulated host in whose scope the calling code runs. */
export const simulatedHosts: WorldFinder = {
  current: currentHost,
  only: () => {
    const [host] = liveHosts;
    return liveHosts.size === 1 ? (host ?? null) : null;
  },
};

/** The simulated host of the calling code; null outside, and when its run is over: Deno lets contexts leak out of dynamic imports. */
export function currentHost(): VirtualHost | null {
  const host = storage.getStore()?.engine.host;
  return host instanceof VirtualHost && !host.isOver ? host : null;
}
