/**
 * Faults that strike tasks at their waits: a cancellation from outside, or an error thrown by the wait.
 *
 * A fault may strike a task as it is spawned, when a wait of it has parked, in the very moment in which an operation of it has its
 * result, before the task goes on, and while all tasks wait and the clock is about to move. Each is a choice of its own on the
 * course, so that all of them can be enumerated.
 *
 * Invariant: a fault never strikes in the middle of an operation of the library. What is chosen there is done in a microtask, which
 * comes when the operation is over and before the task goes on.
 */
import { suppressedErrors } from "../base/suppressed.ts";
import { cancelScope } from "../kernel/cancel.ts";
import { leavesOf } from "../kernel/cancellation-in.ts";
import { TaskCancelled } from "../kernel/errors.ts";
import type { Instrument, Observed } from "../kernel/instrument.ts";
import { IS_TASK, type AfterMark, type Parked, type Scope } from "../kernel/scope.ts";
import { childrenOf } from "../kernel/snapshot.ts";
import type { Chooser } from "./course.ts";
import { InjectedFault } from "./errors.ts";
import { hasNetworkFaults, type NetworkFaultOptions } from "./net/network-faults.ts";

/** Which faults a simulation may inject. None by default. */
export interface FaultOptions {
  /** Cancels a task, as `task.cancel()` would, at every wait of every task in turn. Default false. */
  readonly cancel?: boolean;
  /** Makes a wait throw an `InjectedFault`, at every wait of every task in turn. Default false. */
  readonly throw?: boolean;
  /** Ends a simulated thread when it is sent a call, and in place of each of its answers, in turn. Default false. */
  readonly crashThreads?: boolean;
  /** Faults of the network between simulated hosts: `true` for all of them. Default none. */
  readonly network?: boolean | NetworkFaultOptions;
  /** Crashes a simulated host, as `host.crash()` does, at every packet that it sends or is sent. Default false. */
  readonly crashHosts?: boolean;
  /** Lets the clock overshoot a timer by up to so many milliseconds, as in a process that is held up. Default 0. */
  readonly slowClockMs?: number;
}

/** Whether anything is to be injected, so that it must be told from what the program does. */
export function hasStrikes(options: FaultOptions): boolean {
  const { cancel, throw: throws, crashThreads, crashHosts } = options;
  return [cancel, throws, crashThreads, crashHosts, hasNetworkFaults(options.network)].includes(true);
}

/** What faults need of their run. */
interface FaultRun extends Chooser {
  /** How many choices were made. */
  readonly step: number;
  nameOf(who: Observed): string;
  /** Notes what was done on purpose, in a word for the table and in full, and at which step it was chosen. */
  injected(who: Observed, done: string, what: string, step: number): void;
}

type Fault = "cancel" | "throw";

/** While all wait, so many tasks are offered at most. */
const MOST_AT_REST = 16;

export class Faults implements Instrument {
  /** What was injected so far: errors, and the reasons of cancellations. */
  readonly #injected = new Set<unknown>();
  readonly #run: FaultRun;
  /** What can strike anywhere, and what can where a wait has parked. */
  readonly #anywhere: readonly Fault[];
  readonly #atWaits: readonly Fault[];
  readonly #crashesThreads: boolean;
  readonly #waits = new Map<Scope, number>();

  constructor(run: FaultRun, options: FaultOptions) {
    this.#run = run;
    this.#anywhere = options.cancel === true ? ["cancel"] : [];
    this.#atWaits = options.throw === true ? [...this.#anywhere, "throw"] : this.#anywhere;
    this.#crashesThreads = options.crashThreads === true;
  }

  taskSpawned(task: Observed): void {
    const scope = task as Scope;
    if (this.#choose(scope, this.#anywhere) !== null)
      this.#cancel(scope, "as it is spawned", this.#run.step);
  }

  waitStarted(observed: Observed, label: string): void {
    const scope = observed as Scope;
    const { task } = scope;
    const nth = (this.#waits.get(task) ?? 0) + 1;
    this.#waits.set(task, nth);
    const fault = this.#choose(scope, this.#atWaits);
    if (fault === null) return;
    const wait = scope.firstWait;
    const { step } = this.#run;
    const where = `while it waits the ${ordinal(nth)} time (${label})`;
    queueMicrotask(() => {
      if (fault === "cancel") this.#cancel(task, where, step);
      else if (wait !== null) this.#throwAt(wait, scope, where, step);
    });
  }

  /** An operation of `who` has its result. */
  operationEnded(who: Observed): void {
    const scope = who as Scope;
    if (this.#choose(scope, this.#anywhere) === null) return;
    const { step } = this.#run;
    queueMicrotask(() => this.#cancel(scope.task, "as it is woken", step));
  }

  /** Everything waits, and the clock is about to move. True when a fault has struck, so that something may happen before. */
  atRest(root: Scope): boolean {
    const tasks = this.#anywhere.length === 0 ? [] : waitingTasks(root).slice(0, MOST_AT_REST);
    const [first] = tasks;
    if (first === undefined) return false;
    const victim = tasks[this.#run.choose("fault", 1 + tasks.length, [first, ...tasks]) - 1];
    if (victim === undefined) return false;
    this.#cancel(victim, "while all wait", this.#run.step);
    return true;
  }

  /** A simulated thread may crash now: the fault that it crashes by, or null. */
  crash(thread: Observed, where: string): InjectedFault | null {
    if (!this.#crashesThreads || this.#run.choose("fault", 2, [thread]) === 0) return null;
    return this.#inject(thread, "crashes", where, this.#run.step);
  }

  /** `error` is what a fault of the network comes to. */
  blame(error: unknown): void {
    this.#injected.add(error);
  }

  /** Whether `error` is nothing but faults of ours that found their way out, wrapped by the program at most. */
  isConsequence(error: unknown): boolean {
    const seen = new Set<unknown>();
    const open = [error];
    while (open.length > 0) {
      const next = open.pop();
      if (seen.has(next)) continue;
      seen.add(next);
      const leaves = this.#leavesOf(next);
      if (leaves === null) return false;
      open.push(...leaves);
    }
    return true;
  }

  /** What must be faults of ours for `error` to be one; null where it is an error of the program's. */
  #leavesOf(error: unknown): readonly unknown[] | null {
    const others = suppressedErrors(error).errors;
    if (this.#isInjected(error)) return others;
    // A bare Cancelled got out of a task through something shared: that is the program's doing.
    if (error instanceof TaskCancelled) return this.#isInjected(error.reason) ? others : null;
    const leaves = leavesOf(error);
    if (leaves !== null) return [...leaves, ...others];
    if (!(error instanceof Error) || error.cause === undefined) return null;
    return [error.cause, ...others];
  }

  /** A fault of ours, or the copy of one that came from another thread. */
  #isInjected(error: unknown): boolean {
    if (this.#injected.has(error)) return true;
    if (!(error instanceof InjectedFault)) return false;
    for (const fault of this.#injected)
      if ((fault as InjectedFault).message === error.message) return true;
    return false;
  }

  /** Offers faults at a place, and gives what was chosen. */
  #choose({ task, blocked }: Scope, possible: readonly Fault[]): Fault | null {
    if (possible.length === 0 || !task.isTask || blocked !== null) return null;
    return possible[this.#run.choose("fault", 1 + possible.length, [task]) - 1] ?? null;
  }

  #cancel(task: Scope, where: string, step: number): void {
    if (task.blocked !== null) return;
    const fault = this.#inject(task, "is cancelled", where, step);
    cancelScope(task, fault, "the simulation");
  }

  /** Ends a wait with an error, unless it has ended meanwhile. */
  #throwAt(wait: Parked, scope: Scope, where: string, step: number): void {
    if (scope.firstWait !== wait && wait.previous === null) return;
    const rejection = Promise.reject(this.#inject(scope.task, "is thrown an error", where, step));
    rejection.catch(() => {});
    const after: AfterMark = { signals: [], notices: [] };
    wait.interrupt({ error: null, rejection }, after);
    for (const notice of after.notices) scope.engine.guard(notice);
  }

  #inject(task: Observed, done: string, where: string, step: number): InjectedFault {
    const what = `${this.#run.nameOf(task)} ${done} ${where}`;
    const fault = new InjectedFault(what);
    this.#injected.add(fault);
    this.#run.injected(task, `fault: ${done}`, what, step);
    return fault;
  }
}

/** The tasks below `root` that are not cancelled yet, those further out first. */
function waitingTasks(root: Scope): Scope[] {
  const open: Scope[] = [root];
  for (const scope of open) for (const child of childrenOf(scope)) open.push(child);
  return open.filter(({ flags, blocked }) => (flags & IS_TASK) !== 0 && blocked === null);
}

function ordinal(n: number): string {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${suffix}`;
}
