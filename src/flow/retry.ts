import { checkCount, checkDuration, checkFunction, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { deadlineOf } from "../kernel/limit.ts";
import { currentScope } from "../kernel/current.ts";
import { openScope } from "../kernel/cancel-scope.ts";
import { runIn, settled } from "../kernel/leave.ts";
import { refusal } from "../kernel/park.ts";
import type { Scope } from "../kernel/scope.ts";
import { sleep } from "./sleep.ts";

/** How to try again. */
export interface RetryOptions {
  /** How many times `fn` is called at most, the first included. Default 3; `Infinity` allowed. */
  readonly attempts?: number;
  /** The pause after the first failure, in milliseconds. Default 100. */
  readonly initialMs?: number;
  /** What each pause is multiplied by to give the next. Default 2; at least 1. */
  readonly factor?: number;
  /** The longest pause, in milliseconds. Default 30,000. */
  readonly maxMs?: number;
  /**
   * How much of a pause is left to chance, 0 to 1, so that many callers do not come back at once. Default 1: a random pause between 0
   * and the full one ("full jitter", Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
   */
  readonly jitter?: number;
  /** Whether to try again after this error. Default: after every error. */
  readonly when?: (error: unknown, attempt: number) => boolean;
  /** Told before each pause: the error, which attempt it was (from 1), and the pause in milliseconds. */
  readonly onRetry?: (error: unknown, attempt: number, pauseMs: number) => void;
}

/**
 * Calls `fn(attempt)`, attempts counted from 1, until it succeeds, and pauses ever longer in between.
 *
 * Throws the last error when the attempts are used up, when `when` says no, and when the next pause would not end before the current
 * deadline: waiting for a certain timeout helps nobody. A cancellation is never retried. Each attempt has a scope of its own, so that
 * nothing a failed one began is alive in the next.
 *
 * Cancel safety: cancelled during a pause, it stops there.
 *
 * @example
 * import { retry } from "tsyncio";
 * const answer = await retry(async (attempt) => {
 *   if (attempt < 3) throw new Error("not yet");
 *   return attempt;
 * }, { initialMs: 1 });
 * console.log(answer); // 3
 */
export async function retry<T>(
  fn: (attempt: number) => T | PromiseLike<T>,
  options: RetryOptions = {},
): Promise<T> {
  checkFunction("fn of retry", fn);
  const policy = checkPolicy(options);
  const scope = currentScope();
  await refusal(scope);
  let pauseMs = policy.initialMs;
  for (let attempt = 1; ; attempt++) {
    const ending = await runIn(openScope(`attempt ${attempt}`), () => fn(attempt));
    if (ending.kind !== "error" || attempt >= policy.attempts) return settled(ending);
    const { error } = ending;
    const wait = pauseMs * (1 - policy.jitter * scope.engine.host.random());
    if (isInVain(scope, wait) || options.when?.(error, attempt) === false) throw error;
    options.onRetry?.(error, attempt, wait);
    await sleep(wait);
    pauseMs = Math.min(pauseMs * policy.factor, policy.maxMs);
  }
}

/** Whether the scope is cancelled, or its deadline comes before the pause ends. */
function isInVain(scope: Scope, waitMs: number): boolean {
  return scope.blocked !== null || scope.engine.host.now() + waitMs >= deadlineOf(scope);
}

function checkPolicy(
  options: RetryOptions,
): Required<Pick<RetryOptions, "attempts" | "initialMs" | "factor" | "maxMs" | "jitter">> {
  const { attempts = 3, initialMs = 100, factor = 2, maxMs = 30_000, jitter = 1 } = options;
  checkCount("attempts of retry", attempts);
  checkDuration("initialMs of retry", initialMs);
  checkDuration("maxMs of retry", maxMs);
  if (!(factor >= 1))
    throw new InvalidArgument(`factor of retry is ${show(factor)}. Give a number of at least 1.`);
  if (!(jitter >= 0 && jitter <= 1))
    throw new InvalidArgument(`jitter of retry is ${show(jitter)}. Give a number from 0 to 1.`);
  return { attempts, initialMs: Math.min(initialMs, maxMs), factor, maxMs, jitter };
}
