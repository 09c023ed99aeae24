import { checkDuration, checkFunction } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { currentScope } from "../kernel/current.ts";
import { TaskCancelled, type Cancelled } from "../kernel/errors.ts";
import { cancellationIn } from "../kernel/cancellation-in.ts";
import { delivered } from "../kernel/park.ts";
import { refuse } from "../kernel/refuse.ts";
import { detached, type Runtime } from "../kernel/runtime.ts";
import type { Scope } from "../kernel/scope.ts";
import type { Task } from "../kernel/task.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";

/** How calls are shared. */
export interface SharedOptions<A extends unknown[]> {
  /** What makes two calls the same. Default: the only argument; with more arguments it must be given. */
  readonly key?: (...args: A) => unknown;
  /** For how many milliseconds a value is remembered after it was computed. Default 0: only calls at the same time share. */
  readonly ttlMs?: number;
}

/**
 * Makes a function whose calls at the same time, with the same key, share one computation (law 15).
 *
 * `fn` runs in the runtime's background, so that no caller's cancellation or deadline reaches it, and `ContextVar`s are not inherited.
 * Each caller can be cancelled alone; when the last one has gone, the computation is cancelled. A failure is thrown to all who wait
 * for it, and not remembered.
 *
 * Cancel safety: a cancelled call leaves the computation to the others.
 *
 * @example
 * import { all, shared, sleep } from "tsyncio";
 * let loads = 0;
 * const load = shared(async (id: number) => { loads++; await sleep(1); return `user ${id}`; });
 * await all([() => load(1), () => load(1), () => load(2)]);
 * console.log(loads); // 2
 */
export function shared<A extends unknown[], T>(
  fn: (...args: A) => T | PromiseLike<T>,
  options: SharedOptions<A> = {},
): (...args: A) => Promise<T> {
  checkFunction("fn of shared", fn);
  const ttlMs = checkDuration("ttlMs of shared", options.ttlMs ?? 0);
  const flights = new Map<unknown, Flight<T>>();
  return (...args) => {
    if (options.key === undefined && args.length > 1) {
      throw new InvalidArgument(
        `a shared function was called with ${args.length} arguments and has no key. Give shared() a key option.`,
      );
    }
    const key = options.key === undefined ? args[0] : options.key(...args);
    const scope = currentScope();
    if (scope.blocked !== null) return refuse(scope);
    let flight = flights.get(key);
    if (flight === undefined) {
      flight = new Flight<T>(
        fn.name || "shared",
        () => flights.get(key) === flight && flights.delete(key),
      );
      flight.start(scope.engine as Runtime, ttlMs, () => fn(...args));
      flights.set(key, flight);
    }
    return flight.join(scope);
  };
}

/** One computation and those who wait for it. States: computing -> remembered (only where it has a ttl) -> forgotten. */
class Flight<T> {
  readonly #waiters: WaitQueue<T>;
  readonly #forget: () => void;
  #task: Task | null = null;
  #result: { readonly value: T } | null = null;

  constructor(name: string, forget: () => void) {
    this.#forget = forget;
    this.#waiters = new WaitQueue<T>(`shared ${name}`, () => this.#waiterLeft());
  }

  start(runtime: Runtime, ttlMs: number, fn: () => T | PromiseLike<T>): void {
    // Detached, since a task takes its context from where it is spawned.
    const task = detached(() =>
      runtime.background.spawn("shared", () => this.#compute(runtime, ttlMs, fn)),
    );
    if (task.state === "running") this.#task = task;
  }

  join(scope: Scope): Promise<T> {
    if (this.#result !== null) return delivered(this.#result.value, scope);
    return this.#waiters.park(undefined);
  }

  /** Never fails: what goes wrong belongs to the callers, not to the background. */
  async #compute(runtime: Runtime, ttlMs: number, fn: () => T | PromiseLike<T>): Promise<void> {
    const scope = currentScope();
    try {
      // The first caller joins when this function has returned to it, even if `fn` ends at once.
      const value = await (async () => fn())();
      this.#result = { value };
      this.#waiters.wakeAll(value);
      if (ttlMs === 0) this.#forget();
      else if (ttlMs !== Infinity) detached(() => runtime.callLater(ttlMs, this.#forget));
    } catch (error) {
      this.#forget();
      const cancelled = cancellationIn(scope, error);
      this.#fail(scope, cancelled === null ? error : new TaskCancelled(scope.path, cancelled), cancelled);
    } finally {
      this.#task = null;
    }
  }

  #fail(scope: Scope, error: unknown, cancelled: Cancelled | null): void {
    const told = this.#waiters.failAll(() => error);
    if (told === 0 && cancelled === null) scope.engine.unhandled(error);
  }

  #waiterLeft(): void {
    if (this.#waiters.size > 0 || this.#task === null) return;
    this.#forget();
    this.#task.cancel("nobody waits for it any more");
  }
}
