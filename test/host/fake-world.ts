/** The smallest world that can stand behind a capture: a clock that is moved by hand, and lists of what it was told. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { HostTimer } from "../../src/kernel/host.ts";
import type { CapturedWorld, WorldFinder } from "../../src/testing/platform.ts";
import { processPlatform } from "../../src/host/simulation-platform.ts";

export const isBun: boolean = "Bun" in globalThis;
export const isDeno: boolean = "Deno" in globalThis;

/** 2026-01-02T03:04:05.678Z, with a fraction that a `Date` does not have. */
export const WALL_START_MS = 1_767_323_045_678.25;

interface ArmedTimer {
  readonly atMs: number;
  readonly callback: () => void;
  keptAlive: boolean;
}

export class FakeWorld implements CapturedWorld {
  nowMs = 1_234.5;
  /** How many numbers were drawn. */
  draws = 0;
  readonly refused: string[] = [];
  readonly errors: unknown[] = [];
  readonly #timers = new Set<ArmedTimer>();
  readonly #turns = new Set<() => void>();
  #seed = 1;

  now(): number {
    return this.nowMs;
  }

  wallNow(): number {
    return WALL_START_MS - 1_234.5 + this.nowMs;
  }

  setForeignTimer(callback: () => void, ms: number): HostTimer {
    const timer: ArmedTimer = {
      atMs: this.nowMs + ms,
      callback: AsyncLocalStorage.bind(callback),
      keptAlive: true,
    };
    this.#timers.add(timer);
    return {
      keepAlive: (yes) => (timer.keptAlive = yes),
      cancel: () => this.#timers.delete(timer),
    };
  }

  setForeignTurn(callback: () => void): () => void {
    const turn = AsyncLocalStorage.bind(callback);
    this.#turns.add(turn);
    return () => this.#turns.delete(turn);
  }

  userRandom(): number {
    this.draws++;
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32;
  }

  refuse(what: string): never {
    this.refused.push(what);
    throw new Refused(what);
  }

  unhandled(error: unknown): void {
    this.errors.push(error);
  }

  /** Delays of the armed timers from now, those that keep no process alive as negative numbers. */
  get delays(): number[] {
    return [...this.#timers].map(({ atMs, keptAlive }) => (atMs - this.nowMs) * (keptAlive ? 1 : -1));
  }

  get pendingTurns(): number {
    return this.#turns.size;
  }

  /** Runs the turns that wait now. */
  turn(): void {
    const waiting = Array.from(this.#turns);
    for (const turn of waiting) if (this.#turns.delete(turn)) turn();
  }

  /** Fires the timers of the next `ms` milliseconds, the earliest first. */
  advance(ms: number): void {
    const end = this.nowMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= end);
      const [next] = due.sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.nowMs = next.atMs;
      next.callback();
    }
    this.nowMs = end;
  }
}

export class Refused extends Error {
  override readonly name = "Refused";
}

const ambient = new AsyncLocalStorage<FakeWorld | null>();

/** Runs `work` as code of `world`. */
export function inside<T>(world: FakeWorld, work: () => T): T {
  return ambient.run(world, work);
}

/** The world that `only()` names. */
let live: FakeWorld | null = null;

export const worlds: WorldFinder = {
  current: () => ambient.getStore() ?? null,
  only: () => live,
};

/** A test body that runs outside of a world, while the platform is captured. */
export function captured(body: (world: FakeWorld) => void | Promise<void>): () => Promise<void> {
  return async () => {
    live = new FakeWorld();
    const restore = processPlatform.capture(worlds);
    try {
      await body(live);
    } finally {
      restore();
      live = null;
    }
  };
}

/** Lets a real turn of the event loop pass. */
export function realTurn(): Promise<void> {
  return new Promise((resolve) =>
    processPlatform.repeat(() => {
      resolve();
      return false;
    }),
  );
}

/** What the runtime offers under this name, if it does. */
export function runtimeGlobal(name: string): object | undefined {
  return Reflect.get(globalThis, name) as object | undefined;
}
