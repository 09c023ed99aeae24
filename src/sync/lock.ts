import { checkFunction } from "../base/check.ts";
import { currentScope } from "../kernel/current.ts";
import { delivered, FirmWait, refusal } from "../kernel/park.ts";
import { detached } from "../kernel/runtime.ts";
import type { Scope } from "../kernel/scope.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import { NotHeld } from "./errors.ts";
import { answerThen, handedOut, labelOf, whileHolding, type Hold, type NameOption } from "./hold.ts";

/** How a {@link Condition} works on the lock it belongs to. */
export interface LockAccess {
  /** The current hold, where the scope's task or one around or below it acquired it; null otherwise. */
  holdOf(lock: Lock, scope: Scope): LockHold | null;
  /** Takes the lock from `hold` for a while, and passes it on. */
  suspend(lock: Lock, hold: LockHold): void;
  /** Gives the lock back to `hold`, after those who came before. No cancellation keeps it from coming. */
  resume(lock: Lock, hold: LockHold): Promise<void>;
}

let letGo: (lock: Lock, hold: LockHold) => boolean;
let makeAccess: () => LockAccess;

export class LockHold implements Hold {
  static {
    answerThen(this.prototype);
  }

  readonly #lock: Lock;
  readonly scope: Scope;
  /** It has been given to its owner: later grants are those of a condition that gives it back. */
  granted = false;
  /** Disposed of: a condition that has the lock suspended must not take it back. */
  dropped = false;

  constructor(lock: Lock, scope: Scope) {
    this.#lock = lock;
    this.scope = scope;
  }

  release(): void {
    if (letGo(this.#lock, this)) return;
    throw new NotHeld(
      "this hold does not hold its lock: it has been released before, or waits in a Condition. Release a hold once.",
    );
  }

  [Symbol.dispose](): void {
    this.dropped = true;
    letGo(this.#lock, this);
  }
}

/**
 * Mutual exclusion among tasks: one holds it, the others wait, and get it in the order in which they came.
 *
 * It is not re-entrant: a task that holds it and acquires it again waits for itself.
 *
 * @example
 * import { Lock, sleep, withTaskGroup } from "tsyncio";
 * const lock = new Lock();
 * let balance = 0;
 * async function deposit(amount: number): Promise<void> {
 *   using _ = await lock.acquire();
 *   const before = balance;
 *   await sleep(1);
 *   balance = before + amount;
 * }
 * await withTaskGroup((group) => {
 *   group.spawn(deposit, 40);
 *   group.spawn(deposit, 2);
 * });
 * console.log(balance); // 42
 */
export class Lock {
  readonly #waiters: WaitQueue<Hold, LockHold>;
  #holder: LockHold | null = null;

  static {
    letGo = (lock, hold) => lock.#letGo(hold);
    makeAccess = () => ({
      holdOf: (lock, scope) => lock.#holdOf(scope),
      suspend: (lock, hold) => void lock.#letGo(hold),
      resume: (lock, hold) => lock.#resume(hold),
    });
  }

  constructor(options: NameOption = {}) {
    this.#waiters = new WaitQueue(labelOf("lock.acquire", options.name));
  }

  /** Whether somebody holds it. */
  get isHeld(): boolean {
    return this.#holder !== null;
  }

  /**
   * Waits until the lock is free and takes it.
   *
   * Cancel safety: a cancelled acquisition has not got the lock. One that has got it returns the hold, even if the scope is
   * cancelled before the task runs.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  acquire(): Promise<Hold> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    const hold = new LockHold(this, scope);
    if (this.#holder !== null) return this.#waiters.park(hold);
    return delivered(this.#grant(hold), scope);
  }

  /** Takes the lock if it is free; `undefined` otherwise. Never waits, and is no cancellation point. */
  tryAcquire(): Hold | undefined {
    if (this.#holder !== null) return undefined;
    return this.#grant(new LockHold(this, currentScope()));
  }

  /**
   * Runs `fn` while holding the lock, and releases it when `fn` has ended.
   *
   * Cancel safety: as {@link Lock.acquire} until `fn` runs.
   * @throws {Cancelled} when the surrounding scope is cancelled before the lock is free.
   */
  with<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    checkFunction("fn of lock.with", fn);
    return whileHolding(this.acquire(), fn);
  }

  /** `waiters`: how many tasks wait for it now. */
  stats(): Readonly<{ isHeld: boolean; waiters: number }> {
    return { isHeld: this.#holder !== null, waiters: this.#waiters.size };
  }

  /** Passes the lock to the waiter at the head. False when `hold` does not hold it. */
  #letGo(hold: LockHold): boolean {
    if (this.#holder !== hold) return false;
    if (this.#waiters.size === 0) {
      this.#holder = null;
      return true;
    }
    this.#waiters.wake(this.#grant(this.#waiters.headItem));
    return true;
  }

  #grant(hold: LockHold): Hold {
    this.#holder = hold;
    if (hold.granted) return hold;
    hold.granted = true;
    return handedOut(hold, hold.scope.engine, this.#waiters.label);
  }

  #holdOf(scope: Scope): LockHold | null {
    const hold = this.#holder;
    if (hold === null) return null;
    return hold.scope.task.encloses(scope) || scope.task.encloses(hold.scope) ? hold : null;
  }

  /** The hold stands in the line from the background, where the cancellation of its task does not reach; its task waits firmly. */
  #resume(hold: LockHold): Promise<void> {
    const scope = currentScope();
    if (this.#holder === null) return delivered(void this.#grant(hold), scope);
    const wait = new FirmWait<void>(scope, this.#waiters.label);
    const regained = wait.park();
    detached(() => this.#waiters.park(hold)).then(
      () => wait.wake(),
      (error: unknown) => wait.fail(error),
    );
    return regained;
  }
}

export const lockAccess: LockAccess = makeAccess();
