import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { currentScope } from "../../kernel/current.ts";
import type { Engine } from "../../kernel/engine.ts";
import { delivered, FirmWait, refusal } from "../../kernel/park.ts";
import { inRoot } from "../../kernel/root-context.ts";
import type { Scope } from "../../kernel/scope.ts";
import { systemCodeOf } from "../errors.ts";
import { ByteStream } from "../stream/byte-stream.ts";
import { ChildPipe } from "./child-pipe.ts";
import { CommandNotFound, SpawnFailed } from "./errors.ts";
import { ProcessGroup } from "./group.ts";
import type { CommandSpec } from "./options.ts";
import {
  processPlatformFor,
  type ExitStatus,
  type ProcessPlatform,
  type SpawnedProcess,
} from "./platform.ts";

/** Figures about a child. */
export interface ChildProcessStats {
  /**
   * `living`: nobody asked it to end; its first process may have ended all the same. `terminating`: asked by SIGTERM. `killing`: by
   * SIGKILL. `gone`: no process is left of it.
   */
  readonly phase: "living" | "terminating" | "killing" | "gone";
  /** How many tasks wait for its end. */
  readonly waiters: number;
}

/**
 * A running command, the leader of a process group of its own. Made by `command(...).start()`.
 *
 * Hold it by `await using`: leaving ends it, with all the processes that it has started, and waits until they are gone.
 */
export class ChildProcess implements AsyncDisposable {
  readonly pid: number;
  /** What the child reads. Ended already where the command has no such pipe. */
  readonly stdin: ByteStream;
  /** What the child writes. Read it, or ignore it in the command: a child waits when the pipe is full. */
  readonly stdout: ByteStream;
  readonly stderr: ByteStream;
  readonly #group: ProcessGroup;
  readonly #platform: ProcessPlatform;
  readonly #outputs: readonly ChildPipe[];

  /** @internal */
  constructor(file: string, process: SpawnedProcess, group: ProcessGroup, at: Surroundings) {
    const pipe = (name: "stdin" | "stdout" | "stderr"): ChildPipe =>
      new ChildPipe(`${name} of ${file}`, name === "stdin", process[name], at.engine);
    const outputs = [pipe("stdout"), pipe("stderr")] as const;
    this.pid = process.pid;
    this.#group = group;
    this.#platform = at.platform;
    this.#outputs = outputs;
    this.stdin = new ByteStream(pipe("stdin"));
    this.stdout = new ByteStream(outputs[0]);
    this.stderr = new ByteStream(outputs[1]);
  }

  /** How the child ended; null while it lives. */
  get exit(): ExitStatus | null {
    return this.#group.exit;
  }

  /**
   * Waits for the end of the child, and says how it ended. Any number of tasks may wait. Processes that it has started may be there still,
   * and what it wrote may not have been read.
   *
   * Cancel safety: a cancelled wait leaves the child running.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  wait(): Promise<ExitStatus> {
    return this.#group.wait();
  }

  /** @internal Ends the child when the calling task is cancelled; returns when it has ended by itself. */
  async watch(): Promise<void> {
    try {
      await this.#group.wait("a watcher");
    } catch (cancelled) {
      await this[Symbol.asyncDispose]();
      throw cancelled;
    }
  }

  /**
   * Sends a signal to the child alone, not to the processes that it has started. False where it has ended.
   *
   * @throws {InvalidArgument} for what is no signal of the platform.
   */
  signal(name: string): boolean {
    if (typeof name !== "string" || !this.#platform.isSignal(name))
      throw new InvalidArgument(
        `the signal to send is ${show(name)}. Give the name of one, "SIGHUP" for example.`,
      );
    return this.#group.signal(name);
  }

  /**
   * Ends the child and all processes of its group: SIGTERM, then SIGKILL for what is there after the grace period. Waits until none is
   * left, and says how the child ended; null where it could not be ended, which is reported. The pipes stay as they are.
   *
   * Cancel safety: a cancelled wait leaves the ending under way.
   * @throws {Cancelled} when the surrounding scope is cancelled first; then nothing is sent if it was cancelled already.
   */
  terminate(): Promise<ExitStatus | null> {
    return this.#group.terminate();
  }

  stats(): ChildProcessStats {
    return { phase: this.#group.phase, waiters: this.#group.waiters };
  }

  /** Ends the child as {@link terminate} does, and closes the pipes. What it still writes is dropped. Not a cancellation point. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stdin.abort();
    for (const pipe of this.#outputs) pipe.discard();
    await this.#group.end();
    for (const stream of [this.stdout, this.stderr]) stream.abort();
    for (const stream of [this.stdin, this.stdout, this.stderr]) await stream.close();
  }
}

/** What a child belongs to. */
interface Surroundings {
  readonly engine: Engine;
  readonly platform: ProcessPlatform;
}

/** Starts a process for `spec`. Its input is a pipe if `hasInput`. */
export function startChild(spec: CommandSpec, hasInput: boolean): Promise<ChildProcess> {
  const scope = currentScope();
  const refused = refusal(scope);
  if (refused !== null) return refused;
  const platform = processPlatformFor(`command(${show(spec.file)})`);
  const start = new Start(spec, scope, platform);
  const child = start.spawn(hasInput);
  // Nothing was started then, and the reason comes at once: there is nothing to cancel.
  return child === null ? start.failure.park() : delivered(child, scope);
}

/** One attempt to start a process: where its events go. */
class Start {
  readonly failure: FirmWait<never>;
  readonly #spec: CommandSpec;
  readonly #platform: ProcessPlatform;
  readonly #engine: Engine;
  #group: ProcessGroup | null = null;

  constructor(spec: CommandSpec, scope: Scope, platform: ProcessPlatform) {
    this.#spec = spec;
    this.#platform = platform;
    this.#engine = scope.engine;
    this.failure = new FirmWait(scope, `the start of ${spec.file}`);
  }

  spawn(hasInput: boolean): ChildProcess | null {
    const spec = this.#spec;
    const plan = { ...spec, stdin: spec.stdin ?? (hasInput ? "pipe" : "ignore") } as const;
    const events = {
      failed: (error: unknown): void => this.failure.fail(this.#errorOf(error)),
      exited: (exit: ExitStatus): void => this.#group?.exited(exit),
    };
    const process = inRoot(() => this.#platform.spawn(plan, events));
    if (process === null) return null;
    const group = new ProcessGroup(
      this.#engine,
      `${spec.file} (pid ${process.pid})`,
      process,
      spec.graceMs,
    );
    this.#group = group;
    return new ChildProcess(spec.file, process, group, {
      engine: this.#engine,
      platform: this.#platform,
    });
  }

  #errorOf(error: unknown): Error {
    const { file, cwd } = this.#spec;
    const code = systemCodeOf(error);
    const isMissing = code === "ENOENT" || code === "ENOTDIR" || code === "EACCES";
    if (isMissing && cwd !== null && !this.#platform.isFolder(cwd))
      return new SpawnFailed(file, String(cwd), error);
    return code === "ENOENT" ? new CommandNotFound(file, error) : new SpawnFailed(file, null, error);
  }
}
