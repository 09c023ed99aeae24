/** Processes that exist in virtual time alone, and keep a record of what was done to them. */
import assert from "node:assert/strict";
import { currentRuntime, type Runtime } from "../../../src/kernel/runtime.ts";
import type {
  ProcessPlatform,
  SignalWatch,
  SpawnedProcess,
  SpawnEvents,
  SpawnPlan,
} from "../../../src/io/process/platform.ts";

/** How a fake process lives: by its file, `"nap 5"`, `"stubborn"`, `"parent"` or `"missing"`. */
export class FakeProcess implements SpawnedProcess {
  readonly pid: number;
  readonly stdin = null;
  readonly stdout = null;
  readonly stderr = null;
  readonly signals: string[] = [];
  isReaped = false;
  /** Whether a grandchild is there. */
  hasOrphan: boolean;
  isForgotten = false;
  readonly #events: SpawnEvents;
  readonly #isStubborn: boolean;
  readonly #runtime: Runtime;

  constructor(pid: number, { file }: SpawnPlan, events: SpawnEvents, runtime: Runtime) {
    this.pid = pid;
    this.#events = events;
    this.#runtime = runtime;
    this.#isStubborn = file === "stubborn";
    this.hasOrphan = file === "parent";
    const naps = /^nap (\d+)$/.exec(file)?.[1];
    if (naps !== undefined) this.#later(Number(naps), () => this.#end(0, null));
    if (file === "parent") this.#later(5, () => this.#end(0, null));
  }

  get isGone(): boolean {
    return this.isReaped && !this.hasOrphan;
  }

  signal(name: string): void {
    assert.ok(!this.isReaped, `${name} to a process that was reaped`);
    this.signals.push(name);
  }

  signalGroup(name: string): void {
    assert.ok(!this.isGone, `${name} to a group that is gone`);
    this.signals.push(name);
    if (name === "SIGTERM" && !this.#isStubborn) this.#later(2, () => this.#endAll("SIGTERM"));
    if (name === "SIGKILL") this.#later(0, () => this.#endAll("SIGKILL"));
  }

  isPopulated(): boolean {
    assert.ok(this.isReaped);
    return this.hasOrphan;
  }

  forget(): void {
    assert.ok(this.isGone);
    this.isForgotten = true;
  }

  #endAll(signal: string): void {
    this.hasOrphan = false;
    this.#end(null, signal);
  }

  #end(status: number | null, signal: string | null): void {
    if (this.isReaped) return;
    this.isReaped = true;
    this.#events.exited({ status, signal });
  }

  #later(ms: number, callback: () => void): void {
    this.#runtime.callLater(ms, callback);
  }
}

export class FakeProcesses implements ProcessPlatform {
  readonly all: FakeProcess[] = [];
  readonly #runtime: Runtime = currentRuntime();

  spawn(plan: SpawnPlan, events: SpawnEvents): SpawnedProcess | null {
    if (plan.file === "missing") {
      const error = Object.assign(new Error("spawn missing ENOENT"), { code: "ENOENT" });
      this.#runtime.callLater(0, () => events.failed(error));
      return null;
    }
    const process = new FakeProcess(this.all.length + 1, plan, events, this.#runtime);
    this.all.push(process);
    return process;
  }

  isSignal(name: string): boolean {
    return name === "SIGHUP";
  }

  isFolder(): boolean {
    return true;
  }

  watchSignals(): SignalWatch {
    return { keepAlive() {}, stop() {} };
  }

  /** Nothing is left of any of them. */
  assertNothingLeft(): void {
    for (const process of this.all) {
      assert.ok(process.isGone, `${process.pid} is left, after ${process.signals.join(" ")}`);
      assert.ok(process.isForgotten, `${process.pid} was not forgotten`);
    }
  }
}
