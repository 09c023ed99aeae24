/** Figures about a pool. */
export interface ThreadPoolStats {
  /** Threads that are alive. */
  readonly threads: number;
  /** Of these, how many work on a call. */
  readonly busy: number;
  /** Calls that wait for a thread. */
  readonly queued: number;
  /** Calls that wait for room in the queue. */
  readonly waiting: number;
  /** Calls that a thread was given so far. */
  readonly calls: number;
  /** Threads that ended by themselves so far: by an uncaught error, `process.exit`, or for lack of memory. */
  readonly crashes: number;
  /** Threads that were terminated so far, because a call did not end when it was cancelled. */
  readonly terminations: number;
}
