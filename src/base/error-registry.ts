/**
 * Every error of the library: its code and the class that carries it.
 *
 * The one place where a code is given away. `docs/errors.md` has a section per code, and a test holds the two together.
 * Classes live beside the code that throws them.
 */
export const errorCodes = {
  TSY_CANCELLED: "Cancelled",
  TSY_TASK_CANCELLED: "TaskCancelled",
  TSY_SCOPE_ENDED: "ScopeEnded",
  TSY_TIMEOUT: "TimeoutError",
  TSY_CLOSED_GROUP: "ClosedGroup",
  TSY_NOT_READY: "NotReady",
  TSY_ALREADY_READY: "AlreadyReady",
  TSY_SELF_JOIN: "SelfJoin",
  TSY_NESTED_RUN: "NestedRun",
  TSY_DEADLOCK: "Deadlock",
  TSY_NO_HOST: "NoHost",
  TSY_INVALID_ARGUMENT: "InvalidArgument",
  TSY_NO_CONTEXT_VALUE: "NoContextValue",
  TSY_NOT_HELD: "NotHeld",
  TSY_ALREADY_HELD: "AlreadyHeld",
  TSY_QUEUE_CLOSED: "QueueClosed",
  TSY_NOT_TAKEN: "NotTaken",
  TSY_FUTURE_SETTLED: "FutureSettled",
  TSY_BROKEN_BARRIER: "BrokenBarrier",
  TSY_DISPOSED: "Disposed",
  TSY_RESTART_LIMIT: "RestartLimit",
  TSY_SIMULATION_FAILED: "SimulationFailed",
  TSY_TAPE_MISMATCH: "TapeMismatch",
  TSY_NONDETERMINISM: "Nondeterminism",
  TSY_NESTED_SIMULATION: "NestedSimulation",
  TSY_LIVELOCK: "Livelock",
  TSY_LEAKED_TASK: "LeakedTask",
  TSY_STRAY_WORK: "StrayWork",
  TSY_REAL_IO: "RealIo",
  TSY_INJECTED_FAULT: "InjectedFault",
  TSY_BROKEN_INVARIANT: "BrokenInvariant",
  TSY_STILL_ALIVE: "StillAlive",
  TSY_NO_CANCELLATION_POINT: "NoCancellationPoint",
  TSY_BROKEN_SEQUENCE: "BrokenSequence",
} as const;

/** A code of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;
