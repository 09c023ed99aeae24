/**
 * Waits of the platform inside a world: `node:timers/promises`, `AbortSignal.timeout`, `Bun.sleep`. Also what
 * `util.promisify` makes of the timers, which the runtimes take from `node:timers/promises`.
 *
 * Arguments that the platform would reject are handed to it, so that the error is its own.
 */
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import type { CapturedWorld } from "../../testing/platform.ts";
import type { Answer, Patches } from "./patches.ts";
import { toDelayMs } from "./timers.ts";

const RealDate = Date;

interface WaitOptions {
  readonly ref?: boolean;
  readonly signal?: AbortSignal;
}

function areOptions(value: unknown): value is WaitOptions | undefined {
  if (value === undefined) return true;
  if (typeof value !== "object" || value === null) return false;
  const { ref, signal } = value as { ref?: unknown; signal?: unknown };
  return (ref === undefined || typeof ref === "boolean") && (signal === undefined || isSignal(signal));
}

function isSignal(value: unknown): boolean {
  return typeof value === "object" && value !== null && "aborted" in value;
}

/** A function, since the compiler would take an earlier answer for the last word. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function isDelay(value: unknown): boolean {
  return value === undefined || typeof value === "number";
}

/** As the platform makes it: an error of its own, no DOMException. */
function abortError(signal: AbortSignal | undefined): Error {
  const error = new Error("The operation was aborted", { cause: signal?.reason });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}

/** A promise for `value` that `start` settles by the callback it is given. `start` returns what undoes it. */
function wait(
  start: (done: () => void) => () => void,
  value: unknown,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (isAborted(signal)) {
      reject(abortError(signal));
      return;
    }
    const stop = start(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve(value);
    });
    const onAbort = (): void => {
      stop();
      reject(abortError(signal));
    };
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function startTimer(world: CapturedWorld, ms: number, ref: boolean): (done: () => void) => () => void {
  return (done) => {
    const timer = world.setForeignTimer(done, ms);
    if (!ref) timer.keepAlive(false);
    return () => timer.cancel();
  };
}

const afterDelay: Answer = (world, [delay, value, options], real) => {
  if (!isDelay(delay) || !areOptions(options)) return real();
  return wait(startTimer(world, toDelayMs(delay), options?.ref ?? true), value, options?.signal);
};

const afterTurn: Answer = (world, [value, options], real) =>
  areOptions(options) ? wait((done) => world.setForeignTurn(done), value, options?.signal) : real();

/** `scheduler.wait(delay, options)`: without a value. */
const schedulerWait: Answer = (world, [delay, options], real, newTarget) =>
  afterDelay(world, [delay, undefined, options], () => real(), newTarget);

/** Ticks that nobody has asked for yet are counted, and given one after the other. */
async function* ticks(
  world: CapturedWorld,
  delayMs: number,
  value: unknown,
  options: WaitOptions,
): AsyncGenerator<unknown, void> {
  const { signal, ref = true } = options;
  if (isAborted(signal)) throw abortError(signal);
  let waiting = 0;
  let wake = (): void => {};
  let stop = (): void => {};
  const arm = (): void => {
    stop = startTimer(world, delayMs, ref)(tick);
  };
  const tick = (): void => {
    waiting++;
    arm();
    wake();
  };
  const onAbort = (): void => {
    stop();
    wake();
  };
  arm();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    while (!isAborted(signal)) {
      if (waiting === 0) await new Promise<void>((resolve) => (wake = resolve));
      for (; waiting > 0; waiting--) yield value;
    }
    throw abortError(signal);
  } finally {
    stop();
    signal?.removeEventListener("abort", onAbort);
  }
}

const everyDelay: Answer = (world, [delay, value, options], real) =>
  isDelay(delay) && areOptions(options) ? ticks(world, toDelayMs(delay), value, options ?? {}) : real();

/** Node and Bun take a timer like this for one that keeps no process alive, and so do we. */
const signalTimeout: Answer = (world, [delay], real) => {
  if (typeof delay !== "number" || !Number.isSafeInteger(delay) || delay < 0) return real();
  const controller = new AbortController();
  const abort = (): void =>
    controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  world.setForeignTimer(abort, delay).keepAlive(false);
  return controller.signal;
};

/** `Bun.sleep` takes a `Date` as well. */
const bunSleep: Answer = (world, [until]) => {
  const ms = until instanceof RealDate ? until.getTime() - world.wallNow() : until;
  return wait(startTimer(world, toDelayMs(ms), true), undefined, undefined);
};

export function captureTimerPromises(patches: Patches): void {
  for (const holder of [timersPromises, timers.promises]) {
    patches.answer(holder, "setTimeout", afterDelay);
    patches.answer(holder, "setImmediate", afterTurn);
    patches.answer(holder, "setInterval", everyDelay);
    patches.answer(holder.scheduler, "wait", schedulerWait);
    patches.answer(holder.scheduler, "yield", (world) =>
      wait((done) => world.setForeignTurn(done), undefined, undefined),
    );
  }
  patches.answer(AbortSignal, "timeout", signalTimeout);
  patches.answer(Reflect.get(globalThis, "Bun") as object | undefined, "sleep", bunSleep);
}
