import { checkCount, checkFunction } from "../base/check.ts";
import { currentScope } from "../kernel/current.ts";
import { delivered, refusal } from "../kernel/park.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import {
  CountedHold,
  handedOut,
  labelOf,
  whileHolding,
  type Engine,
  type Hold,
  type NameOption,
} from "./hold.ts";

let giveBack: (semaphore: Semaphore) => void;

class SemaphoreHold extends CountedHold {
  readonly #semaphore: Semaphore;

  constructor(semaphore: Semaphore) {
    super();
    this.#semaphore = semaphore;
  }

  protected giveBack(): void {
    giveBack(this.#semaphore);
  }
}

/**
 * Lets a fixed number of tasks in at once; the others wait, and get in in the order in which they came.
 *
 * A permit is a hold, which can be given back once: there are never more permits than at the start.
 *
 * @example
 * import { Semaphore, sleep, withTaskGroup } from "tsyncio";
 * const downloads = new Semaphore(2);
 * let running = 0;
 * await withTaskGroup((group) => {
 *   for (let i = 0; i < 6; i++) {
 *     group.spawn(async () => {
 *       using _ = await downloads.acquire();
 *       running++;
 *       if (running > 2) console.log("never");
 *       await sleep(1);
 *       running--;
 *     });
 *   }
 * });
 * console.log(downloads.stats().free); // 2
 */
export class Semaphore {
  /** How many may hold it at once. */
  readonly permits: number;
  /** A waiter brings along its runtime, which knows whether holds are watched. */
  readonly #waiters: WaitQueue<Hold, Engine>;
  #free: number;

  static {
    giveBack = (semaphore) => semaphore.#giveBack();
  }

  /** `permits`: at least 1; `Infinity` lets everybody in. */
  constructor(permits: number, options: NameOption = {}) {
    this.permits = checkCount("permits of Semaphore", permits);
    this.#free = this.permits;
    this.#waiters = new WaitQueue(labelOf("semaphore.acquire", options.name));
  }

  /**
   * Waits for a permit and takes it.
   *
   * Cancel safety: a cancelled acquisition has no permit. One that has got it returns the hold, even if the scope is cancelled
   * before the task runs.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  acquire(): Promise<Hold> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#free === 0) return this.#waiters.park(scope.engine);
    this.#free--;
    return delivered(this.#grant(scope.engine), scope);
  }

  /** Takes a permit if one is free; `undefined` otherwise. Never waits, and is no cancellation point. */
  tryAcquire(): Hold | undefined {
    if (this.#free === 0) return undefined;
    this.#free--;
    return this.#grant(currentScope().engine);
  }

  /**
   * Runs `fn` while holding a permit, and gives it back when `fn` has ended.
   *
   * Cancel safety: as {@link Semaphore.acquire} until `fn` runs.
   * @throws {Cancelled} when the surrounding scope is cancelled before a permit is free.
   */
  with<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    checkFunction("fn of semaphore.with", fn);
    return whileHolding(this.acquire(), fn);
  }

  /** `free`: how many permits nobody holds; `waiters`: how many tasks wait for one. */
  stats(): Readonly<{ permits: number; free: number; waiters: number }> {
    return { permits: this.permits, free: this.#free, waiters: this.#waiters.size };
  }

  #grant(engine: Engine): Hold {
    return handedOut(new SemaphoreHold(this), engine, this.#waiters.label);
  }

  /** A permit passes from hand to hand while somebody waits, so that nobody can come between. */
  #giveBack(): void {
    if (this.#waiters.size === 0) this.#free++;
    else this.#waiters.wake(this.#grant(this.#waiters.headItem));
  }
}
