import { checkCount } from "../base/check.ts";
import { currentScope } from "../kernel/current.ts";
import { delivered, refusal } from "../kernel/park.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import { BrokenBarrier } from "./errors.ts";
import { labelOf, type NameOption } from "./hold.ts";

/**
 * Where a fixed number of tasks wait for each other: the last to arrive lets all go on.
 *
 * It can be used again and again. A generation drains in one step: when its last task arrives, all others have their index and are
 * out, even before they run; a task that comes back belongs to the next generation.
 *
 * @example
 * import { Barrier, withTaskGroup } from "tsyncio";
 * const barrier = new Barrier(3);
 * await withTaskGroup((group) => {
 *   for (const name of ["a", "b", "c"]) {
 *     group.spawn(async () => {
 *       const index = await barrier.wait();
 *       if (index === 0) console.log(`all here, says ${name}`);
 *     });
 *   }
 * });
 * // all here, says a
 */
export class Barrier {
  /** How many tasks it waits for. */
  readonly parties: number;
  readonly #waiters: WaitQueue<number>;
  #broken = false;

  /** `parties`: at least 1. */
  constructor(parties: number, options: NameOption = {}) {
    this.parties = checkCount("parties of Barrier", parties);
    this.#waiters = new WaitQueue(labelOf("barrier.wait", options.name));
  }

  /** How many tasks wait now. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Whether it was aborted, and not reset since. */
  get broken(): boolean {
    return this.#broken;
  }

  /**
   * Waits until `parties` tasks have come; gives each of them another index, from 0 to `parties - 1`, in the order in which they came.
   *
   * Cancel safety: a cancelled wait counts no more; one more task has to come instead.
   * @throws {BrokenBarrier} when the barrier is broken, or is aborted or reset meanwhile.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  wait(): Promise<number> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#broken) return Promise.reject(aborted());
    const last = this.parties - 1;
    if (this.#waiters.size < last) return this.#waiters.park(undefined);
    for (let index = 0; index < last; index++) this.#waiters.wake(index);
    return delivered(last, scope);
  }

  /** Empties the barrier: those who wait throw {@link BrokenBarrier}, and it can be used again, also after an abort. */
  reset(): void {
    this.#broken = false;
    this.#waiters.failAll(
      () =>
        new BrokenBarrier(
          "the barrier was reset while this task waited at it. Wait again to join in anew.",
        ),
    );
  }

  /** Breaks the barrier for good: those who wait and those who come throw {@link BrokenBarrier}, until it is reset. */
  abort(): void {
    this.#broken = true;
    this.#waiters.failAll(aborted);
  }

  stats(): Readonly<{ parties: number; waiting: number; broken: boolean }> {
    return { parties: this.parties, waiting: this.#waiters.size, broken: this.#broken };
  }
}

function aborted(): BrokenBarrier {
  return new BrokenBarrier(
    "the barrier was aborted: not all of its parties will come. reset() makes it usable again.",
  );
}
