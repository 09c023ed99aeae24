/** Functions in other threads: typed calls, pools, and mapping a stream of items over them. */
import "./host/install.ts";
import "./host/install-threads.ts";
export {
  ModuleNotLoaded,
  NoSuchExport,
  NotCloneable,
  ThreadCrashed,
  ThreadOutOfMemory,
} from "./threads/errors.ts";
export {
  importThread,
  type ImportThreadOptions,
  type ThreadFunction,
  type ThreadModule,
} from "./threads/import-thread.ts";
export { mapInThreads, mapInThreadsSettled, type MapInThreadsOptions } from "./threads/map-in-threads.ts";
export type { ThreadPoolStats } from "./threads/pool-stats.ts";
export type { ThreadPoolOptions } from "./threads/pool-options.ts";
export { shareable, type ErrorClass } from "./threads/shareable.ts";
export { ThreadPool } from "./threads/thread-pool.ts";
export { transfer } from "./threads/transfer.ts";
