/**
 * What one who acquires something gets: the right to it, and the one way to give it back.
 *
 * Every acquisition makes a fresh hold, so that a stale one can never give back what another has acquired since.
 *
 * Debugging aid: under `currentRuntime().debug` a hold is handed out in a wrapper that a FinalizationRegistry watches (what
 * was acquired keeps its own reference to the hold, so the hold itself would never be collected). Without debug it costs one
 * comparison.
 */
import type { Scope } from "../kernel/scope.ts";
import { NotHeld } from "./errors.ts";

/** The right to something that was acquired. Give it back with `using`, or with `release()` in a `finally`. */
export interface Hold extends Disposable {
  /**
   * Gives it back. Leaving a `using` block afterwards is silent.
   *
   * @throws {NotHeld} when it was given back before.
   */
  release(): void;
}

/** The options that every primitive takes. */
export interface NameOption {
  /** Names the object in labels and messages: "lock.acquire of accounts". */
  readonly name?: string;
}

/** The label of a wait: what is done, and on which object where it has a name. */
export function labelOf(operation: string, name: string | undefined): string {
  return name === undefined ? operation : `${operation} of ${name}`;
}

/** The runtime of a scope, as far as holds need it. */
export type Engine = Scope["engine"];

interface Dropped {
  readonly engine: Engine;
  readonly label: string;
  readonly acquiredAt: string;
}

let registry: FinalizationRegistry<Dropped> | null = null;

function watchers(): FinalizationRegistry<Dropped> {
  return (registry ??= new FinalizationRegistry(({ engine, label, acquiredAt }) => {
    engine.log({
      level: "warning",
      code: "TSY_DROPPED_HOLD",
      message:
        `what ${label} gave was never released, and nobody can release it any more. Write "using hold = await ...", or release() ` +
        `in a finally. It was acquired at\n${acquiredAt}`,
    });
  }));
}

class WatchedHold implements Hold {
  readonly #hold: Hold;

  constructor(hold: Hold, engine: Engine, label: string) {
    this.#hold = hold;
    const acquiredAt = new Error().stack?.split("\n").slice(3).join("\n") ?? "";
    watchers().register(this, { engine, label, acquiredAt }, this);
  }

  release(): void {
    watchers().unregister(this);
    this.#hold.release();
  }

  [Symbol.dispose](): void {
    watchers().unregister(this);
    this.#hold[Symbol.dispose]();
  }
}

/**
 * A promise asks what it is resolved with for its `then`. An answer found at once, even "there is none", costs a third of a search
 * that ends in nothing, and the search would be half the price of taking a free lock.
 */
export function answerThen(prototype: object): void {
  // oxlint-disable-next-line unicorn/no-thenable -- the opposite of a thenable
  Object.defineProperty(prototype, "then", { value: undefined });
}

/** A hold that knows by itself whether it still is one: for what many may hold at once. */
export abstract class CountedHold implements Hold {
  static {
    answerThen(this.prototype);
  }

  #isHeld = true;

  release(): void {
    if (!this.#isHeld) throw new NotHeld("this hold has been released before. Release a hold once.");
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.giveBack();
  }

  protected abstract giveBack(): void;
}

/** Runs `fn` once the hold has been acquired, and releases it when `fn` has ended. */
export async function whileHolding<T>(acquired: Promise<Hold>, fn: () => T | PromiseLike<T>): Promise<T> {
  const hold = await acquired;
  try {
    return await fn();
  } finally {
    hold[Symbol.dispose]();
  }
}

/** The hold as its owner gets it. Under debug it is watched. */
export function handedOut(hold: Hold, engine: Engine, label: string): Hold {
  return engine.debug ? new WatchedHold(hold, engine, label) : hold;
}
