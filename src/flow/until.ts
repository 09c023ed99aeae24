import { show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { signalOf } from "./about-now.ts";
import { cancellationIn } from "../kernel/cancellation-in.ts";
import { currentScope } from "../kernel/current.ts";
import type { Engine } from "../kernel/engine.ts";
import { FirmWait, Wait } from "../kernel/park.ts";
import { refuse } from "../kernel/refuse.ts";
import { inRoot } from "../kernel/root-context.ts";
import type { Scope } from "../kernel/scope.ts";
import { disposeLater } from "./dispose.ts";

/**
 * Waits for a foreign promise, the one thing that nobody can interrupt (law 14).
 *
 * Given a function, it hands it the scope's signal, which aborts on cancellation, and waits until the promise settles: nothing is
 * left running. Given a promise, it stops waiting on cancellation and leaves nothing behind on it; whatever runs behind the
 * promise runs on. A value that arrives for nobody is disposed of if it has `Symbol.dispose` or `Symbol.asyncDispose`.
 *
 * Cancel safety: a value that is there wins over a cancellation. An `AbortError` of the function in a cancelled scope counts as
 * the cancellation.
 * @throws {Cancelled} when the surrounding scope is cancelled first; in the function form when the promise has settled.
 * @example
 * import { setTimeout as delay } from "node:timers/promises";
 * import { until, withTimeoutOr } from "tsyncio";
 * // Told to stop, and awaited:
 * await withTimeoutOr(5, () => until((signal) => delay(60_000, undefined, { signal })), undefined);
 * // Abandoned:
 * console.log(await withTimeoutOr(5, () => until(new Promise(() => {})), "gave up")); // gave up
 */
export function until<T>(
  source: ((signal: AbortSignal) => T | PromiseLike<T>) | PromiseLike<T>,
): Promise<T> {
  const scope = currentScope();
  if (typeof source === "function")
    return scope.blocked === null ? untilSettled(scope, source) : refuse(scope);
  if (typeof source?.then !== "function") {
    throw new InvalidArgument(
      `source of until is ${show(source)}. Give a promise, or a function that takes a signal and returns one.`,
    );
  }
  const arrivals = arrivalsOf(source);
  if (scope.blocked === null) return arrivals.join(scope);
  arrivals.abandon(scope);
  return refuse(scope);
}

function untilSettled<T>(scope: Scope, fn: (signal: AbortSignal) => T | PromiseLike<T>): Promise<T> {
  const wait = new FirmWait<T>(scope, fn.name === "" ? "until" : `until ${fn.name}`);
  const promise = wait.park();
  const failed = (error: unknown): void => wait.fail(cancellationIn(scope, error) ?? error);
  try {
    Promise.resolve(fn(signalOf(scope))).then((value) => wait.wake(value), failed);
  } catch (error) {
    failed(error);
  }
  return promise;
}

/**
 * Those who wait for one promise. It bears a single reaction, however many waits come and go: a reaction cannot be taken off a
 * promise, and one per wait would pile up on a long-lived one.
 */
class Arrivals<T> {
  readonly #waits = new Set<ArrivalWait<T>>();
  /** The runtime of the last wait that was given up. Not its scope: the promise may live long, and must retain no task. */
  #abandonedIn: Engine | null = null;

  constructor(promise: PromiseLike<T>) {
    // Whoever comes after the reaction has run needs one of its own.
    const forget = (): unknown => known.delete(promise);
    inRoot(() =>
      promise.then(
        (value) => {
          forget();
          this.#arrived(value);
        },
        (error: unknown) => {
          forget();
          this.#failed(error);
        },
      ),
    );
  }

  join(scope: Scope): Promise<T> {
    const wait = new ArrivalWait<T>(scope, this);
    this.#waits.add(wait);
    return wait.park();
  }

  leave(wait: ArrivalWait<T>): void {
    this.#waits.delete(wait);
    this.#abandonedIn = wait.scope.engine;
  }

  /** Somebody wanted the value and may not wait for it. */
  abandon(scope: Scope): void {
    this.#abandonedIn = scope.engine;
  }

  #arrived(value: T): void {
    if (this.#waits.size === 0 && this.#abandonedIn !== null) disposeLater(value, this.#abandonedIn);
    for (const wait of this.#waits) wait.wake(value);
    this.#waits.clear();
  }

  #failed(error: unknown): void {
    for (const wait of this.#waits) wait.fail(error);
    this.#waits.clear();
  }
}

class ArrivalWait<T> extends Wait<T> {
  readonly #arrivals: Arrivals<T>;

  constructor(scope: Scope, arrivals: Arrivals<T>) {
    super(scope);
    this.#arrivals = arrivals;
  }

  get label(): string {
    return "until a foreign promise";
  }

  protected unlink(): void {
    this.#arrivals.leave(this);
  }
}

const known = new WeakMap<PromiseLike<unknown>, Arrivals<unknown>>();

function arrivalsOf<T>(promise: PromiseLike<T>): Arrivals<T> {
  let arrivals = known.get(promise) as Arrivals<T> | undefined;
  if (arrivals === undefined) {
    arrivals = new Arrivals(promise);
    known.set(promise, arrivals as Arrivals<unknown>);
  }
  return arrivals;
}
