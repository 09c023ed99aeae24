/**
 * How an operation waits for the platform.
 *
 * Nobody can interrupt what the platform's threads have begun. So there are two ways to wait, and each operation has one of them:
 *
 * - *firm*: a cancellation does not end the wait; the result is delivered, and the cancellation meets the next wait. For what would
 *   leave a buffer, a position or a file in doubt. It ends when the disk has answered.
 * - *abandoned*: a cancellation ends the wait at once, and what comes later is cleaned up. For what has no effect, and for what may
 *   take for ever (a pipe that nobody opens at the other end). A thread of the platform stays busy until the platform lets it go.
 *
 * The platform is called in the root context, so that a callback keeps no task alive; but not in a simulation, which knows by the
 * context whom to refuse.
 */
import { TsyncioError } from "../../base/tsyncio-error.ts";
import { withShield } from "../../flow/time-limit.ts";
import { currentScope } from "../../kernel/current.ts";
import { FirmWait, park } from "../../kernel/park.ts";
import { inRoot } from "../../kernel/root-context.ts";
import { detached, platformHost } from "../../kernel/runtime.ts";
import type { Scope } from "../../kernel/scope.ts";
import { FileError } from "./errors.ts";
import type { Done } from "./platform.ts";

/** How long clean-up may take in a cancelled scope. */
const CLOSE_MS = 5_000;

/** Begins something. `done` is called once, unless it throws. */
export type Start<T> = (done: Done<T>) => void;

/** Runs `start` as a call of the platform must be made. */
export function enter<R>(scope: Scope, start: () => R): R {
  return scope.engine.host === platformHost() ? inRoot(start) : start();
}

/** Waits firmly. Does not look whether the scope is cancelled: that is asked before an operation begins, and not in its middle. */
export function firmly<T>(label: string, start: Start<T>): Promise<T> {
  const scope = currentScope();
  const wait = new FirmWait<T>(scope, label);
  const promise = wait.park();
  try {
    enter(scope, () =>
      start((error, value) => {
        if (isFailure(error)) wait.fail(error);
        else wait.wake(value);
      }),
    );
  } catch (error) {
    wait.fail(error);
  }
  return promise;
}

/** Waits until cancelled. `late` is called in the root context with a value that came after that. */
export function abandonably<T>(
  label: string,
  start: Start<T>,
  late: (value: T) => void = () => {},
): Promise<T> {
  const scope = currentScope();
  return park<T>(label, (wake, fail) => {
    let isAbandoned = false;
    enter(scope, () =>
      start((error, value) => {
        if (isFailure(error)) fail(error);
        else if (isAbandoned) late(value);
        else wake(value);
      }),
    );
    return () => {
      isAbandoned = true;
    };
  });
}

function isFailure(error: unknown): boolean {
  return error !== null && error !== undefined;
}

/** Waits for an answer of the platform. Its error is thrown as a {@link FileError}, with the stack of the one who waits. */
export async function told<T>(operation: string, path: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof TsyncioError ? error : new FileError({ operation, path }, error);
  }
}

/**
 * Runs clean-up that waits. It is done in a cancelled scope too, where it is waited for at most 5 seconds, and in one that has ended:
 * whoever holds a resource must always be able to give it back.
 */
export function cleanUp<T>(work: () => Promise<T>): Promise<T> {
  const { blocked } = currentScope();
  const run = (): Promise<T> => withShield(CLOSE_MS, work);
  return blocked !== null && blocked.error === null ? detached(run) : run();
}
