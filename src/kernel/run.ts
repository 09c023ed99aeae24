/**
 * Running a program (law 28).
 *
 * A run has a runtime of its own, so that nothing it began, background tasks included, is alive when it has ended. Runs side by
 * side share the process: each listens for signals itself, and each is cancelled by the first one.
 *
 * States:  running -> (signal) -> stopping, with the grace period running -> ended.  A second signal, or the end of the grace
 * period, ends the process from any of them.
 */
import { checkDuration, checkFunction } from "../base/check.ts";
import { cancelScope } from "./cancel.ts";
import { storage } from "./current.ts";
import { Deadlock, NestedRun, type Cancelled } from "./errors.ts";
import type { HostProcess, Signal } from "./host.ts";
import { runIn, settled } from "./leave.ts";
import { inRoot } from "./root-context.ts";
import { platformHost, Runtime } from "./runtime.ts";
import { Scope } from "./scope.ts";
import { snapshotOf } from "./snapshot.ts";
import { closeGroup } from "./group-scope.ts";
import { formatTree } from "./tree-text.ts";

/** How `run` behaves. */
export interface RunOptions {
  /** How long clean-up may take after the first signal, in milliseconds. Default 10,000. */
  readonly graceMs?: number;
  /** Whether the run owns the process's SIGINT and SIGTERM. Default true; in a worker thread there are none to own. */
  readonly signals?: boolean;
}

const DEFAULT_GRACE_MS = 10_000;
const exitCodes: Record<Signal, number> = { SIGINT: 130, SIGTERM: 143 };

/**
 * Runs a program: `main` and all it begins. Resolves to what `main` returns, throws what it throws.
 *
 * The first SIGINT or SIGTERM cancels `main`; clean-up has `graceMs`, after which the tree of what is stuck is printed and the
 * process exits. A second signal exits at once. When the cancellation has ended `main`, the process exits with the code of the
 * signal (130, 143); when `main` returned or threw all the same, that counts, and the exit code is set. Background tasks are
 * cancelled and awaited after `main`.
 *
 * @throws {NestedRun} inside a live run.
 * @throws {Deadlock} when every task waits and nothing is left that could wake one: where the process would end otherwise.
 * @example
 * import { run, sleep } from "tsyncio";
 * console.log(await run(async () => { await sleep(1); return "done"; })); // done
 */
export async function run<T>(main: () => T | PromiseLike<T>, options: RunOptions = {}): Promise<T> {
  checkFunction("main of run", main);
  const graceMs = checkDuration("graceMs of run", options.graceMs ?? DEFAULT_GRACE_MS);
  const around = storage.getStore();
  if (around !== undefined && around.engine.isRunning) throw new NestedRun(around.path);
  const runtime = new Runtime(platformHost());
  const scope = new Scope(runtime, runtime.root, "main", null, 0);
  const { process } = runtime.host;
  runtime.isRunning = true;
  const watch = new ProcessWatch(runtime, scope, graceMs, process);
  if (options.signals !== false) watch.listen();
  try {
    const ending = await runIn(scope, main);
    await closeBackground(runtime);
    await watch.finish(ending.kind === "cancelled" ? ending.cancelled : null);
    if (ending.kind === "cancelled" && watch.deadlock !== null) throw watch.deadlock;
    return settled(ending);
  } finally {
    watch.stop();
    runtime.isRunning = false;
  }
}

async function closeBackground(runtime: Runtime): Promise<void> {
  cancelScope(runtime.backgroundScope, "the run has ended");
  runtime.timers.hold();
  await closeGroup(runtime.backgroundScope);
  runtime.timers.release();
}

/** The runs that a signal has cancelled and that have not ended: runs side by side end the process together. */
const stopping = new Set<ProcessWatch>();
/** Lets those settle that have ended and wait for the others. */
const ended: Array<() => void> = [];

/** What a run has to do with its process: signals, the grace period, and the end for lack of work. */
class ProcessWatch {
  deadlock: Deadlock | null = null;
  readonly #runtime: Runtime;
  readonly #scope: Scope;
  readonly #graceMs: number;
  readonly #process: HostProcess | undefined;
  readonly #undo: Array<() => void> = [];
  #signal: Signal | null = null;

  constructor(runtime: Runtime, scope: Scope, graceMs: number, process: HostProcess | undefined) {
    this.#runtime = runtime;
    this.#scope = scope;
    this.#graceMs = graceMs;
    this.#process = process;
    if (process !== undefined) inRoot(() => this.#undo.push(process.onIdleExit(() => this.#idle())));
  }

  listen(): void {
    const process = this.#process;
    if (process !== undefined)
      inRoot(() => this.#undo.push(process.onSignal((signal) => this.#signalled(signal))));
  }

  /**
   * The run has ended. Where the cancellation that a signal asked for ended it, so does the process: with the last of the runs that
   * stop side by side. Until then it does not settle, lest its rejection end the process under the others.
   */
  async finish(cancelled: Cancelled | null): Promise<void> {
    if (this.#signal === null) return;
    stopping.delete(this);
    const code = exitCodes[this.#signal];
    this.#process!.setExitCode(code);
    const isEndedByIt = cancelled !== null && cancelled === this.#scope.cancelled;
    if (isEndedByIt && stopping.size > 0) await new Promise<void>((resolve) => ended.push(resolve));
    else if (isEndedByIt) this.#process!.exit(code);
    else if (stopping.size === 0) for (const settle of ended.splice(0)) settle();
  }

  stop(): void {
    stopping.delete(this);
    for (const undo of this.#undo) undo();
  }

  #signalled(signal: Signal): void {
    if (this.#signal !== null) {
      this.#process!.exit(exitCodes[signal]);
      return;
    }
    this.#signal = signal;
    stopping.add(this);
    cancelScope(this.#scope, signal);
    const grace = this.#runtime.callLater(this.#graceMs, () => this.#giveUp(signal));
    this.#undo.push(() => grace.cancel());
  }

  #giveUp(signal: Signal): void {
    const tree = formatTree(snapshotOf(this.#runtime.root));
    this.#runtime.host.warn(
      `clean-up after ${signal} took longer than ${this.#graceMs} ms. Still there:\n${tree}`,
    );
    this.#process!.exit(exitCodes[signal]);
  }

  /** The process would end. Unless a quiet timer is armed, nothing can wake `main`: the first time it is cancelled, to clean up. */
  #idle(): void {
    if (!this.#runtime.isRunning || this.#runtime.timers.keepForNext()) return;
    const deadlock = new Deadlock(formatTree(snapshotOf(this.#runtime.root)));
    if (this.deadlock === null) {
      this.deadlock = deadlock;
      cancelScope(this.#scope, "deadlock", "the runtime");
      // Only a loop that turns again comes to its end again, where a clean-up that is stuck is told.
      void this.#runtime.turn.next();
      return;
    }
    this.#runtime.host.warn(deadlock.message);
    this.#process!.exit(1);
  }
}
