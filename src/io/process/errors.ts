/** What can go wrong with commands and child processes. */
import { show } from "../../base/check.ts";
import { TsyncioError } from "../../base/tsyncio-error.ts";
import { reasonOf, systemCodeOf } from "../errors.ts";
import type { ExitStatus } from "./platform.ts";

/** There is no program of that name. */
export class CommandNotFound extends TsyncioError {
  static readonly code = "TSY_COMMAND_NOT_FOUND";
  readonly file: string;

  constructor(file: string, cause: unknown) {
    const where = file.includes("/") ? "there is no such file" : "no folder in PATH has it";
    super(
      CommandNotFound.code,
      `cannot start ${show(file)}: ${where}. Check the name and env.PATH; a script also needs the interpreter of its first line.`,
      { cause },
    );
    this.file = file;
  }
}

/** What to do, for the codes that programs meet. */
const advice: Readonly<Record<string, string>> = {
  EACCES: "The file is not executable, or this process may not execute it: check its permissions.",
  EPERM: "This process may not execute it.",
  E2BIG: "Arguments and environment together are too long: pass the data as input, or in a file.",
  EMFILE: "This process has too many files open: run fewer commands at once, or raise its limit.",
  ENFILE: "The machine has too many files open.",
  EAGAIN: "There are too many processes: run fewer commands at once, or raise the limit.",
  ENOMEM: "The machine has not enough memory for another process.",
  ENOEXEC: "It is no program for this machine; a script must name its interpreter in its first line.",
};

/** The platform could not start a process, for another reason than that the program is missing. */
export class SpawnFailed extends TsyncioError {
  static readonly code = "TSY_SPAWN_FAILED";
  readonly file: string;
  /** The platform's code: `EACCES`, `E2BIG`, `EMFILE`, `EAGAIN`; null where it has none. */
  readonly systemCode: string | null;

  /** `badFolder` is the working directory, where it was that which does not exist. */
  constructor(file: string, badFolder: string | null, cause: unknown) {
    const code = systemCodeOf(cause);
    const hint = code === null ? undefined : advice[code];
    const why =
      badFolder === null
        ? `${reasonOf(cause)}.${hint === undefined ? "" : ` ${hint}`}`
        : `its cwd ${show(badFolder)} is no folder that can be entered.`;
    super(SpawnFailed.code, `cannot start ${show(file)}: ${why}`, { cause });
    this.file = file;
    this.systemCode = code;
  }
}

/** What a {@link CommandFailed} tells. */
export interface CommandFailure extends ExitStatus {
  readonly file: string;
  readonly args: readonly string[];
  /** The end of what it wrote to its standard error, as text: up to 4 KiB. */
  readonly stderrTail: string;
}

/** A command ended with a status other than 0, or by a signal that we did not send for a cancellation. */
export class CommandFailed extends TsyncioError implements CommandFailure {
  static readonly code = "TSY_COMMAND_FAILED";
  readonly file: string;
  readonly args: readonly string[];
  readonly status: number | null;
  readonly signal: string | null;
  readonly stderrTail: string;

  constructor({ file, args, status, signal, stderrTail }: CommandFailure) {
    const how = signal === null ? `ended with status ${status}` : `was ended by ${signal}`;
    const said =
      stderrTail.trim() === ""
        ? "It wrote nothing to its standard error."
        : `It said:\n${stderrTail.trimEnd()}`;
    super(CommandFailed.code, `${show(commandLine(file, args))} ${how}. ${said}`);
    this.file = file;
    this.args = args;
    this.status = status;
    this.signal = signal;
    this.stderrTail = stderrTail;
  }
}

/** A command wrote more than its limit. It was ended. */
export class OutputTooLong extends TsyncioError {
  static readonly code = "TSY_OUTPUT_TOO_LONG";
  readonly file: string;
  readonly stream: "stdout" | "stderr";
  readonly maxOutputBytes: number;

  constructor(file: string, stream: "stdout" | "stderr", maxOutputBytes: number) {
    super(
      OutputTooLong.code,
      `${show(file)} wrote more than ${maxOutputBytes} bytes to its ${stream}, and was ended. Raise maxOutputBytes, or read the output ` +
        `as it comes: lines(), start().`,
    );
    this.file = file;
    this.stream = stream;
    this.maxOutputBytes = maxOutputBytes;
  }
}

/** A command as one would type it, without care for quotes. */
export function commandLine(file: string, args: readonly string[]): string {
  return [file, ...args].join(" ");
}
