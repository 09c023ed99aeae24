/** Calling the handler of a request, in the task of that request. */
import { currentScope } from "../../kernel/current.ts";
import { setDeadline } from "../../kernel/limit.ts";
import { refuseTunnel } from "./failure.ts";
import type { ServePlan } from "./options.ts";
import type { HttpRequest } from "./request.ts";

/** Gives what the handler returns: a value, or a promise of one. From here on its time counts. */
export function callHandler({ handler, handlerMs }: ServePlan, request: HttpRequest): unknown {
  if (handlerMs !== Infinity) {
    const scope = currentScope();
    setDeadline(scope, scope.engine.host.now() + handlerMs, "its time limit, handlerMs");
  }
  return (request.method === "CONNECT" ? refuseTunnel : handler)(request);
}

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

const DEEPEST = 8;

/** Whether `error` is one of those that `isIt` knows, or was caused by it: somebody may have put it into words of his own. */
export function comesOf(error: unknown, isIt: (error: unknown) => boolean): boolean {
  let at: unknown = error;
  for (let depth = 0; depth < DEEPEST; depth++) {
    if (isIt(at)) return true;
    if (!(at instanceof Error)) return false;
    at = at.cause;
  }
  return false;
}
