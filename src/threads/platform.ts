/**
 * What threads need of the platform: starting one, a message to it, its end. `host/` implements it with `node:worker_threads`;
 * `testing/` with threads that are simulated. Which of the two a pool gets is decided by the host of its runtime.
 *
 * Messages are copied as `structuredClone` copies, in both.
 */
import type { Host } from "../kernel/host.ts";

/** How a thread is started. */
export interface ThreadSetup {
  /** For people: the task tree, debuggers. */
  readonly name: string;
  /** Shared memory in which both sides mark who has a message (`marks.ts`). */
  readonly marks: SharedArrayBuffer;
  /** Addresses of modules that the thread loads before it says that it is ready. */
  readonly modules: readonly string[];
  /** `Infinity` leaves the limit to the platform. */
  readonly maxHeapMb: number;
}

/** Why a thread ended. */
export interface ThreadEnd {
  /** What the thread threw and nobody caught, as the platform tells it; `undefined` where there was nothing. */
  readonly error: unknown;
  readonly isOutOfMemory: boolean;
  readonly exitCode: number;
}

/** What a thread tells. Called in the root context. */
export interface ThreadEvents {
  message(message: unknown): void;
  /** Called once. No message comes afterwards. */
  ended(end: ThreadEnd): void;
}

/** A thread, as the one who started it sees it. */
export interface ThreadHandle {
  /** Throws where the message cannot be cloned; then nothing has been sent, nor moved. */
  post(message: unknown, moved: readonly object[]): void;
  /** Whether the thread alone keeps the process alive. It does at first. */
  keepAlive(yes: boolean): void;
  /** Ends the thread wherever it is. `ended` follows. */
  terminate(): void;
}

export interface ThreadPlatform {
  /** How many threads can run at the same time. */
  readonly parallelism: number;
  start(setup: ThreadSetup, events: ThreadEvents): ThreadHandle;
}

let installed: ThreadPlatform | null = null;

/** Where a host carries what was offered to it. */
const OFFERED: unique symbol = Symbol("tsyncio.threads");

interface ThreadedHost extends Host {
  [OFFERED]?: ThreadPlatform;
}

/** Says what threads are on the real platform. Called by the entry. */
export function installThreads(platform: ThreadPlatform): void {
  installed = platform;
}

/** Gives the runtimes on `host` threads of their own kind. */
export function offerThreads(host: ThreadedHost, platform: ThreadPlatform): void {
  host[OFFERED] = platform;
}

/** The threads that runtimes on `host` use. */
export function threadsOf(host: ThreadedHost): ThreadPlatform {
  const platform = host[OFFERED] ?? installed;
  if (platform === null)
    throw new TypeError(`no threads are installed: import "tsyncio/threads", not a file inside it`);
  return platform;
}
