/**
 * How a wait is refused in a cancelled or ended scope.
 *
 * Cancellation is level-triggered: every wait is refused until the scope is left (law 9). A task that swallows it in a loop
 * would never let the event loop turn, so after 100 refusals to one task further ones come only after a turn, and then after
 * 1, 2, 4 ... at most 100 ms (law 13). The count starts anew when a cancelled scope is left, so that an honest clean-up with
 * many waits is not punished.
 */
import { ScopeEnded } from "./errors.ts";
import { IS_QUIET, type Scope } from "./scope.ts";
import type { TimerEntry } from "./timers.ts";

const PROMPT_REFUSALS = 100;
const LONGEST_DELAY_MS = 100;

/** The rejection for a wait in `scope`, whose `blocked` is not null. */
export function refuse(scope: Scope): Promise<never> {
  const task = scope.task.rarely;
  const count = ++task.refusals;
  const rejection = scope.blocked!.rejection ?? ended(scope);
  if (count <= PROMPT_REFUSALS) return rejection;
  if (count === PROMPT_REFUSALS + 1) report(scope);
  const slow = new SlowRefusal(scope, rejection, count - PROMPT_REFUSALS - 1);
  return slow.promise;
}

/** A cancelled scope was left: its task has let the cancellation through. */
export function forgive(scope: Scope): void {
  const { rare } = scope.task;
  if (rare !== null) rare.refusals = 0;
}

function ended(scope: Scope): Promise<never> {
  let last = scope;
  while (last.parent?.hasEnded === true) last = last.parent;
  const rejection = Promise.reject(new ScopeEnded(last.path));
  rejection.catch(() => {});
  return rejection;
}

function report(scope: Scope): void {
  const place = new Error().stack?.split("\n").slice(4, 7).join("\n") ?? "";
  scope.engine.log({
    level: "warning",
    code: "TSY_SWALLOWED_CANCEL",
    message:
      `${scope.task.path} has been refused ${PROMPT_REFUSALS} waits, and waits again: it seems to catch the error and go on. ` +
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
