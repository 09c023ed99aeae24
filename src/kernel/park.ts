/**
 * The one door through which every wait of the library goes (law 19).
 *
 * A wait is entered with {@link refusal}, which is where cancellation is met; then it either completes at once, through
 * {@link delivered} or {@link passed}, or it parks as a {@link Wait} until somebody wakes it or its scope is cancelled.
 *
 * States of a Wait:  parked -> woken (its promise has a value)
 *                    parked -> interrupted (its promise is the rejection of its scope)
 * Invariants
 * - A parked wait stands in its scope's list and in whatever will wake it (a queue, the timers); `unlink` leaves the latter.
 * - A wait is woken or interrupted once. A woken wait delivers its value even if the scope is cancelled before the task
 *   runs (law 11): it has left both lists.
 * - The promise of an interrupted wait is marked handled: one that nobody awaits is no unhandled rejection (law 4).
 *
 * No reject closure is kept per wait: an interrupted wait resolves with the rejected promise of its scope. One executor
 * serves all promises; it hands the resolver over through a module variable.
 */
import { currentScope, storage } from "./current.ts";
import type { AfterMark, Blocked, Parked, Scope } from "./scope.ts";
import { refuse } from "./refuse.ts";

const nothing = (): void => {};
const done: Promise<void> = Promise.resolve();
const nobody: { resolve: (value: never) => void } = { resolve: nothing };
let making = nobody;
const handOver = (resolve: (value: unknown) => void): void => {
  making.resolve = resolve;
};

/**
 * The entry of every wait: the rejected promise to return where the current scope is cancelled or has ended, else null.
 *
 * Call it before the operation takes anything, so that a cancelled operation has done nothing.
 */
export function refusal(scope: Scope = currentScope()): Promise<never> | null {
  return scope.blocked === null ? null : refuse(scope);
}

/** The result of an operation that needed no wait. Every so often it comes in the next turn of the event loop (law 22). */
export function delivered<T>(value: T, scope: Scope = currentScope()): Promise<T> {
  return scope.engine.turn.spend(scope) ? deliveredLate(value, scope) : Promise.resolve(value);
}

/** Apart from {@link delivered}: a function that makes a closure pays for it even where it does not come to that. */
function deliveredLate<T>(value: T, scope: Scope): Promise<T> {
  return new Promise((resolve) => scope.engine.turn.defer(() => resolve(value), scope));
}

/** {@link refusal} and {@link delivered} in one, for an operation that needed no wait and has no result. */
export function passed(scope: Scope = currentScope()): Promise<void> {
  if (scope.blocked !== null) return refuse(scope);
  return scope.engine.turn.spend(scope) ? deliveredLate(undefined, scope) : done;
}

export abstract class Wait<T> implements Parked {
  readonly scope: Scope;
  previous: Parked | null = null;
  next: Parked | null = null;
  readonly since: number;
  promise: Promise<T> | null = null;
  declare resolve: (value: T | Promise<never>) => void;

  constructor(scope: Scope) {
    this.scope = scope;
    this.since = scope.engine.turn.stamp;
    this.resolve = nothing;
  }

  /** What is waited for, on which object (law 23). */
  abstract get label(): string;

  /** Leaves whatever would wake the wait. */
  protected abstract unlink(after: AfterMark): void;

  park(): Promise<T> {
    this.scope.addWait(this);
    making = this as { resolve: (value: never) => void };
    const promise = new Promise<T>(handOver as (resolve: (value: T) => void) => void);
    making = nobody;
    this.promise = promise;
    if (this.scope.engine.instruments !== null) this.tell("waitStarted");
    return promise;
  }

  /** Ends the wait with `value`. Whoever calls it has taken the wait out of what wakes it. */
  wake(value: T | Promise<never>): void {
    this.settle();
    if (this.scope.engine.turn.spend(this.scope)) this.resolveLate(value);
    else this.resolve(value);
  }

  private resolveLate(value: T | Promise<never>): void {
    this.scope.engine.turn.defer(() => this.resolve(value), this.scope);
  }

  /** Ends the wait with an error. Whoever calls it has taken the wait out of what wakes it. */
  fail(error: unknown): void {
    const rejection = Promise.reject(error);
    rejection.catch(nothing);
    this.wake(rejection);
  }

  interrupt(blocked: Blocked, after: AfterMark): void {
    this.unlink(after);
    this.leave();
    if (this.scope.engine.instruments !== null) after.notices.push(() => this.tell("waitEnded"));
    this.promise!.catch(nothing);
    this.scope.engine.turn.interrupted(this.resolve, blocked.rejection!, this.scope);
  }

  /** Leaves the scope's list, and tells the instruments: for a wait that was woken. */
  protected settle(): void {
    this.leave();
    if (this.scope.engine.instruments !== null) this.tell("waitEnded");
  }

  private tell(event: "waitStarted" | "waitEnded"): void {
    const { scope, label } = this;
    scope.engine.tell((instrument) => instrument[event]?.(scope, label));
  }

  /** Leaves the scope's list. */
  protected leave(): void {
    const { scope } = this;
    scope.stamp = scope.engine.turn.stamp;
    scope.removeWait(this);
  }
}

/**
 * A wait that no cancellation ends: for what has been told to stop and is on its way, and for what a task must be given back before
 * it may go on. Its scope is not left before it is over.
 */
export class FirmWait<T> extends Wait<T> {
  readonly label: string;

  constructor(scope: Scope, label: string) {
    super(scope);
    this.label = label;
  }

  override interrupt(): void {}

  protected unlink(): void {}
}

/** A wait whose waker is not one of our lists: it is handed functions that end it, and returns one that stops the waker. */
class CallbackWait<T> extends Wait<T> {
  readonly label: string;
  stop: (() => void) | null = null;

  constructor(scope: Scope, label: string) {
    super(scope);
    this.label = label;
  }

  protected unlink(after: AfterMark): void {
    const { stop } = this;
    if (stop !== null) after.notices.push(() => this.stopIn(stop));
  }

  /** Stops the waker, in the context of the one who waits. */
  stopIn(stop: () => void): void {
    storage.run(this.scope, stop);
  }
}

/**
 * Waits until `register` calls one of the functions it is given: `wake(value)` or `fail(error)`. Only the first call counts.
 *
 * `register` runs at once and returns what undoes it; that is called when the wait is cancelled, never after a wake.
 *
 * Cancel safety: a cancelled wait has been undone when the task sees the cancellation.
 * @throws {Cancelled} when the surrounding scope is cancelled first.
 * @example
 * import { park } from "tsyncio/lowlevel";
 * const answer = await park<number>("an answer", (wake) => {
 *   const timer = setTimeout(wake, 5, 42);
 *   return () => clearTimeout(timer);
 * });
 * console.log(answer); // 42
 */
export function park<T>(
  label: string,
  register: (wake: (value: T) => void, fail: (error: unknown) => void) => () => void,
): Promise<T> {
  const scope = currentScope();
  if (scope.blocked !== null) return refuse(scope);
  const wait = new CallbackWait<T>(scope, label);
  const promise = wait.park();
  const isParked = (): boolean => scope.firstWait === wait || wait.previous !== null;
  let woken = false;
  const end = (how: () => void): void => {
    if (!isParked()) return;
    woken = true;
    how();
  };
  const fail = (error: unknown): void => end(() => wait.fail(error));
  try {
    const stop = register((value) => end(() => wait.wake(value)), fail);
    if (isParked()) wait.stop = stop;
    else if (!woken) wait.stopIn(stop);
  } catch (error) {
    fail(error);
  }
  return promise;
}
