/** Scopes that are cancelled at an instant, and scopes that hold cancellations off for a while (laws 12, 16, 17). */
import { checkDuration, checkFunction, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { openScope } from "../kernel/cancel-scope.ts";
import { TimeoutError } from "../kernel/errors.ts";
import { runIn, settled, type Ending } from "../kernel/leave.ts";
import { raiseShield, setDeadline } from "../kernel/limit.ts";
import type { Scope } from "../kernel/scope.ts";

interface Limited<T> {
  readonly scope: Scope;
  readonly ending: Ending<T>;
}

async function runUntil<T>(
  scope: Scope,
  at: number,
  limit: string,
  fn: () => T | PromiseLike<T>,
): Promise<Limited<T>> {
  setDeadline(scope, at, limit);
  return { scope, ending: await runIn(scope, fn) };
}

function timedOut<T>({ scope, ending }: Limited<T>): boolean {
  return ending.kind === "cancelled" && ending.cancelled === scope.cancelled;
}

/**
 * Runs `fn`, and cancels it after `ms` milliseconds. If it returns a value after all, the value wins. A limit of 0 acts at the first
 * wait; `Infinity` never does.
 *
 * Cancel safety: when it settles, nothing that `fn` began is alive: after the limit it still waits for clean-up.
 *
 * @throws {TimeoutError} when the limit ended `fn`.
 * @example
 * import { sleep, TimeoutError, withTimeout } from "tsyncio";
 * try {
 *   await withTimeout(5, () => sleep(60_000));
 * } catch (error) {
 *   console.log(error instanceof TimeoutError); // true
 * }
 */
export async function withTimeout<T>(ms: number, fn: () => T | PromiseLike<T>): Promise<T> {
  const limit = checkDuration("ms of withTimeout", ms);
  checkFunction("fn of withTimeout", fn);
  const scope = openScope("withTimeout");
  const { engine } = scope;
  const limited = await runUntil(scope, engine.host.now() + limit, "its time limit", fn);
  if (timedOut(limited)) throw new TimeoutError(scope.path, `${limit} ms`);
  return settled(limited.ending);
}

/**
 * {@link withTimeout} that does not throw: when the limit ends `fn`, it resolves to `value`.
 *
 * @example
 * import { sleep, withTimeoutOr } from "tsyncio";
 * console.log(await withTimeoutOr(5, () => sleep(60_000), "too late")); // too late
 */
export async function withTimeoutOr<T, V>(
  ms: number,
  fn: () => T | PromiseLike<T>,
  value: V,
): Promise<T | V> {
  const limit = checkDuration("ms of withTimeoutOr", ms);
  checkFunction("fn of withTimeoutOr", fn);
  const scope = openScope("withTimeoutOr");
  const limited = await runUntil(scope, scope.engine.host.now() + limit, "its time limit", fn);
  return timedOut(limited) ? value : settled(limited.ending);
}

/**
 * {@link withTimeout} with an absolute time: an instant of `currentRuntime().now()`, or a `Date`, which is converted once, at entry.
 *
 * @throws {TimeoutError} when the deadline ended `fn`.
 * @example
 * import { currentRuntime, sleep, withDeadline } from "tsyncio";
 * const deadline = currentRuntime().now() + 1_000;
 * await withDeadline(deadline, () => sleep(1));
 */
export async function withDeadline<T>(instant: number | Date, fn: () => T | PromiseLike<T>): Promise<T> {
  checkFunction("fn of withDeadline", fn);
  checkInstant(instant);
  const scope = openScope("withDeadline");
  const { host } = scope.engine;
  const at = typeof instant === "number" ? instant : host.now() + instant.getTime() - host.wallNow();
  const limited = await runUntil(scope, at, "its deadline", fn);
  if (timedOut(limited)) throw new TimeoutError(scope.path, "its deadline");
  return settled(limited.ending);
}

function checkInstant(instant: unknown): void {
  const ms = instant instanceof Date ? instant.getTime() : instant;
  if (typeof ms === "number" && !Number.isNaN(ms)) return;
  throw new InvalidArgument(
    `instant of withDeadline is ${show(instant)}. Give an instant, currentRuntime().now() + ms, or a valid Date.`,
  );
}

/**
 * Runs `fn` shielded from enclosing cancellations and deadlines for at most `ms` milliseconds, counted from the cancellation or from
 * the entry, whichever is later. For clean-up that must wait. Without a cancellation it has no effect. Afterwards waits inside throw
 * the outer `Cancelled`.
 *
 * @example
 * import { sleep, withShield, withTimeoutOr } from "tsyncio";
 * await withTimeoutOr(5, async () => {
 *   try {
 *     await sleep(60_000);
 *   } finally {
 *     await withShield(1_000, () => sleep(1)); // runs to its end
 *   }
 * }, undefined);
 */
export async function withShield<T>(ms: number, fn: () => T | PromiseLike<T>): Promise<T> {
  const limit = checkDuration("ms of withShield", ms);
  checkFunction("fn of withShield", fn);
  const scope = openScope("withShield");
  raiseShield(scope, limit);
  return settled(await runIn(scope, fn));
}
