import { checkCount, checkDuration, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";

/** How a `ThreadPool` works. */
export interface ThreadPoolOptions {
  /** How many threads at most; they are started when they are needed. Default: as many as can run at the same time. */
  readonly threads?: number;
  /** How many calls are queued while all threads are busy; further callers wait for room. Default `Infinity`. */
  readonly maxQueued?: number;
  /** How many milliseconds a call, or a message of `mapInThreads`, may take in its thread; then `TimeoutError`. Default `Infinity`. */
  readonly callTimeoutMs?: number;
  /** How many milliseconds a cancelled call has for its end; then its thread is terminated. Default 1,000. */
  readonly graceMs?: number;
  /** How many megabytes of heap a thread may use. A thread beyond it fails its calls. Default: what the platform gives. */
  readonly maxHeapMb?: number;
  /** Modules that each thread loads when it starts, before its first call. Default none. */
  readonly modules?: readonly (URL | string)[];
  /** The pool's name, for messages and the task tree. Default `"thread pool"`. */
  readonly name?: string;
}

/** {@link ThreadPoolOptions}, checked and with every default in its place. */
export interface PoolSettings {
  readonly threads: number;
  readonly maxQueued: number;
  readonly callTimeoutMs: number;
  readonly graceMs: number;
  readonly maxHeapMb: number;
  readonly modules: readonly string[];
  readonly name: string;
}

const OWNER = "ThreadPool";

export function readPoolOptions(options: ThreadPoolOptions, parallelism: number): PoolSettings {
  const { threads = parallelism, maxQueued = Infinity, callTimeoutMs = Infinity } = options;
  const { graceMs = 1_000, maxHeapMb = Infinity, modules = [], name = "thread pool" } = options;
  check("threads", threads, Number.isSafeInteger(threads) && threads >= 1, "an integer of at least 1");
  check("maxHeapMb", maxHeapMb, maxHeapMb > 0, "megabytes above 0, or Infinity");
  check("modules", modules, Array.isArray(modules), "an array of addresses");
  check("name", name, typeof name === "string", "a string");
  return {
    threads,
    maxQueued: checkCount(`maxQueued of ${OWNER}`, maxQueued, 0),
    callTimeoutMs: checkDuration(`callTimeoutMs of ${OWNER}`, callTimeoutMs),
    graceMs: checkDuration(`graceMs of ${OWNER}`, graceMs),
    maxHeapMb,
    modules: modules.map((module) => checkAddress(`a module of ${OWNER}`, module)),
    name,
  };
}

function check(option: string, value: unknown, isRight: boolean, wanted: string): void {
  if (isRight) return;
  throw new InvalidArgument(`${option} of ${OWNER} is ${show(value)}. Give ${wanted}.`);
}

/** The address of a module, as text. A relative one would be taken from a file of this library. */
export function checkAddress(what: string, url: unknown): string {
  if (url instanceof URL) return url.href;
  if (typeof url === "string" && URL.canParse(url)) return url;
  throw new InvalidArgument(
    `${what} is ${show(url)}. Give the address of the module: new URL("./work.ts", import.meta.url).`,
  );
}
