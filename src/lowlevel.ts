/** The extension surface: what the library's own primitives are built on. */
import "./host/install.ts";
export { currentScope } from "./kernel/current.ts";
export { delivered, FirmWait, park, passed, refusal } from "./kernel/park.ts";
export type { Scope } from "./kernel/scope.ts";
export { TimedCall } from "./kernel/timers.ts";
export { WaitQueue } from "./kernel/wait-queue.ts";
export { currentRuntime } from "./kernel/runtime.ts";
