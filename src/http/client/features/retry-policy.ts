/** When a request is sent again, and after how long. Pure: the loop that acts on it is in retry-requests.ts. */
import { checkCount, checkFunction, show } from "../../../base/check.ts";
import { InvalidArgument } from "../../../base/tsyncio-error.ts";
import { checkKnown, checkLimitMs } from "../../check-options.ts";
import type { RetryBudgetOptions } from "./retry-budget.ts";

/** What became of an attempt that may be made again: a response, or an error. */
export type Failure =
  | { readonly kind: "status"; readonly status: number; readonly retryAfterMs: number | null }
  | { readonly kind: "error"; readonly error: unknown; readonly wasSent: boolean };

/** How requests are sent again. */
export interface RetryRequestsOptions {
  /** How many times a request is sent at most, the first included. Default 3; `Infinity` allowed. */
  readonly attempts?: number;
  /** The pause after the first failure, in milliseconds. Default 200. */
  readonly initialMs?: number;
  /** What each pause is multiplied by to give the next. Default 2; at least 1. */
  readonly factor?: number;
  /** The longest pause, in milliseconds. Default 30,000. */
  readonly maxMs?: number;
  /** How much of a pause is left to chance, 0 to 1. Default 1: any pause up to the full one. */
  readonly jitter?: number;
  /** The longest wait that a `Retry-After` may ask for, in milliseconds; the response is handed out where it asks for more. Default 60,000. */
  readonly maxRetryAfterMs?: number;
  /** Statuses that are worth another attempt. Default 408, 429, 500, 502, 503 and 504. */
  readonly statuses?: readonly number[];
  /**
   * Methods that may be sent again. Default those that mean the same when they arrive twice: GET, HEAD, OPTIONS, TRACE, PUT and DELETE.
   * Whatever the method, a request that never left is sent again.
   */
  readonly methods?: readonly string[];
  /** Has the last word on each failure that would be tried again. */
  readonly when?: (failure: Failure, attempt: number) => boolean;
  /** How many retries the client may add to its load; null for no bound. Default a fifth of its requests and one a second, and 10 saved up. */
  readonly budget?: RetryBudgetOptions | null;
}

/** The options, checked, with their defaults. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  readonly jitter: number;
  readonly maxRetryAfterMs: number;
  readonly statuses: ReadonlySet<number>;
  readonly methods: ReadonlySet<string>;
  readonly when: (failure: Failure, attempt: number) => boolean;
}

const defaults: Required<Omit<RetryRequestsOptions, "budget">> = {
  attempts: 3,
  initialMs: 200,
  factor: 2,
  maxMs: 30_000,
  jitter: 1,
  maxRetryAfterMs: 60_000,
  statuses: [408, 429, 500, 502, 503, 504],
  methods: ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"],
  when: always,
};

const names: ReadonlySet<string> = new Set([...Object.keys(defaults), "budget"]);

export function checkPolicy(options: RetryRequestsOptions): RetryPolicy {
  checkKnown("retryRequests", options, names);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const all = { ...defaults, ...(Object.fromEntries(given) as RetryRequestsOptions) };
  const { statuses, methods, when } = all;
  for (const [name, list] of Object.entries({ statuses, methods }))
    if (!Array.isArray(list))
      throw new InvalidArgument(`${name} of retryRequests is ${show(list)}. Give an array.`);
  checkFunction("when of retryRequests", when);
  return {
    attempts: checkCount("attempts of retryRequests", all.attempts),
    initialMs: checkLimitMs("initialMs of retryRequests", all.initialMs),
    factor: checkBetween("factor", all.factor, 1, Number.MAX_VALUE),
    maxMs: checkLimitMs("maxMs of retryRequests", all.maxMs),
    jitter: checkBetween("jitter", all.jitter, 0, 1),
    maxRetryAfterMs: checkLimitMs("maxRetryAfterMs of retryRequests", all.maxRetryAfterMs),
    statuses: new Set(statuses),
    methods: new Set(methods),
    when,
  };
}

function checkBetween(name: string, value: number, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  const range = most === 1 ? `from ${least} to ${most}` : `of at least ${least}, and not Infinity`;
  throw new InvalidArgument(`${name} of retryRequests is ${show(value)}. Give a number ${range}.`);
}

function always(): boolean {
  return true;
}

/** What is known of a request whose attempt has failed. */
export interface FailedAttempt {
  readonly method: string;
  /** Whether its body can be sent once more; true without a body. */
  readonly isRepeatable: boolean;
  /** From 1. */
  readonly attempt: number;
  readonly failure: Failure;
  /** From 0 to below 1. */
  readonly chance: number;
}

/** After how many milliseconds the request is sent again; null where it is not. */
export function retryPause(policy: RetryPolicy, failed: FailedAttempt): number | null {
  const { failure, attempt } = failed;
  if (attempt >= policy.attempts || !isWorthIt(policy, failed)) return null;
  const full = Math.min(policy.initialMs * policy.factor ** (attempt - 1), policy.maxMs);
  const pause = full * (1 - policy.jitter * failed.chance);
  if (failure.kind === "error" || failure.retryAfterMs === null) return pause;
  // Never before the server wants it: whoever comes back in the same instant as all the others is spread by chance beyond it.
  return failure.retryAfterMs > policy.maxRetryAfterMs ? null : failure.retryAfterMs + pause;
}

function isWorthIt(
  policy: RetryPolicy,
  { failure, method, isRepeatable, attempt }: FailedAttempt,
): boolean {
  if (!isRepeatable) return false;
  const isSafe = policy.methods.has(method) || (failure.kind === "error" && !failure.wasSent);
  if (!isSafe) return false;
  if (failure.kind === "status" && !policy.statuses.has(failure.status)) return false;
  return policy.when(failure, attempt);
}
