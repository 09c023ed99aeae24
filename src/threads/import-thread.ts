import { show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import type { Job } from "./call.ts";
import { sharedPool, type PoolCore } from "./pool-core.ts";
import { checkAddress } from "./pool-options.ts";
import { coreOf, type ThreadPool } from "./thread-pool.ts";

/** A function as it is called from another thread: it returns a promise. */
export type ThreadFunction<F> = F extends (...args: infer A) => infer R
  ? (...args: A) => Promise<Awaited<R>>
  : never;

/** The functions that a module exports, to be called in a thread. `then` is left out: what has one counts as a promise. */
export type ThreadModule<M> = {
  readonly [
    K in Exclude<keyof M, "then"> as M[K] extends (...args: never[]) => unknown ? K : never
  ]: ThreadFunction<M[K]>;
};

/** Where `importThread` calls. */
export interface ImportThreadOptions {
  /** Default: the pool that the calls of a runtime share, with as many threads as can run at the same time. */
  readonly pool?: ThreadPool;
}

/** Which function of which module a function of `importThread` stands for. */
export interface Origin {
  readonly module: string;
  readonly name: string;
  /** The pool to use now. */
  pool(): PoolCore;
}

const origins = new WeakMap<object, Origin>();

/**
 * The functions of a module, to be called in other threads: `await work.hash(x)`.
 *
 * A thread loads the module, TypeScript unbuilt, at the first call that it is given. Arguments and results are copied as
 * `structuredClone` copies, or moved with {@link transfer}; they are copied when a thread takes the call, so do not change them before
 * it has ended. An error comes back with its class, code, cause and stack; classes of one's own are marked {@link shareable}. The caller's
 * deadline holds in the thread, and so do the `ContextVar`s that are shareable.
 *
 * Cancel safety: a call that has not begun is taken out of the queue, and has done nothing. One that has begun is cancelled in its thread,
 * and awaited; when it does not end within the pool's `graceMs`, the thread is terminated. A value that comes all the same is delivered.
 * @throws {InvalidArgument} at once, for what is no address, and a pool that is none.
 * @throws {ModuleNotLoaded} from a call, when the module does not exist or throws.
 * @throws {NoSuchExport} from a call, when it exports no such function.
 * @throws {NotCloneable} from a call, for an argument or a result that cannot be copied.
 * @throws {ThreadCrashed} from a call, when its thread ends under it.
 * @throws {ThreadOutOfMemory} from a call, when its thread needs more memory than it may have.
 * @throws {Disposed} from a call, when the pool is closed.
 * @example
 * import { importThread } from "tsyncio/threads";
 * // In a file: importThread<typeof import("./work.ts")>(new URL("./work.ts", import.meta.url))
 * const address = new URL("data:text/javascript,export const sum = (...numbers) => numbers.reduce((a, b) => a + b)");
 * const work = importThread<{ sum(...numbers: number[]): number }>(address);
 * console.log(await work.sum(1, 2, 3)); // 6
 */
export function importThread<M>(url: URL | string, options: ImportThreadOptions = {}): ThreadModule<M> {
  const module = checkAddress("url of importThread", url);
  const core = options.pool === undefined ? null : coreOf(options.pool);
  if (core === undefined)
    throw new InvalidArgument(`pool of importThread is ${show(options.pool)}. Give a ThreadPool.`);
  const functions = new Map<string, unknown>();
  return new Proxy(Object.create(null) as ThreadModule<M>, {
    get(_target, name) {
      if (typeof name !== "string" || name === "then") return undefined;
      let fn = functions.get(name);
      if (fn === undefined) functions.set(name, (fn = threadFunction(module, name, core)));
      return fn;
    },
  });
}

function threadFunction(module: string, name: string, core: PoolCore | null): unknown {
  const pool = (): PoolCore => core ?? sharedPool();
  const fn = (...values: unknown[]): Promise<unknown> => {
    const job: Job = { kind: "call", module, name, values, isSettled: false, origin: new Error() };
    return pool().call(job);
  };
  Object.defineProperty(fn, "name", { value: name });
  origins.set(fn, { module, name, pool });
  return fn;
}

/** What a function of `importThread` stands for; undefined for any other value. */
export function originOf(fn: unknown): Origin | undefined {
  return typeof fn === "function" ? origins.get(fn) : undefined;
}
