/**
 * Faults that strike tasks at their waits: a cancellation from outside, or an error thrown by the wait.
 *
 * A fault may strike a task as it is spawned, when a wait of it has parked, and in the very moment in which an operation of it
 * has its result, before the task goes on. Each is a choice of its own on the course, so that all of them can be enumerated.
 */
import { cancelScope } from "../kernel/cancel.ts";
import { TaskCancelled } from "../kernel/errors.ts";
import type { Instrument, Observed } from "../kernel/instrument.ts";
import type { AfterMark, Parked, Scope } from "../kernel/scope.ts";
import type { Chooser } from "./course.ts";
import { InjectedFault } from "./errors.ts";

/** Which faults a simulation may inject. None by default. */
export interface FaultOptions {
  /** Cancels a task, as `task.cancel()` would, at every wait of every task in turn. Default false. */
  readonly cancel?: boolean;
  /** Makes a wait throw an `InjectedFault`, at every wait of every task in turn. Default false. */
  readonly throw?: boolean;
  /** Lets the clock overshoot a timer by up to so many milliseconds, as in a process that is held up. Default 0. */
  readonly slowClockMs?: number;
}

/** What faults need of their run. */
interface FaultRun extends Chooser {
  nameOf(who: Observed): string;
  /** Notes what was done on purpose, in a word for the table and in full. */
  injected(who: Observed, done: string, what: string): void;
}

type Fault = "cancel" | "throw";
type Moment = "as it is spawned" | "while it waits" | "as it is woken";

export class Faults implements Instrument {
  /** What was injected so far: errors, and the reasons of cancellations. */
  readonly injected: Set<unknown> = new Set();
  readonly #run: FaultRun;
  /** What can strike at each moment. */
  readonly #possible: Readonly<Record<Moment, readonly Fault[]>>;
  readonly #waits = new Map<Scope, number>();
  /** A fault has consequences of its own, which must not be taken for places to strike. */
  #striking = false;

  constructor(run: FaultRun, options: FaultOptions) {
    this.#run = run;
    const cancel: Fault[] = options.cancel === true ? ["cancel"] : [];
    const throws: Fault[] = options.throw === true ? ["throw"] : [];
    this.#possible = {
      "as it is spawned": cancel,
      "while it waits": [...cancel, ...throws],
      "as it is woken": cancel,
    };
  }

  taskSpawned(task: Observed): void {
    this.#offer(task as Scope, "as it is spawned", "");
  }

  waitStarted(scope: Observed, label: string): void {
    this.#offer(scope as Scope, "while it waits", label);
  }

  /** An operation of `who` has its result. */
  operationEnded(who: Observed): void {
    this.#offer(who as Scope, "as it is woken", "");
  }

  /** Whether `error` is a fault of ours that found its way out: the program did not make it. */
  isConsequence(error: unknown): boolean {
    const seen = new Set<unknown>();
    const open = [error];
    while (open.length > 0) {
      const next = open.pop();
      if (seen.has(next)) continue;
      seen.add(next);
      if (this.injected.has(next)) return true;
      if (next instanceof TaskCancelled && this.injected.has(next.reason)) return true;
      if (next instanceof Error && next.cause !== undefined) open.push(next.cause);
      if (next instanceof AggregateError) open.push(...(next.errors as unknown[]));
    }
    return false;
  }

  #offer(scope: Scope, moment: Moment, label: string): void {
    const { task } = scope;
    if (!task.isTask || scope.blocked !== null || this.#striking) return;
    const nth = this.#waits.get(task) ?? 0;
    if (moment === "while it waits") this.#waits.set(task, nth + 1);
    const possible = this.#possible[moment];
    if (possible.length === 0) return;
    const fault = possible[this.#run.choose("fault", 1 + possible.length, [task]) - 1];
    if (fault === undefined) return;
    const where = label === "" ? moment : `${moment} the ${ordinal(nth + 1)} time (${label})`;
    this.#strike(scope, fault, where);
  }

  #strike(scope: Scope, how: Fault, where: string): void {
    const { task } = scope;
    const done = how === "cancel" ? "is cancelled" : "is thrown an error";
    const what = `${this.#run.nameOf(task)} ${done} ${where}`;
    const fault = new InjectedFault(what);
    this.injected.add(fault);
    this.#run.injected(task, `fault: ${done}`, what);
    this.#striking = true;
    if (how === "cancel") cancelScope(task, fault, "the simulation");
    else throwAt(scope, fault);
    this.#striking = false;
  }
}

/** Ends the wait that has just parked in `scope` with an error. */
function throwAt(scope: Scope, error: InjectedFault): void {
  const wait: Parked | null = scope.firstWait;
  const rejection = Promise.reject(error);
  rejection.catch(() => {});
  const after: AfterMark = { signals: [], notices: [] };
  wait?.interrupt({ error: null, rejection }, after);
  for (const notice of after.notices) scope.engine.guard(notice);
}

function ordinal(n: number): string {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${suffix}`;
}
