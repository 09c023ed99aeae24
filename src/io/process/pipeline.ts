import { suppress } from "../../base/suppressed.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { show } from "../../base/check.ts";
import { produce } from "../../flow/produce.ts";
import { currentScope } from "../../kernel/current.ts";
import { LineSplitter } from "../files/line-splitter.ts";
import { Collected, joined, tailText } from "./collected.ts";
import { CommandFailed } from "./errors.ts";
import type { CommandSpec } from "./options.ts";
import type { ExitStatus } from "./platform.ts";
import { runStages, type StageEnd } from "./stages.ts";

/** How a command or a pipeline ended, and what it wrote. */
export interface CommandResult extends ExitStatus {
  /** Whether it counts as a success. */
  readonly ok: boolean;
  /** What the last command wrote. Empty where its output was not ours to read. */
  readonly stdout: Uint8Array;
  /** What all of them wrote to their standard errors, one command after the other. */
  readonly stderr: Uint8Array;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Commands of which each reads what the one before it writes. Made by `command(...).pipe(...)`.
 *
 * It fails when one of them does, as with the shell's `pipefail`: with the error of the first in the row; those of the others are in
 * `suppressedErrors`. One that wrote on when the next had stopped reading (`yes` before `head`) is cut off, and has not failed, whatever it
 * says to that. All of them are ended together.
 *
 * Cancel safety: of every call: when it throws, no process is left.
 */
export class Pipeline {
  readonly #stages: readonly CommandSpec[];

  /** @internal */
  constructor(stages: readonly CommandSpec[]) {
    this.#stages = stages;
  }

  /** Adds a command that reads what the last one writes. */
  pipe(next: { readonly spec: CommandSpec }): Pipeline {
    const last = this.#stages.at(-1);
    if (last !== undefined && last.stdout !== "pipe")
      throw new InvalidArgument(
        `${show(last.file)} cannot be piped: its stdout is ${show(last.stdout)}. Leave that option out.`,
      );
    const spec = (next as Partial<typeof next> | undefined)?.spec;
    if (spec === undefined)
      throw new InvalidArgument(`what is piped into is ${show(next)}. Give a command: command("sort").`);
    if (spec.input !== null || spec.stdin !== null)
      throw new InvalidArgument(
        `${show(spec.file)} cannot be piped into: it has an input of its own. Leave input and stdin out.`,
      );
    return new Pipeline([...this.#stages, spec]);
  }

  /** Runs to the end, and gives what was written. Throws as {@link text} does, and for a standard error that is too long. */
  async run(): Promise<CommandResult> {
    const [result, failure] = await this.#collect();
    if (failure !== null) throw failure;
    return result;
  }

  /** {@link run} for which a status other than 0 is a result like any other. Throws where the command could not be run, or not to its end. */
  async runSettled(): Promise<CommandResult> {
    const [result] = await this.#collect();
    return result;
  }

  /** Runs to the end, and gives what the last command wrote. Throws as {@link text} does. */
  async bytes(): Promise<Uint8Array> {
    const stdout = Collected.whole(this.#last, "stdout");
    const ends = await runStages(this.#stages, {
      stdout: (chunk) => stdout.take(chunk),
      collectsStderr: false,
    });
    const failure = failureOf(ends);
    if (failure !== null) throw failure;
    return stdout.bytes();
  }

  /**
   * Runs to the end, and gives what the last command wrote as text in UTF-8, just as it is, a last line end included.
   *
   * @throws {CommandFailed} when a command ends with a status other than 0, or by a signal.
   * @throws {CommandNotFound} when there is no such program.
   * @throws {SpawnFailed} when it cannot be started for another reason.
   * @throws {OutputTooLong} when it writes more than `maxOutputBytes`. It was ended then.
   */
  async text(): Promise<string> {
    return decoder.decode(await this.bytes());
  }

  /**
   * The lines that the last command writes, as they come and without their ends. The commands wait when the loop does. They start at the
   * first `next()`; leaving the loop, or the scope in which it began, ends them. After the last line it throws as {@link text} does, and
   *
   * @throws {LineTooLong} for a line of more than `maxOutputBytes`. The whole may be longer.
   */
  lines(): AsyncIterable<string> {
    return produce<string>(
      async (emit) => {
        const { file, maxOutputBytes } = this.#last;
        const splitter = new LineSplitter(`stdout of ${file}`, maxOutputBytes);
        const hand = async (): Promise<true> => {
          while (splitter.hasLines) await emit(splitter.take());
          if (splitter.overrun !== null) throw splitter.overrun;
          return true;
        };
        const stdout = (chunk: Uint8Array): Promise<true> => {
          splitter.push(chunk);
          return hand();
        };
        const ends = await runStages(this.#stages, { stdout, collectsStderr: false });
        splitter.end();
        await hand();
        const failure = failureOf(ends);
        if (failure !== null) throw failure;
      },
      { capacity: LINES_AHEAD },
    );
  }

  get #last(): CommandSpec {
    return this.#stages.at(-1) as CommandSpec;
  }

  async #collect(): Promise<readonly [CommandResult, CommandFailed | null]> {
    const stdout = Collected.whole(this.#last, "stdout");
    const ends = await runStages(this.#stages, {
      stdout: (chunk) => stdout.take(chunk),
      collectsStderr: true,
    });
    const decisive = ends.find(hasFailed) ?? (ends.at(-1) as StageEnd);
    const { status, signal } = decisive;
    const stderr = joined(ends.map((end) => end.stderr));
    const result = { status, signal, ok: !hasFailed(decisive), stdout: stdout.bytes(), stderr };
    return [result, failureOf(ends)];
  }
}

/** How many lines may wait for the loop. */
const LINES_AHEAD = 64;
/** Whether a command of a pipeline has failed. */
function hasFailed({ status, isCut }: StageEnd): boolean {
  return status !== 0 && !isCut;
}

/** The error of the first command that has failed, with those of the others; null where none has. */
function failureOf(ends: readonly StageEnd[]): CommandFailed | null {
  const [first = null, ...others] = ends.filter(hasFailed).map(
    ({ spec, status, signal, stderr }) =>
      new CommandFailed({
        file: spec.file,
        args: spec.args,
        status,
        signal,
        stderrTail: tailText(stderr),
      }),
  );
  for (const other of others) suppress(first, other, currentScope());
  return first;
}
