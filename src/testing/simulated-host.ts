import { checkFunction, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { setNetworkOf } from "../io/net/network.ts";
import { currentScope } from "../kernel/current.ts";
import { runIn, settled } from "../kernel/leave.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { Scope } from "../kernel/scope.ts";
import { HostCrashed } from "./errors.ts";
import type { Machine } from "./net/machine.ts";
import type { Run } from "./run.ts";
import { freeze } from "./threads/freeze.ts";
import { ThreadHost } from "./threads/thread-host.ts";

/**
 * A simulated machine. Code run on it reads a wall clock of its own; monotonic time is the same everywhere.
 *
 * @example
 * import { simulate } from "tsyncio/testing";
 * const test = simulate(async (t) => {
 *   const fast = t.host("fast", { skewMs: 60_000 });
 *   const ahead = await fast.run(() => Date.now());
 *   if (ahead - Date.now() !== 60_000) throw new Error("not ahead");
 * });
 * await test();
 */
export interface SimulatedHost {
  readonly name: string;
  /** By how many milliseconds its wall clock is ahead. It may be set at any time, as clocks are in reality. */
  skewMs: number;
  /**
   * Runs `fn` on the machine, in a scope below the caller's.
   *
   * A host that has crashed starts anew: with a new runtime, whose background has nothing of the old one.
   *
   * Cancel safety: when it settles, nothing that was begun inside is alive.
   * @throws {HostCrashed} when the host crashes meanwhile.
   */
  run<T>(fn: () => T | PromiseLike<T>): Promise<T>;
  /**
   * Ends all code on the host where it stands: no wait of it ends any more, so that not even `finally` runs, and each `run` throws
   * `HostCrashed`. Its connections are reset; where it crashes `silently`, as by a loss of power, its peers hear nothing, until they send
   * something and the host is there again, or they give up. What the program keeps outside, as on a disk, stays as it is.
   */
  crash(options?: { readonly silently?: boolean }): void;
}

/** The handle of a host that takes part in `run`. @throws {InvalidArgument} for a skew that is no number. */
export function openHost(run: Run, name: string, skewMs: number): SimulatedHost {
  if (typeof name !== "string")
    throw new InvalidArgument(`name of a simulated host is ${show(name)}. Give a string.`);
  checkSkew(name, skewMs);
  return new OpenHost(run, name, skewMs);
}

function checkSkew(name: string, skewMs: number): void {
  if (Number.isFinite(skewMs)) return;
  throw new InvalidArgument(
    `skewMs of host ${show(name)} is ${show(skewMs)}. Give a number of milliseconds; negative ones set its clock back.`,
  );
}

/** One life of a host: from its start to its crash. */
interface Life {
  readonly host: ThreadHost;
  readonly runtime: Runtime;
  /** The functions that run on it, and what ends their callers' waits. */
  readonly runs: Map<Scope, (error: unknown) => void>;
}

class OpenHost implements SimulatedHost {
  readonly name: string;
  readonly #run: Run;
  readonly #machine: Machine;
  #life: Life;

  constructor(run: Run, name: string, skewMs: number) {
    this.name = name;
    this.#run = run;
    this.#life = this.#begin(skewMs);
    this.#machine = run.network.addMachine(name);
    this.#connect();
  }

  get skewMs(): number {
    return this.#life.host.skewMs;
  }

  set skewMs(ms: number) {
    checkSkew(this.name, ms);
    this.#life.host.skewMs = ms;
  }

  async run<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    checkFunction("fn of run", fn);
    if (this.#life.host.isDead) this.#restart();
    const { runtime, runs } = this.#life;
    const parent = currentScope();
    const scope = new Scope(runtime, parent, this.name, parent.context, 0);
    const crashed = Promise.withResolvers<never>();
    runs.set(scope, crashed.reject);
    try {
      return settled(await Promise.race([runIn(scope, fn), crashed.promise]));
    } finally {
      runs.delete(scope);
    }
  }

  crash({ silently = false }: { readonly silently?: boolean } = {}): void {
    const { host, runtime, runs } = this.#life;
    if (host.isDead) return;
    host.isDead = true;
    this.#run.network.crash(this.#machine, silently);
    this.#run.end(runtime);
    freeze([runtime.root, ...runs.keys()]);
    const error = new HostCrashed(this.name);
    this.#run.network.blame(error);
    for (const [scope, fail] of runs) {
      scope.parent?.unlink(scope);
      scope.parent = null;
      fail(error);
    }
  }

  #begin(skewMs: number): Life {
    const host = new ThreadHost(this.name, this.#run, skewMs);
    return { host, runtime: this.#run.openRuntime(host), runs: new Map() };
  }

  #restart(): void {
    this.#life = this.#begin(this.skewMs);
    this.#connect();
    this.#run.network.restart(this.#machine);
  }

  #connect(): void {
    const { network } = this.#run;
    setNetworkOf(this.#life.host, () => network.seenFrom(this.#machine));
    network.mayCrash(this.#machine, (silently) => this.crash({ silently }));
  }
}
