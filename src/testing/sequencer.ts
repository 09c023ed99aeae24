import { checkFunction, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import { passed, refusal } from "../kernel/park.ts";
import { BrokenSequence } from "./errors.ts";

/**
 * Forces one interleaving: the parts of several tasks that are given to it run one after the other, in the order of their places.
 * Place 0 is first; place n begins when place n - 1 has ended.
 *
 * Cancel safety: one who is cancelled while it waits for its place will not come, so that the sequence is broken: the others throw.
 *
 * @example
 * import { withTaskGroup } from "tsyncio";
 * import { Sequencer } from "tsyncio/testing";
 * const sequencer = new Sequencer();
 * const order: string[] = [];
 * await withTaskGroup((group) => {
 *   group.spawn(async () => {
 *     await sequencer.at(0, () => order.push("first"));
 *     await sequencer.at(2, () => order.push("third"));
 *   });
 *   group.spawn(() => sequencer.at(1, () => order.push("second")));
 * });
 * console.log(order.join()); // first,second,third
 */
export class Sequencer {
  readonly #waiters = new Map<number, WaitQueue>();
  readonly #taken = new Set<number>();
  #next = 0;
  #broken: string | null = null;

  /**
   * Waits for `place`, runs `fn`, and gives what it returns. The next place begins also when `fn` throws.
   *
   * @throws {BrokenSequence} when one that stands before was cancelled, or the place is taken.
   * @throws {InvalidArgument} when `place` is no integer from 0 on.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  async at<T>(place: number, fn: () => T | PromiseLike<T>): Promise<T> {
    if (!Number.isSafeInteger(place) || place < 0)
      throw new InvalidArgument(`place of Sequencer.at is ${show(place)}. Give an integer from 0 on.`);
    checkFunction("fn of Sequencer.at", fn);
    const refused = refusal();
    if (refused !== null) {
      this.#break(place);
      return refused;
    }
    if (this.#taken.has(place))
      throw new BrokenSequence(
        `place ${place} of the sequencer is taken. Give each part a place of its own.`,
      );
    this.#taken.add(place);
    if (this.#broken !== null) throw new BrokenSequence(this.#broken);
    await (place === this.#next ? passed() : this.#wait(place));
    try {
      return await fn();
    } finally {
      this.#next++;
      this.#waiters.get(this.#next)?.wake(undefined);
    }
  }

  /** `next`: the place whose turn it is or comes next. `waiters`: how many wait for theirs. */
  stats(): Readonly<{ next: number; waiters: number }> {
    let waiters = 0;
    for (const queue of this.#waiters.values()) waiters += queue.size;
    return { next: this.#next, waiters };
  }

  #wait(place: number): Promise<void> {
    const queue = new WaitQueue(`place ${place} of a sequencer`, () => this.#break(place));
    this.#waiters.set(place, queue);
    return queue.park(undefined);
  }

  #break(place: number): void {
    this.#broken ??= `the one at place ${place} of the sequencer was cancelled before its turn came, so that none after it can come.`;
    for (const queue of this.#waiters.values())
      queue.failAll(() => new BrokenSequence(this.#broken ?? ""));
  }
}
