/** Structured concurrency on plain async functions. */
import "./host/install.ts";
export { InvalidArgument, TsyncioError } from "./base/tsyncio-error.ts";
export type { ErrorCode } from "./base/error-registry.ts";
export { currentDeadline, currentSignal, currentTask, remainingMs } from "./flow/about-now.ts";
export { withCancelScope, type CancelScope } from "./kernel/cancel-scope.ts";
export { ContextVar } from "./kernel/context-var.ts";
export {
  AlreadyReady,
  Cancelled,
  ClosedGroup,
  Deadlock,
  NestedRun,
  NoContextValue,
  NoHost,
  NotReady,
  ScopeEnded,
  SelfJoin,
  TaskCancelled,
  TimeoutError,
} from "./kernel/errors.ts";
export { formatError } from "./base/format-error.ts";
export type { Instrument, LogRecord, Observed } from "./kernel/instrument.ts";
export { run, type RunOptions } from "./kernel/run.ts";
export {
  currentRuntime,
  detached,
  type Runtime,
  type RuntimeStats,
  type ScheduledCall,
} from "./kernel/runtime.ts";
export { suppressedErrors, type SuppressedErrors } from "./base/suppressed.ts";
export type { Task, TaskState } from "./kernel/task.ts";
export { withTaskGroup, type Ready, type TaskGroup } from "./kernel/task-group.ts";
export { checkpoint, sleep } from "./flow/sleep.ts";
export { withDeadline, withShield, withTimeout, withTimeoutOr } from "./flow/time-limit.ts";
export { interval } from "./flow/interval.ts";
export { retry, type RetryOptions } from "./flow/retry.ts";
export { shared, type SharedOptions } from "./flow/shared.ts";
export {
  RestartLimit,
  withSupervisor,
  type Supervisor,
  type SupervisorOptions,
} from "./flow/supervisor.ts";
export { until } from "./flow/until.ts";
export { withSignal } from "./flow/with-signal.ts";
export {
  all,
  allSettled,
  type BranchOutcomes,
  type BranchRecord,
  type BranchResults,
} from "./flow/all.ts";
export type { Branch } from "./flow/branches.ts";
export type { ConcurrencyOptions } from "./flow/concurrency.ts";
export { completed, type Completed } from "./flow/completed.ts";
export { forEach, map, mapSettled } from "./flow/map.ts";
export { produce, type ProduceOptions } from "./flow/produce.ts";
export type { Emit } from "./flow/production.ts";
export { any, race } from "./flow/race.ts";
export type { Items } from "./flow/work.ts";
export { Barrier } from "./sync/barrier.ts";
export { Broadcast } from "./sync/broadcast.ts";
export type { BroadcastSubscription } from "./sync/broadcast-subscription.ts";
export { CapacityLimiter } from "./sync/capacity-limiter.ts";
export { Condition } from "./sync/condition.ts";
export {
  AlreadyHeld,
  BrokenBarrier,
  Disposed,
  FutureSettled,
  NotHeld,
  NotTaken,
  QueueClosed,
} from "./sync/errors.ts";
export { Event } from "./sync/event.ts";
export { Future, type FutureState } from "./sync/future.ts";
export type { Hold, NameOption } from "./sync/hold.ts";
export type { ItemStore } from "./sync/item-store.ts";
export { LifoQueue } from "./sync/lifo-queue.ts";
export { Lock } from "./sync/lock.ts";
export type { Compare } from "./sync/priority-heap.ts";
export { PriorityQueue, type PriorityQueueOptions } from "./sync/priority-queue.ts";
export { Queue } from "./sync/queue.ts";
export type { CloseOptions, QueueOptions, QueueStats } from "./sync/queue-options.ts";
export type { QueueProducer } from "./sync/queue-producer.ts";
export { RateLimiter, type RateLimiterOptions } from "./sync/rate-limiter.ts";
export { Semaphore } from "./sync/semaphore.ts";
