/**
 * Child processes and signals of Node, Bun and Deno, over `node:child_process` and `node:process`, which all three have.
 *
 * A child is the leader of a session of its own (`detached`), so that it and what it starts can be signalled as one group. In return the
 * terminal's Ctrl-C does not reach it: whoever ends us must end it. While children are there, a listener for our own exit kills the
 * groups that are left.
 *
 * Invariant: `groups` has those that may have a process in them. A group is in it from its start until it was found empty.
 */
import childProcess, { type ChildProcess, type StdioOptions } from "node:child_process";
import { closeSync, openSync, statSync } from "node:fs";
import { constants } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type {
  ExitStatus,
  ProcessPlatform,
  SignalWatch,
  SpawnedProcess,
  SpawnEvents,
  SpawnPlan,
} from "../../io/process/platform.ts";
import { GroupMembers } from "./group-members.ts";
import { InputPipe, OutputPipe } from "./pipes.ts";

/** Windows knows no groups: there only the child itself is ended. */
const hasGroups = process.platform !== "win32";
/** Taken before a simulation puts something else in its place: it is asked in `io/process`, not here. */
const { spawn } = childProcess;
const groups = new Set<RunningProcess>();

function killAll(): void {
  for (const group of groups) group.signalGroup("SIGKILL");
}

/** Deno says "exit" for every end but that by an uncaught error, of which it tells in another way. */
function killAllUncaught(): void {
  if (process.listenerCount("uncaughtException") === 0) killAll();
}

function watchExit(yes: boolean): void {
  const change = yes ? "on" : "off";
  process[change]("exit", killAll);
  if ("Deno" in globalThis) process[change]("uncaughtExceptionMonitor", killAllUncaught);
}

/** A start takes three pairs of sockets, and some more for a moment. */
const SPAWN_DESCRIPTORS = 12;

/** Fails where too few descriptors are left: Node loses those that it had made when it finds that out half-way. */
function checkRoom(): void {
  const held: number[] = [];
  try {
    while (held.length < SPAWN_DESCRIPTORS) held.push(openSync("/dev/null", "r"));
  } finally {
    for (const descriptor of held) closeSync(descriptor);
  }
}

function environment({ env, clearEnv }: SpawnPlan): Record<string, string> {
  const all: Record<string, string | undefined> = clearEnv ? env : { ...process.env, ...env };
  const defined = Object.entries(all).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(defined);
}

class RunningProcess implements SpawnedProcess {
  readonly pid: number;
  readonly stdin: InputPipe | null;
  readonly stdout: OutputPipe | null;
  readonly stderr: OutputPipe | null;
  readonly #child: ChildProcess;
  readonly #members: GroupMembers;
  #isReaped = false;

  constructor(child: ChildProcess, pid: number, file: string, exited: (exit: ExitStatus) => void) {
    this.#child = child;
    this.pid = pid;
    this.#members = new GroupMembers(pid);
    this.stdin = child.stdin === null ? null : new InputPipe(child.stdin, `stdin of ${file}`);
    this.stdout = child.stdout === null ? null : new OutputPipe(child.stdout, `stdout of ${file}`);
    this.stderr = child.stderr === null ? null : new OutputPipe(child.stderr, `stderr of ${file}`);
    if (groups.size === 0) watchExit(true);
    groups.add(this);
    child.on("exit", (status, signal) => {
      this.#isReaped = true;
      this.stdin?.readerGone();
      exited({ status: signal === null ? status : null, signal });
      setImmediate(() => {
        this.stdout?.keepPaused();
        this.stderr?.keepPaused();
      });
    });
  }

  signal(name: string): void {
    if (this.#isReaped) return;
    if (hasGroups) send(this.pid, name);
    else this.#child.kill(name as NodeJS.Signals);
  }

  signalGroup(name: string): void {
    if (hasGroups) send(-this.pid, name);
    else this.signal(name);
  }

  isPopulated(): boolean {
    return hasGroups && send(-this.pid, 0) && this.#members.anyAlive();
  }

  forget(): void {
    if (groups.delete(this) && groups.size === 0) watchExit(false);
  }
}

/** False where there is nobody, or nobody whom we may signal. */
function send(pid: number, signal: string | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

class PlatformSignals implements SignalWatch {
  readonly #listeners: ReadonlyArray<readonly [string, () => void]>;
  #keeper: NodeJS.Timeout | null = null;

  constructor(names: readonly string[], heard: (name: string) => void) {
    this.#listeners = [...new Set(names)].map((name) => [name, () => heard(name)] as const);
    for (const [name, listener] of this.#listeners) process.on(name, listener);
  }

  /** Listeners for signals keep no process alive, but a timer does. */
  keepAlive(yes: boolean): void {
    if (yes) this.#keeper ??= setInterval(() => {}, 2 ** 31 - 1);
    else if (this.#keeper !== null) {
      clearInterval(this.#keeper);
      this.#keeper = null;
    }
  }

  stop(): void {
    this.keepAlive(false);
    for (const [name, listener] of this.#listeners) process.off(name, listener);
  }
}

export const platformProcesses: ProcessPlatform = {
  spawn(plan: SpawnPlan, events: SpawnEvents): SpawnedProcess | null {
    let child: ChildProcess;
    const stdio: StdioOptions = [plan.stdin, plan.stdout, plan.stderr];
    try {
      if (hasGroups) checkRoom();
      child = spawn(plan.file, [...plan.args], {
        detached: hasGroups,
        env: environment(plan),
        stdio,
        windowsHide: true,
        ...(plan.cwd === null
          ? {}
          : { cwd: plan.cwd instanceof URL ? fileURLToPath(plan.cwd) : plan.cwd }),
      });
    } catch (error) {
      setImmediate(() => events.failed(error));
      return null;
    }
    const { pid } = child;
    if (pid !== undefined) {
      child.on("error", () => {});
      return new RunningProcess(child, pid, plan.file, (exit) => events.exited(exit));
    }
    for (const stream of [child.stdin, child.stdout, child.stderr])
      stream?.on("error", () => {}).destroy();
    child.once("error", (error) => {
      child.on("error", () => {});
      events.failed(error);
    });
    return null;
  },

  isSignal: (name) => Object.hasOwn(constants.signals, name),

  isFolder(path) {
    try {
      return statSync(path).isDirectory();
    } catch {
      return false;
    }
  },

  watchSignals: (names, heard) => new PlatformSignals(names, heard),
};
