/**
 * What child processes and signals ask of the world. `host/` implements it on the platform, a test by itself.
 *
 * It has no waits and no policy: limits, grace periods and cancellation are above it.
 */
import type { Host } from "../../kernel/host.ts";
import { NoHost } from "../../kernel/errors.ts";
import { ContextVar } from "../../kernel/context-var.ts";
import { currentScope } from "../../kernel/current.ts";
import type { Transport } from "../stream/transport.ts";

/** Where a standard stream of a child leads: to us, to where ours does, or to nothing. */
export type StreamUse = "pipe" | "inherit" | "ignore";

/** How a process ended. */
export interface ExitStatus {
  /** What the process returned, 0 for success; null where a signal ended it. */
  readonly status: number | null;
  /** The signal that ended it, `"SIGKILL"` for example; null where it exited by itself. */
  readonly signal: string | null;
}

/** A process to start. */
export interface SpawnPlan {
  readonly file: string;
  readonly args: readonly string[];
  /** Null for the folder in which we are. */
  readonly cwd: string | URL | null;
  /** The variables that differ from ours; `undefined` takes one away. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the child gets only `env`, and none of our variables. */
  readonly clearEnv: boolean;
  readonly stdin: StreamUse;
  readonly stdout: StreamUse;
  readonly stderr: StreamUse;
}

/** What becomes of a process. Called in the root context, and never from within `spawn`. */
export interface SpawnEvents {
  /** No process came about. Nothing else is called. */
  failed(error: unknown): void;
  /** The process has ended and was reaped: its number may be another one's from now on. Called once. */
  exited(exit: ExitStatus): void;
}

/** A process, the leader of a session and process group of its own. */
export interface SpawnedProcess {
  readonly pid: number;
  /** The ends of its pipes, not started; null where it has none. */
  readonly stdin: Transport | null;
  readonly stdout: Transport | null;
  readonly stderr: Transport | null;
  /** Sends a signal to the process alone. Only before `exited`. */
  signal(name: string): void;
  /** Sends a signal to every process in the group that is ours to signal. */
  signalGroup(name: string): void;
  /** Whether a process is left in the group, the leader apart, that could take note of a signal. Only after `exited`. */
  isPopulated(): boolean;
  /** The group is empty, or was given up: when our own process exits, it is not to be killed any more. */
  forget(): void;
}

/** A subscription to signals that come to our own process. */
export interface SignalWatch {
  /** Whether the watch alone keeps the process alive. It does not from the start. */
  keepAlive(yes: boolean): void;
  stop(): void;
}

export interface ProcessPlatform {
  /** Starts a process. Null where none came about: `failed` will be called. */
  spawn(plan: SpawnPlan, events: SpawnEvents): SpawnedProcess | null;
  /** Whether there is a signal of that name. */
  isSignal(name: string): boolean;
  /** Whether a folder can be entered: a failed start does not say what it did not find. */
  isFolder(path: string | URL): boolean;
  /** Calls `heard` for each of the signals; they do not end the process meanwhile. Throws for those that cannot be caught. */
  watchSignals(names: readonly string[], heard: (name: string) => void): SignalWatch;
}

let platform: ProcessPlatform | null = null;
const ambient = new ContextVar<ProcessPlatform | null>("process platform", null);

/** Says how processes are started. Called by the entry. */
export function installProcessPlatform(installed: ProcessPlatform): void {
  platform ??= installed;
}

/** A simulated host, which ends its run when code inside reaches for the real world. */
interface Refusing {
  refuse(what: string): never;
}

/** The platform that serves the calling code. `what` is going to be asked of it: a simulation that has none of its own refuses. */
export function processPlatformFor(what: string): ProcessPlatform {
  const given = ambient.get();
  if (given !== null) return given;
  const host = currentScope().engine.host as Host & Partial<Refusing>;
  host.refuse?.(what);
  if (platform === null) throw new NoHost();
  return platform;
}

/** Runs `fn` with processes that come from elsewhere. @internal */
export function withProcessPlatform<T>(given: ProcessPlatform, fn: () => T): T {
  return ambient.run(given, fn);
}
