import { checkFunction, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { currentScope } from "../kernel/current.ts";
import { runIn, settled } from "../kernel/leave.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { Scope } from "../kernel/scope.ts";
import type { Run } from "./run.ts";
import { VirtualHost } from "./virtual-host.ts";

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
   * Cancel safety: when it settles, nothing that was begun inside is alive.
   */
  run<T>(fn: () => T | PromiseLike<T>): Promise<T>;
}

/** The handle of a host that takes part in `run`. @throws {InvalidArgument} for a skew that is no number. */
export function openHost(run: Run, name: string, skewMs: number): SimulatedHost {
  if (typeof name !== "string")
    throw new InvalidArgument(`name of a simulated host is ${show(name)}. Give a string.`);
  checkSkew(name, skewMs);
  return new OpenHost(run, new VirtualHost(name, run, skewMs));
}

function checkSkew(name: string, skewMs: number): void {
  if (Number.isFinite(skewMs)) return;
  throw new InvalidArgument(
    `skewMs of host ${show(name)} is ${show(skewMs)}. Give a number of milliseconds; negative ones set its clock back.`,
  );
}

class OpenHost implements SimulatedHost {
  readonly #host: VirtualHost;
  readonly #runtime: Runtime;

  constructor(run: Run, host: VirtualHost) {
    this.#host = host;
    this.#runtime = run.openRuntime(host);
  }

  get name(): string {
    return this.#host.name;
  }

  get skewMs(): number {
    return this.#host.skewMs;
  }

  set skewMs(ms: number) {
    checkSkew(this.name, ms);
    this.#host.skewMs = ms;
  }

  async run<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    checkFunction("fn of run", fn);
    const parent = currentScope();
    const scope = new Scope(this.#runtime, parent, this.name, parent.context, 0);
    return settled(await runIn(scope, fn));
  }
}
