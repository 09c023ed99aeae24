import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { currentRuntime, detached } from "../../kernel/runtime.ts";
import { startChild, type ChildProcess } from "./child-process.ts";
import { checkCommand, type CommandOptions, type CommandSpec } from "./options.ts";
import { Pipeline, type CommandResult } from "./pipeline.ts";

/**
 * What to run: a program, its arguments and how it runs. Made by {@link command}. Nothing runs until one of its functions is called, and
 * each call runs it anew.
 */
export class Command {
  /** What is run, and how. */
  readonly spec: CommandSpec;
  readonly #alone: Pipeline;

  /** @internal */
  constructor(spec: CommandSpec) {
    this.spec = spec;
    this.#alone = new Pipeline([spec]);
  }

  /** {@link Pipeline.run} of this command alone. */
  run(): Promise<CommandResult> {
    return this.#alone.run();
  }

  /** {@link Pipeline.runSettled} of this command alone. */
  runSettled(): Promise<CommandResult> {
    return this.#alone.runSettled();
  }

  /** {@link Pipeline.text} of this command alone. */
  text(): Promise<string> {
    return this.#alone.text();
  }

  /** {@link Pipeline.bytes} of this command alone. */
  bytes(): Promise<Uint8Array> {
    return this.#alone.bytes();
  }

  /** {@link Pipeline.lines} of this command alone. */
  lines(): AsyncIterable<string> {
    return this.#alone.lines();
  }

  /**
   * Makes a pipeline: `next` reads what this command writes.
   *
   * @example
   * import { command } from "tsyncio/io";
   * const sorted = command("printf", ["b\na\n"]).pipe(command("sort"));
   * console.log(JSON.stringify(await sorted.text())); // "a\nb\n"
   */
  pipe(next: Command): Pipeline {
    return this.#alone.pipe(next);
  }

  /**
   * Starts the command, for a conversation with it. Leaving the `await using` block ends it, and all that it has started.
   *
   * Cancel safety: a cancelled start has started nothing.
   * @throws {CommandNotFound} when there is no such program.
   * @throws {SpawnFailed} when it cannot be started for another reason.
   * @example
   * import { command } from "tsyncio/io";
   * await using child = await command("cat").start();
   * await child.stdin.write("hello\n");
   * console.log(await child.stdout.readLine()); // hello
   * await child.stdin.end();
   * console.log((await child.wait()).status); // 0
   */
  start(): Promise<ChildProcess> {
    if (this.spec.input !== null)
      throw new InvalidArgument(
        `${show(this.spec.file)} has an input, and was to be started. Leave it out, and write to the child's stdin.`,
      );
    return startForOwner(this.spec);
  }
}

/** A child that its owner has not ended when the runtime ends is ended with it: nothing outlives a run. */
async function startForOwner(spec: CommandSpec): Promise<ChildProcess> {
  const child = await startChild(spec, true);
  const { background } = currentRuntime();
  detached(() => background.spawnService(`child process of ${spec.file}`, () => child.watch()));
  return child;
}

/**
 * Describes a command: a program, found in `PATH` unless it is a path, and its arguments, which reach it as they are. There is no shell
 * between, so nothing needs quotes; `command("sh", ["-c", "ls *.txt"])` asks for one.
 *
 * The program runs in a process group of its own. When the call that runs it is cancelled, fails or is left, the whole group gets
 * SIGTERM, `graceMs` to end, then SIGKILL, and the call waits until nothing is left of it.
 *
 * @throws {InvalidArgument} for what no process can be started with.
 * @example
 * import { command } from "tsyncio/io";
 * console.log(await command("printf", ["%s and %s", "one", "two"]).text()); // one and two
 * for await (const line of command("printf", ["a\nb\n"]).lines()) console.log(line); // a, b
 */
export function command(
  file: string,
  args: readonly string[] = [],
  options: CommandOptions = {},
): Command {
  return new Command(checkCommand(file, args, options));
}
