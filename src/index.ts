import "./host/install.ts";
export * from "./base/tsyncio-error.ts";
export { ContextVar } from "./kernel/context-var.ts";
export { withCancelScope, type CancelScope } from "./kernel/cancel-scope.ts";
export { currentTask, currentSignal, currentDeadline, remainingMs } from "./kernel/about-now.ts";
export * from "./kernel/errors.ts";
export { currentRuntime, detached } from "./kernel/runtime.ts";
export { run } from "./kernel/run.ts";
export { withTaskGroup } from "./kernel/task-group.ts";
export { suppressedErrors } from "./kernel/suppressed.ts";
export * from "./flow/sleep.ts";
export * from "./flow/time-limit.ts";
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
export { AlreadyHeld, BrokenBarrier, Disposed, FutureSettled, NotHeld, NotTaken, QueueClosed } from "./sync/errors.ts";
export type { Hold, NameOption } from "./sync/hold.ts";
export { Lock } from "./sync/lock.ts";
export { Queue } from "./sync/queue.ts";
export type { CloseOptions, QueueOptions, QueueStats } from "./sync/queue-options.ts";
export type { QueueProducer } from "./sync/queue-producer.ts";
