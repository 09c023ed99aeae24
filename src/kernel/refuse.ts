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
import { IS_QUIET, type Scope } from "./scope.ts";
import type { TimerEntry } from "./timers.ts";

const PROMPT_REFUSALS = 100;
const LONGEST_DELAY_MS = 100;

/** The rejection for a wait in `scope`, whose `blocked` is not null. */
export function refuse(scope: Scope): Promise<never> {
  const counter = counterOf(scope);
  const count = ++counter.rarely.refusals;
  const { turn } = scope.engine;
  const rejection = scope.blocked!.rejection ?? ended(scope);
  if (count <= PROMPT_REFUSALS)
    return turn.spend() ? new SlowRefusal(scope, rejection, 0).promise : rejection;
  if (count === PROMPT_REFUSALS + 1 && !scope.hasEnded) report(counter, scope);
  return new SlowRefusal(scope, rejection, count - PROMPT_REFUSALS - 1).promise;
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
  const place = new Error().stack?.split("\n").slice(4, 7).join("\n") ?? "";
  scope.engine.log({
    level: "warning",
    code: "TSY_SWALLOWED_CANCEL",
    message:
      `${counter.path} has been refused ${PROMPT_REFUSALS} waits, and waits again: it seems to catch the error and go on. ` +
      `Throw it on, or leave the loop. Further refusals are delayed. The wait is at\n${place}`,
  });
}

/** A refusal that comes late, so that the event loop can turn. */
class SlowRefusal implements TimerEntry {
  index = -1;
  arrival = 0;
  readonly keepsAlive: boolean;
  readonly promise: Promise<never>;
  #resolve!: (rejection: Promise<never>) => void;
  readonly #rejection: Promise<never>;

  constructor(scope: Scope, rejection: Promise<never>, ordinal: number) {
    const { engine } = scope;
    this.keepsAlive = (scope.flags & IS_QUIET) === 0;
    this.#rejection = rejection;
    this.promise = new Promise<never>((resolve) => {
      this.#resolve = resolve as (rejection: Promise<never>) => void;
    });
    this.promise.catch(() => {});
    if (ordinal === 0) engine.turn.defer(() => this.fire());
    else engine.timers.add(this, engine.host.now() + Math.min(2 ** (ordinal - 1), LONGEST_DELAY_MS));
  }

  fire(): void {
    this.#resolve(this.#rejection);
  }
}
