/**
 * Virtual time: a program whose waits take no real time.
 *
 * The program runs until everything in it is blocked; then the clock jumps to the earliest timer. Nothing to jump to is a
 * deadlock, which is reported at once with the task tree (law 24). A task that sits on a foreign promise cannot be told from one
 * that computes: it gets a few real turns of the event loop before the clock moves, and a second of real time before it counts
 * as blocked for ever.
 */
import { cancelScope } from "../kernel/cancel.ts";
import { Deadlock } from "../kernel/errors.ts";
import { runIn, settled } from "../kernel/leave.ts";
import { Runtime } from "../kernel/runtime.ts";
import { Scope } from "../kernel/scope.ts";
import { childrenOf, snapshotOf } from "../kernel/snapshot.ts";
import { closeGroup } from "../kernel/group-scope.ts";
import { formatTree } from "../kernel/tree-text.ts";
import type { LogRecord } from "../kernel/instrument.ts";
import { VirtualHost } from "./virtual-host.ts";

/** What a test under virtual time can ask and do. */
export interface VirtualTime {
  /** The virtual clock: milliseconds since the start of the test. */
  now(): number;
  /** What the runtime reported so far, stray work for example. Reports that a test does not look at do not fail it. */
  readonly log: readonly LogRecord[];
  /** Takes the errors that nobody caught so far. One that is left at the end fails the test. */
  takeUnhandled(): unknown[];
  /** Waits until every other task is blocked, without moving the clock. */
  settled(): Promise<void>;
}

const TURNS_FOR_FOREIGN = 4;
const PATIENCE_MS = 1_000;

const realTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Makes a test function of `body` that runs under virtual time. For any test runner.
 *
 * @throws {Deadlock} when everything is blocked and no timer is armed.
 * @example
 * import assert from "node:assert/strict";
 * import { sleep } from "tsyncio";
 * import { virtual } from "tsyncio/testing";
 * const test = virtual(async (time) => {
 *   await sleep(3_600_000);
 *   assert.equal(time.now(), 3_600_000);
 * });
 * await test(); // at once
 */
export function virtual(body: (time: VirtualTime) => unknown): () => Promise<void> {
  return async () => {
    const host = new VirtualHost();
    const runtime = new Runtime(host);
    const log: LogRecord[] = [];
    runtime.log = (record) => log.push(record);
    const scope = new Scope(runtime, runtime.root, "test", null, 0);
    const driver = new Driver(host, runtime);
    const ending = runIn(scope, () => body(new Time(host, driver, log))).then(async (result) => {
      cancelScope(runtime.backgroundScope, "the test has ended");
      await closeGroup(runtime.backgroundScope);
      return result;
    });
    await driver.drive(scope, ending);
    settled(await ending);
    if (host.uncaught.length > 0) throw host.uncaught[0];
  };
}

class Time implements VirtualTime {
  readonly log: readonly LogRecord[];
  readonly #host: VirtualHost;
  readonly #driver: Driver;

  constructor(host: VirtualHost, driver: Driver, log: readonly LogRecord[]) {
    this.#host = host;
    this.#driver = driver;
    this.log = log;
  }

  now(): number {
    return this.#host.now();
  }

  takeUnhandled(): unknown[] {
    return this.#host.uncaught.splice(0);
  }

  settled(): Promise<void> {
    return this.#driver.settled();
  }
}

/** Moves the clock whenever the program has come to rest. */
class Driver {
  readonly #host: VirtualHost;
  readonly #runtime: Runtime;
  #watchers: Array<() => void> = [];
  #quietTurns = 0;
  #quietSince = 0;

  constructor(host: VirtualHost, runtime: Runtime) {
    this.#host = host;
    this.#runtime = runtime;
  }

  settled(): Promise<void> {
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  /**
   * Drives the program to its end.
   *
   * @throws {Deadlock} the first one. It cancels the program, so that it can clean up; one that does not end even so is left behind.
   */
  async drive(scope: Scope, ending: Promise<unknown>): Promise<void> {
    let ended = false;
    let deadlock: Deadlock | null = null;
    void ending.then(() => {
      ended = true;
    });
    for (;;) {
      await realTurn();
      if (ended && deadlock !== null) throw deadlock;
      if (ended) return;
      if (this.#step()) continue;
      if (deadlock !== null) throw deadlock;
      deadlock = new Deadlock(formatTree(snapshotOf(scope)));
      cancelScope(scope, "deadlock");
    }
  }

  /** One turn: false when nothing can ever happen again. */
  #step(): boolean {
    if (this.#host.pendingTurns > 0) return this.#busy();
    this.#quietTurns++;
    if (this.#quietTurns === 1) this.#quietSince = performance.now();
    const foreign = hasForeign(this.#runtime.root);
    if (foreign && this.#quietTurns < TURNS_FOR_FOREIGN) return true;
    if (this.#watchers.length > 0) {
      for (const resolve of this.#watchers.splice(0)) resolve();
      return this.#busy();
    }
    if (this.#host.advance()) return this.#busy();
    return foreign && performance.now() - this.#quietSince < PATIENCE_MS;
  }

  #busy(): true {
    this.#quietTurns = 0;
    return true;
  }
}

/** Whether some task or scope has neither a wait nor anything below it: it computes, or sits on a foreign promise. */
function hasForeign(root: Scope): boolean {
  const open: Scope[] = [root];
  for (const scope of open) {
    const isIdle = scope === root || scope.name === "background";
    const children = childrenOf(scope);
    if (!isIdle && scope.firstWait === null && children.length === 0) return true;
    for (const child of children) open.push(child);
  }
  return false;
}
