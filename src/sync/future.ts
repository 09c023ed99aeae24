import { currentScope } from "../kernel/current.ts";
import { delivered, refusal } from "../kernel/park.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import { FutureSettled } from "./errors.ts";
import { labelOf, type NameOption } from "./hold.ts";

/** Whether a future has a value, an error, or neither yet. */
export type FutureState = "pending" | "resolved" | "rejected";

/**
 * A result that somebody will supply, once.
 *
 * It is not thenable, so that it can be returned from an async function or sent through a queue: `await future.wait()`.
 *
 * Rejecting is not throwing: the error stays with the future, and each wait throws it, now and later. A rejected future that nobody
 * waits for is no unhandled rejection; whoever rejects still has the error, and reports it where nobody may be listening.
 *
 * @example
 * import { Future, withTaskGroup } from "tsyncio";
 * const port = new Future<number>();
 * await withTaskGroup((group) => {
 *   group.spawn(async () => console.log(await port.wait()));
 *   port.resolve(8080);
 * });
 * // 8080
 */
export class Future<T> {
  readonly #waiters: WaitQueue<T>;
  readonly #name: string | undefined;
  #state: FutureState = "pending";
  #outcome: unknown = undefined;

  constructor(options: NameOption = {}) {
    this.#name = options.name;
    this.#waiters = new WaitQueue(labelOf("future.wait", options.name));
  }

  get state(): FutureState {
    return this.#state;
  }

  /**
   * Supplies the value, and wakes all who wait.
   *
   * @throws {FutureSettled} when the future has a value or an error already.
   */
  resolve(value: T): void {
    this.#settle("resolved", value);
    this.#waiters.wakeAll(value);
  }

  /**
   * Supplies an error for all waits to throw.
   *
   * @throws {FutureSettled} when the future has a value or an error already.
   */
  reject(error: unknown): void {
    this.#settle("rejected", error);
    this.#waiters.failAll(() => error);
  }

  /**
   * Waits for the value and gives it; throws the error where the future is rejected. Any number of tasks may wait.
   *
   * Cancel safety: cancelling a wait leaves the future alone.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  wait(): Promise<T> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#state === "pending") return this.#waiters.park(undefined);
    return this.#state === "resolved"
      ? delivered(this.#outcome as T, scope)
      : Promise.reject(this.#outcome);
  }

  /** `waiters`: how many tasks wait now. */
  stats(): Readonly<{ state: FutureState; waiters: number }> {
    return { state: this.#state, waiters: this.#waiters.size };
  }

  #settle(state: FutureState, outcome: unknown): void {
    if (this.#state !== "pending") throw new FutureSettled(this.#name, this.#state);
    this.#state = state;
    this.#outcome = outcome;
  }
}
