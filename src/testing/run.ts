/**
 * One run of a program under simulation: its runtime, its clock, the course it takes, and what was found wrong.
 *
 * The first thing that is found wrong is the run's failure, and ends it. The driver then cancels what is left, so that it can clean
 * up, under a course of its own: what is chosen in a clean-up belongs to no tape.
 */
import type { LogRecord, Observed } from "../kernel/instrument.ts";
import { setNetworkOf } from "../io/net/network.ts";
import { Runtime } from "../kernel/runtime.ts";
import type { Scope } from "../kernel/scope.ts";
import { snapshotOf } from "../kernel/snapshot.ts";
import { formatTree } from "../kernel/tree-text.ts";
import { storage } from "../kernel/current.ts";
import { Course, hashOf, type ChoiceKind, type Chooser, type Guide } from "./course.ts";
import { RealIo, StrayWork } from "./errors.ts";
import { Faults, hasStrikes, type FaultOptions } from "./faults.ts";
import { ordinary } from "./guides.ts";
import { Invariants } from "./invariants.ts";
import { RandomStream } from "./random-stream.ts";
import { ReadyList } from "./ready-list.ts";
import { SimulatedNetwork } from "./net/simulated-network.ts";
import { liveHosts, VirtualHost, type HostRun } from "./virtual-host.ts";
import { offerThreads } from "../threads/platform.ts";
import { SimulatedThreads } from "./threads/simulated-threads.ts";
import { SimulatedTimers } from "./simulated-timers.ts";
import { SimulatedTurn, type TurnRun, type WakeOrder } from "./simulated-turn.ts";
import { BODY, TaskNames } from "./task-names.ts";
import { Trace } from "./trace.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What ended a run before its time. */
export type FailureKind =
  | "error"
  | "unhandled error"
  | "deadlock"
  | "livelock"
  | "leaked task"
  | "stray work"
  | "real I/O"
  | "broken invariant";

export interface Failure {
  readonly kind: FailureKind;
  readonly error: unknown;
  /** The task tree at that moment; only where a trace is kept. */
  readonly tree: string;
}

/** How a run is made. */
export interface RunSetup {
  readonly guide: Guide;
  readonly order: WakeOrder;
  /** The seed of what the program itself draws. */
  readonly seed: number;
  readonly faults: FaultOptions;
  /** Whether stray work, unhandled errors and leaks end the run; `virtual` only collects them. */
  readonly isStrict: boolean;
  readonly keepsTrace: boolean;
  /** How much real time foreign work may take where nothing else can happen, before that counts as a deadlock. */
  readonly patienceMs: number;
}

const deviations = { wake: "goes first", timer: "its timer is first", clock: "is late" };

export class Run implements TurnRun, HostRun, Chooser {
  readonly order: WakeOrder;
  readonly isStrict: boolean;
  readonly patienceMs: number;
  /** The course of the run, up to its failure where it fails: what its tape is made from. */
  readonly taped: Course;
  #course: Course;
  readonly clock: VirtualClock;
  readonly #seed: number;
  #userStream: RandomStream | null = null;
  #libraryStream: RandomStream | null = null;
  readonly faults: Faults | null;
  readonly readyList: ReadyList = new ReadyList();
  readonly host: VirtualHost;
  readonly runtime: Runtime;
  /** That of the test, and those of its simulated hosts. */
  readonly runtimes: Runtime[] = [];
  readonly names: TaskNames = new TaskNames();
  readonly trace: Trace | null;
  readonly log: LogRecord[] = [];
  readonly uncaught: unknown[] = [];
  /** The threads of all its hosts. */
  readonly threads: SimulatedThreads = new SimulatedThreads(this);
  /** Modules that threads are loading, in real time. The run stands still meanwhile, as loaded modules would come at once. */
  loading = 0;
  /** Operations that had a result so far. With the driver's moves they are the steps by which a livelock is measured. */
  operations = 0;
  failure: Failure | null = null;
  isOver = false;
  readonly invariants: Invariants = new Invariants();
  readonly #turns = new Map<VirtualHost, SimulatedTurn>();
  readonly #faultOptions: FaultOptions;
  #network: SimulatedNetwork | null = null;

  constructor({ guide, order, seed, faults, isStrict, keepsTrace, patienceMs }: RunSetup) {
    this.order = order;
    this.isStrict = isStrict;
    this.patienceMs = patienceMs;
    this.taped = new Course(guide);
    this.#course = this.taped;
    this.clock = new VirtualClock(faults.slowClockMs ?? 0);
    this.#seed = seed;
    this.#faultOptions = faults;
    this.faults = hasStrikes(faults) ? new Faults(this, faults) : null;
    this.trace = keepsTrace ? new Trace(this, this.names) : null;
    this.host = new VirtualHost("the test", this);
    this.runtime = this.openRuntime(this.host);
    setNetworkOf(this.host, () => this.network.seenFrom(this.network.testMachine));
    liveHosts.add(this.host);
  }

  get step(): number {
    return this.taped.length;
  }

  /** What the program draws. Made when first needed, since most runs draw nothing. */
  get userStream(): RandomStream {
    return (this.#userStream ??= new RandomStream(this.#seed, "user"));
  }

  get libraryStream(): RandomStream {
    return (this.#libraryStream ??= new RandomStream(this.#seed, "library"));
  }

  /** Between its hosts. Made when first needed. */
  get network(): SimulatedNetwork {
    return (this.#network ??= new SimulatedNetwork(this, this.#faultOptions));
  }

  get nowMs(): number {
    return this.clock.nowMs;
  }

  /** A runtime on `host`, which takes part in this run. */
  openRuntime(host: VirtualHost): Runtime {
    offerThreads(host, this.threads);
    const turn = new SimulatedTurn(host, this);
    const runtime = new Runtime(host, turn, new SimulatedTimers(host, this));
    runtime.isRunning = true;
    runtime.log = (record) => this.#logged(record);
    if (this.trace !== null) runtime.addInstrument(this.trace);
    if (this.faults !== null) runtime.addInstrument(this.faults);
    this.#turns.set(host, turn);
    this.runtimes.push(runtime);
    return runtime;
  }

  /** The code of a runtime has come to its end where it stood: who was woken there does not go on. */
  end(runtime: Runtime): void {
    this.runtimes.splice(this.runtimes.indexOf(runtime), 1);
    this.readyList.drop((who) => (who as Partial<Scope>).engine === runtime);
  }

  /** The run is over. */
  close(): void {
    liveHosts.delete(this.host);
    this.isOver = true;
    for (const host of this.#turns.keys()) host.isOver = true;
  }

  operationEnded(who: Observed): void {
    this.operations++;
    this.#course.note(hashOf(who.name));
    this.faults?.operationEnded(who);
  }

  ready(go: () => void, who: Observed): void {
    this.readyList.add(go, who);
  }

  choose(kind: ChoiceKind, of: number, who: readonly Observed[]): number {
    const { trace } = this;
    const course = this.#course;
    course.note(this.nowMs);
    const choice = course.choose(kind, of, who);
    if (course.guide.mismatch) this.fail("error", course.guide.mismatch);
    const chosen = who[choice] ?? who[0];
    if (choice > 0 && trace !== null && kind !== "fault" && kind !== "network" && chosen !== undefined)
      trace.add(chosen, deviations[kind], this.#deviation(kind, chosen, who.slice(0, choice)));
    return choice;
  }

  #deviation(kind: "wake" | "timer" | "clock", chosen: Observed, passed: readonly Observed[]): string {
    if (kind === "clock") return "the clock is late";
    const name = this.nameOf(chosen);
    const others = new Set(passed.map((who) => this.nameOf(who)));
    others.delete(name);
    const before = others.size === 0 ? "out of turn" : `before ${[...others].join(", ")}`;
    return kind === "wake"
      ? `${name === BODY ? "" : "task "}${name} ${before}`
      : `${"machine" in chosen ? "a packet of" : "the timer of"} ${name} ${before}`;
  }

  deferred(host: VirtualHost): number {
    return this.#turns.get(host)?.deferred ?? 0;
  }

  nameOf(who: Observed): string {
    return this.names.of(who);
  }

  injected(who: Observed, done: string, what: string, step: number): void {
    this.trace?.add(who, done, what, step);
  }

  unhandled(error: unknown): void {
    if (!this.isStrict) this.uncaught.push(error);
    else if (this.faults?.isConsequence(error) !== true) this.fail("unhandled error", error);
  }

  refuse(what: string): never {
    const error = new RealIo(what, storage.getStore()?.path ?? "code outside any scope");
    this.fail("real I/O", error);
    throw error;
  }

  /** Ends the run. The first failure counts. */
  fail(kind: FailureKind, error: unknown): void {
    if (this.failure !== null) return;
    this.failure = { kind, error, tree: this.trace === null ? "" : this.tree() };
    this.#course = new Course(ordinary);
    this.trace?.close();
  }

  tree(): string {
    const busy = this.runtimes.filter(
      (runtime) => runtime === this.runtime || !runtime.backgroundScope.isEmpty,
    );
    return busy.map(({ root }) => formatTree(snapshotOf(root))).join("\n");
  }

  checkInvariants(): void {
    if (this.failure !== null) return;
    try {
      this.invariants.check();
    } catch (error) {
      this.fail("broken invariant", error);
    }
  }

  #logged(record: LogRecord): void {
    this.log.push(record);
    if (record.code === "TSY_STRAY_WORK" && this.isStrict)
      this.fail("stray work", new StrayWork(record.message));
  }
}
