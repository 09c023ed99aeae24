import { checkCount, checkFunction } from "../base/check.ts";
import { currentScope } from "../kernel/current.ts";
import { passed, refusal } from "../kernel/park.ts";
import type { Scope } from "../kernel/scope.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import { NotHeld } from "./errors.ts";
import { labelOf, type Hold, type NameOption } from "./hold.ts";
import { Lock, lockAccess, type LockHold } from "./lock.ts";

/**
 * A lock under which tasks wait for something to become true.
 *
 * A wait gives the lock away and has it again when it returns or throws, also when it is cancelled: that re-acquisition is shielded,
 * and takes as long as others hold the lock. Who is woken should look again whether it is true: `waitFor` does.
 *
 * To wait or notify, the lock must be held by the calling task, or by one around or below it.
 *
 * @example
 * import { Condition, withTaskGroup } from "tsyncio";
 * const condition = new Condition();
 * const stock: string[] = [];
 * await withTaskGroup((group) => {
 *   group.spawn(async () => {
 *     using _ = await condition.acquire();
 *     await condition.waitFor(() => stock.length > 0);
 *     console.log(stock.pop());
 *   });
 *   group.spawn(async () => {
 *     using _ = await condition.acquire();
 *     stock.push("apple");
 *     condition.notify();
 *   });
 * });
 * // apple
 */
export class Condition {
  /** The lock it works under. Several conditions can share one. */
  readonly lock: Lock;
  readonly #waiters: WaitQueue;

  constructor(lock: Lock = new Lock(), options: NameOption = {}) {
    this.lock = lock;
    this.#waiters = new WaitQueue(labelOf("condition.wait", options.name));
  }

  /**
   * `lock.acquire`.
   *
   * Cancel safety: that of {@link Lock.acquire}.
   */
  acquire(): Promise<Hold> {
    return this.lock.acquire();
  }

  /** `lock.tryAcquire`. */
  tryAcquire(): Hold | undefined {
    return this.lock.tryAcquire();
  }

  /**
   * `lock.with`.
   *
   * Cancel safety: that of {@link Lock.with}.
   */
  with<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    return this.lock.with(fn);
  }

  /**
   * Gives the lock away, waits until notified, and takes the lock again.
   *
   * Cancel safety: a cancelled wait has taken no notification, and holds the lock again when it throws. One that was notified
   * returns, even if the scope is cancelled while it waits for the lock.
   * @throws {NotHeld} when the lock is not held.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  wait(): Promise<void> {
    const scope = currentScope();
    return refusal(scope) ?? this.#wait(scope);
  }

  /**
   * Waits until `predicate` gives something true, and gives that. It is called under the lock, at once and after each notification.
   *
   * Cancel safety: that of {@link Condition.wait}. What the predicate throws is thrown, under the lock.
   * @throws {NotHeld} when the lock is not held.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  waitFor<T>(predicate: () => T): Promise<T> {
    checkFunction("predicate of condition.waitFor", predicate);
    return this.#waitFor(predicate);
  }

  /**
   * Wakes the `n` tasks that have waited longest, or as many as there are. They go on when they get the lock.
   *
   * @throws {NotHeld} when the lock is not held.
   */
  notify(n: number = 1): void {
    checkCount("n of condition.notify", n, 0);
    this.#hold(currentScope(), "notify");
    for (let rest = Math.min(n, this.#waiters.size); rest > 0; rest--) this.#waiters.wake();
  }

  /**
   * Wakes all tasks that wait now.
   *
   * @throws {NotHeld} when the lock is not held.
   */
  notifyAll(): void {
    this.notify(Infinity);
  }

  /** `waiters`: how many tasks wait to be notified; `lock`: the figures of the lock. */
  stats(): Readonly<{ waiters: number; lock: ReturnType<Lock["stats"]> }> {
    return { waiters: this.#waiters.size, lock: this.lock.stats() };
  }

  async #waitFor<T>(predicate: () => T): Promise<T> {
    const scope = currentScope();
    await passed(scope);
    this.#hold(scope, "wait");
    for (;;) {
      const value = predicate();
      if (value) return value;
      await this.wait();
    }
  }

  async #wait(scope: Scope): Promise<void> {
    const hold = this.#hold(scope, "wait");
    const notified = this.#waiters.park(undefined);
    lockAccess.suspend(this.lock, hold);
    try {
      await notified;
    } catch (error) {
      await this.#takeBack(hold);
      throw error;
    }
    try {
      await this.#takeBack(hold);
    } catch (error) {
      this.#waiters.wake();
      throw error;
    }
  }

  /** Neither a cancellation nor a deadline keeps the lock from coming back: the body that waited relies on holding it. */
  async #takeBack(hold: LockHold): Promise<void> {
    if (hold.dropped)
      throw new NotHeld(
        "the hold was disposed of while its condition.wait() was going on. Await the wait first.",
      );
    await lockAccess.resume(this.lock, hold);
    if (hold.dropped) hold[Symbol.dispose]();
  }

  #hold(scope: Scope, operation: "wait" | "notify"): LockHold {
    const hold = lockAccess.holdOf(this.lock, scope);
    if (hold !== null) return hold;
    throw new NotHeld(
      `cannot ${operation}: ${scope.path} does not hold the condition's lock. Acquire it before: using _ = await condition.acquire().`,
    );
  }
}
