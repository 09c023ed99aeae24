import { passed } from "../kernel/park.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import { labelOf, type NameOption } from "./hold.ts";

/**
 * A flag that tasks can wait for.
 *
 * @example
 * import { Event, withTaskGroup } from "tsyncio";
 * const ready = new Event();
 * await withTaskGroup((group) => {
 *   group.spawn(async () => {
 *     await ready.wait();
 *     console.log("serving");
 *   });
 *   ready.set();
 * });
 * // serving
 */
export class Event {
  readonly #waiters: WaitQueue;
  #isSet = false;

  constructor(options: NameOption = {}) {
    this.#waiters = new WaitQueue(labelOf("event.wait", options.name));
  }

  /** Whether the flag is set. */
  get isSet(): boolean {
    return this.#isSet;
  }

  /** Sets the flag and wakes every waiter, in the order in which they came. Setting it twice is the same as once. */
  set(): void {
    this.#isSet = true;
    this.#waiters.wakeAll();
  }

  /** Clears the flag. Tasks that were already woken stay woken. */
  clear(): void {
    this.#isSet = false;
  }

  /**
   * Waits until the flag is set; returns at once where it is.
   *
   * Cancel safety: a cancelled wait leaves no trace; the flag is not consumed.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  wait(): Promise<void> {
    return this.#isSet ? passed() : this.#waiters.park(undefined);
  }

  /** `waiters`: how many tasks wait now. */
  stats(): Readonly<{ isSet: boolean; waiters: number }> {
    return { isSet: this.#isSet, waiters: this.#waiters.size };
  }
}
