import { show } from "../base/check.ts";
import { currentScope } from "./current.ts";
import { refuse } from "./refuse.ts";
import type { AfterMark, Scope } from "./scope.ts";
import { Wait } from "./park.ts";

/** One task that waits in a {@link WaitQueue}, with what it brought along. */
class QueueWait<T, I> extends Wait<T> {
  readonly queue: WaitQueue<T, I>;
  readonly item: I;
  ahead: QueueWait<T, I> | null = null;
  behind: QueueWait<T, I> | null = null;

  constructor(scope: Scope, queue: WaitQueue<T, I>, item: I) {
    super(scope);
    this.queue = queue;
    this.item = item;
  }

  get label(): string {
    return this.queue.label;
  }

  protected unlink(after: AfterMark): void {
    this.queue.leave(this, after);
  }
}

/**
 * Tasks that wait for the same thing, first come, first served: what every primitive of the library is built on.
 *
 * A task may bring an item along (a value to put, a number of permits). `onCancelled` is called after a waiter has been
 * cancelled and has left, when all marking is done: for a primitive in which the ones behind may go on then.
 *
 * Cancel safety: a cancelled waiter has left the queue before anything else runs. A waiter that was woken is not a waiter
 * any more and gets its value even if it is cancelled before it runs.
 *
 * @example
 * import { passed, WaitQueue } from "tsyncio/lowlevel";
 * class Gate {
 *   #open = false;
 *   readonly #waiters = new WaitQueue<void>("gate");
 *   open(): void { this.#open = true; this.#waiters.wakeAll(undefined); }
 *   pass(): Promise<void> { return this.#open ? passed() : this.#waiters.park(undefined); }
 * }
 * const gate = new Gate();
 * const waiting = gate.pass();
 * gate.open();
 * await waiting;
 */
export class WaitQueue<T = void, I = undefined> {
  readonly #name: string;
  readonly #onCancelled: (() => void) | null;
  #head: QueueWait<T, I> | null = null;
  #tail: QueueWait<T, I> | null = null;
  #size = 0;

  /** `name` says in the task tree what is waited for: "lock", "queue.get of orders". */
  constructor(name: string, onCancelled: (() => void) | null = null) {
    this.#name = name;
    this.#onCancelled = onCancelled;
  }

  get label(): string {
    return this.#name;
  }

  /** How many tasks wait. */
  get size(): number {
    return this.#size;
  }

  /** What the waiter at the head brought. Only while `size > 0`. */
  get headItem(): I {
    if (this.#head === null) throw new RangeError(`nobody waits for ${show(this.#name)}`);
    return this.#head.item;
  }

  /**
   * Waits at the end of the queue until woken. `scope` is the current one: for a caller that has it at hand.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled first, or is already.
   */
  park(item: I, scope: Scope = currentScope()): Promise<T> {
    if (scope.blocked !== null) return refuse(scope);
    const wait = new QueueWait<T, I>(scope, this, item);
    wait.ahead = this.#tail;
    if (this.#tail === null) this.#head = wait;
    else this.#tail.behind = wait;
    this.#tail = wait;
    this.#size++;
    return wait.park();
  }

  /** Wakes the task at the head with `value`. False when nobody waits. */
  wake(value: T): boolean {
    const wait = this.#head;
    if (wait === null) return false;
    this.#remove(wait);
    wait.wake(value);
    return true;
  }

  /** Makes the wait of the task at the head throw `error`. False when nobody waits. */
  fail(error: unknown): boolean {
    const wait = this.#head;
    if (wait === null) return false;
    this.#remove(wait);
    wait.fail(error);
    return true;
  }

  /** Wakes all tasks that wait now, in their order. Returns how many. */
  wakeAll(value: T): number {
    const { size } = this;
    for (let rest = size; rest > 0; rest--) this.wake(value);
    return size;
  }

  /** Makes the waits of all tasks that wait now throw what `makeError` returns, an error each. Returns how many. */
  failAll(makeError: () => unknown): number {
    const { size } = this;
    for (let rest = size; rest > 0; rest--) this.fail(makeError());
    return size;
  }

  /** @internal */
  leave(wait: QueueWait<T, I>, after: AfterMark): void {
    this.#remove(wait);
    if (this.#onCancelled !== null) after.notices.push(this.#onCancelled);
  }

  #remove(wait: QueueWait<T, I>): void {
    if (wait.ahead === null) this.#head = wait.behind;
    else wait.ahead.behind = wait.behind;
    if (wait.behind === null) this.#tail = wait.ahead;
    else wait.behind.ahead = wait.ahead;
    wait.ahead = null;
    wait.behind = null;
    this.#size--;
  }
}
