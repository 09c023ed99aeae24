import { brandOf } from "../../../base/tsyncio-error.ts";
import { currentScope } from "../../../kernel/current.ts";
import { deadlineOf } from "../../../kernel/limit.ts";
import type { Scope } from "../../../kernel/scope.ts";
import { sleep } from "../../../flow/sleep.ts";
import type { ClientRequest, Middleware, Send } from "../exchange.ts";
import { HttpRequestFailed, HttpTimeout } from "../request-errors.ts";
import type { HttpResponse } from "../response.ts";
import { ProxyFailed } from "./proxy-errors.ts";
import { retryAfterMs } from "./retry-after.ts";
import { RetryBudget } from "./retry-budget.ts";
import {
  checkPolicy,
  retryPause,
  type Failure,
  type RetryPolicy,
  type RetryRequestsOptions,
} from "./retry-policy.ts";

/** An attempt that has failed: a response to close, or an error to throw. */
type Failed =
  | { readonly response: HttpResponse; readonly failure: Failure }
  | { readonly error: unknown; readonly failure: Failure };

/**
 * Middleware that sends a request again when it failed, or was answered with a status that may be another one soon.
 *
 * A request is sent again when that is safe: by a method that means the same when it arrives twice, or where nothing of it had left; with
 * a body that can be read once more. Pauses grow, are left to chance, and are never shorter than a `Retry-After` asks for. Where the
 * attempts or the budget are used up, or a pause would not end before the current deadline or `totalMs`, the last response or error stands.
 * Each attempt waits for a connection at the end of the line: whoever waits already is not held up by one who tries again.
 *
 * Cancel safety: a cancellation is never retried, and ends a pause.
 * @throws {InvalidArgument} for figures that make no sense.
 * @example
 * import { HttpClient, retryRequests, serve, reply } from "tsyncio/http";
 * let asked = 0;
 * await using server = await serve(() => (++asked < 3 ? reply("busy", { status: 503 }) : "at last"));
 * await using http = new HttpClient({ middleware: [retryRequests({ initialMs: 1 })] });
 * console.log(await http.get(server.url).text(), asked); // at last 3
 */
export function retryRequests(options: RetryRequestsOptions = {}): Middleware {
  const policy = checkPolicy(options);
  const budget =
    options.budget === null ? null : new RetryBudget(options.budget === undefined ? {} : options.budget);
  return (request, next) => attempts(request, next, policy, budget);
}

async function attempts(
  request: ClientRequest,
  next: Send,
  policy: RetryPolicy,
  budget: RetryBudget | null,
): Promise<HttpResponse> {
  const scope = currentScope();
  const { host } = scope.engine;
  budget?.earn(host.now());
  for (let attempt = 1; ; attempt++) {
    const made = await attemptOf(
      attempt === 1 ? request : request.with({ attempt }),
      next,
      scope,
      policy,
    );
    if (!("failure" in made)) return made;
    const pause = retryPause(policy, {
      method: request.method,
      isRepeatable: request.body === null || request.body.isRepeatable,
      attempt,
      failure: made.failure,
      chance: host.random(),
    });
    const now = host.now();
    if (pause === null || isInVain(request, scope, now + pause) || budget?.tryTake(now) === false)
      return outcomeOf(made);
    if ("response" in made) await made.response.close();
    await sleep(pause);
  }
}

async function attemptOf(
  request: ClientRequest,
  next: Send,
  scope: Scope,
  policy: RetryPolicy,
): Promise<HttpResponse | Failed> {
  try {
    const response = await next(request);
    if (!policy.statuses.has(response.status)) return response;
    const afterMs = retryAfterMs(response.headers.get("retry-after"), scope.engine.host.wallNow());
    return { response, failure: { kind: "status", status: response.status, retryAfterMs: afterMs } };
  } catch (error) {
    if (!isTransient(error)) throw error;
    const wasSent = (error as { wasSent?: unknown }).wasSent !== false;
    return { error, failure: { kind: "error", error, wasSent } };
  }
}

/** Causes that another attempt will meet again: what is wrong with a certificate, what is no HTTP. */
const lasting: ReadonlySet<string> = new Set([
  "TSY_TLS_FAILED",
  "TSY_HTTP_PROTOCOL",
  "TSY_BODY_LENGTH",
  "TSY_INVALID_ARGUMENT",
  "TSY_BODY_USED",
]);

function isTransient(error: unknown): boolean {
  if (error instanceof HttpTimeout) return error.limit !== "totalMs";
  if (!(error instanceof HttpRequestFailed)) return false;
  const { cause } = error;
  // A proxy that wants a password, or forbids the way, will do so again.
  if (cause instanceof ProxyFailed && cause.status !== null && cause.status < 500) return false;
  return !lasting.has(brandOf(cause) ?? "");
}

function outcomeOf(failed: Failed): HttpResponse {
  if ("error" in failed) throw failed.error;
  return failed.response;
}

/** Whether the scope is cancelled, or its deadline, or the limit for the whole, comes before the pause ends. */
function isInVain({ beganAt, options }: ClientRequest, scope: Scope, until: number): boolean {
  return scope.blocked !== null || until >= Math.min(deadlineOf(scope), beganAt + options.totalMs);
}
