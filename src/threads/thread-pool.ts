import { currentScope } from "../kernel/current.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { PoolCore } from "./pool-core.ts";
import type { ThreadPoolStats } from "./pool-stats.ts";
import type { ThreadPoolOptions } from "./pool-options.ts";

const cores = new WeakMap<object, PoolCore>();

/**
 * Threads that calls share. Most programs need none of their own: functions of `importThread` use one pool per runtime, with as many
 * threads as can run at the same time.
 *
 * A thread is started when there is a call for it, and works on one call at a time; further calls wait, first come, first served. One
 * that crashes or runs out of memory fails the call it held, and is replaced. Idle threads do not keep the process alive.
 *
 * Disposing of a pool refuses further calls and those in the queue, lets those that run end, for 5 s at most, and ends the threads. The
 * end of the `run` in which a pool was made does that too.
 *
 * @throws {InvalidArgument} for options that make no sense.
 * @example
 * import { importThread, ThreadPool } from "tsyncio/threads";
 * await using pool = new ThreadPool({ threads: 1, callTimeoutMs: 5_000 });
 * const address = new URL("data:text/javascript,export const double = (n) => 2 * n");
 * const work = importThread<{ double(n: number): number }>(address, { pool });
 * console.log(await work.double(21), pool.stats().threads); // 42 1
 */
export class ThreadPool {
  readonly #core: PoolCore;

  constructor(options: ThreadPoolOptions = {}) {
    this.#core = new PoolCore(options, currentScope().engine as Runtime);
    cores.set(this, this.#core);
  }

  /**
   * Starts all threads, and waits until they have loaded the `modules` of the options. Without it the first calls wait for that.
   *
   * Cancel safety: a cancelled wait leaves the threads starting.
   * @throws {ModuleNotLoaded} when one of the modules cannot be loaded.
   * @throws {Disposed} when the pool is closed.
   */
  ready(): Promise<void> {
    return this.#core.ready();
  }

  /** Threads, calls that wait, and what has happened so far. */
  stats(): ThreadPoolStats {
    return this.#core.stats();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#core.close();
  }
}

/** The inside of a pool; undefined for what is none. */
export function coreOf(pool: unknown): PoolCore | undefined {
  return cores.get(pool as object);
}
