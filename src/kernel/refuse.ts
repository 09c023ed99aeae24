/**
 * How a wait is refused in a cancelled or ended scope.
 *
 * Cancellation is level-triggered: every wait is refused until the scope is left (law 9). A refusal is an operation like any
 * other, so that a loop of refusals lets the event loop turn. Code that swallows the cancellation and goes on would still burn the
 * processor: after 100 refusals further ones come only after a turn, and then after 1, 2, 4 ... at most 100 ms (law 13).
 *
 * They are counted on the outermost cancelled scope of the task, and the count ends with that scope. Each wait that the cancellation
 * interrupted there buys one more, so that the clean-up of many helpers in one task is no swallowing.
 */
import { ScopeEnded } from "./errors.ts";
import type { Scope } from "./scope.ts";
import { TimedCall } from "./timers.ts";

const PROMPT_REFUSALS = 100;
const LONGEST_DELAY_MS = 100;
/** Frames from here are not where the user waits. */
const library = new URL("../", import.meta.url).href;

/** The rejection for a wait in `scope`, whose `blocked` is not null. */
export function refuse(scope: Scope): Promise<never> {
  const counter = counterOf(scope);
  const count = ++counter.rarely.refusals;
  const { turn } = scope.engine;
  const rejection = scope.blocked!.rejection ?? ended(scope);
  if (count <= PROMPT_REFUSALS) return turn.spend(scope) ? refuseLater(scope, rejection, 0) : rejection;
  if (count === PROMPT_REFUSALS + 1 && !scope.hasEnded) report(counter, scope);
  return refuseLater(scope, rejection, count - PROMPT_REFUSALS - 1);
}

/** A loop that opens a scope for each of its waits is one loop: the scope around it counts. */
export function counterOf(scope: Scope): Scope {
  let counter = scope;
  while (!counter.isTask && counter.parent !== null && counter.parent.blocked !== null)
    counter = counter.parent;
  return counter;
}

function ended(scope: Scope): Promise<never> {
  let last = scope;
  while (last.parent?.hasEnded === true) last = last.parent;
  const rejection = Promise.reject(new ScopeEnded(last.path));
  rejection.catch(() => {});
  return rejection;
}

function report(counter: Scope, scope: Scope): void {
  const frames = new Error().stack?.split("\n").slice(1) ?? [];
  const place = frames
    .filter((frame) => !frame.includes(library))
    .slice(0, 3)
    .join("\n");
  scope.engine.log({
    level: "warning",
    code: "TSY_SWALLOWED_CANCEL",
    message:
      `${counter.path} has been refused ${PROMPT_REFUSALS} waits, and waits again: it seems to catch the error and go on. ` +
      `Throw it on, or leave the loop. Further refusals are delayed. The wait is at\n${place}`,
  });
}

/** A refusal that comes late, so that the event loop can turn. */
function refuseLater(scope: Scope, rejection: Promise<never>, ordinal: number): Promise<never> {
  const { host, timers, turn } = scope.engine;
  const promise = new Promise<never>((resolve) => {
    const settle = (): void => resolve(rejection as never);
    if (ordinal === 0) turn.defer(settle, scope);
    else {
      const delayMs = Math.min(2 ** (ordinal - 1), LONGEST_DELAY_MS);
      timers.add(new TimedCall(settle, scope.keepsAlive), host.now() + delayMs);
    }
  });
  promise.catch(() => {});
  return promise;
}
