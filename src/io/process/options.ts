import { checkCount, checkDuration, show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import type { StreamUse } from "./platform.ts";

/** What a command reads: text in UTF-8, bytes, or pieces of either as they come, a `ByteStream` for example. */
export type CommandInput = string | Uint8Array | AsyncIterable<string | Uint8Array>;

/** How a command runs. */
export interface CommandOptions {
  /** The folder in which it runs: a path or a `file:` URL. Default: ours. */
  readonly cwd?: string | URL;
  /** Variables that its environment has besides ours, or in place of ours; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether its environment is `env` alone. Default false. */
  readonly clearEnv?: boolean;
  /** What it reads. Default: nothing. Only for calls that run it to its end; `start` gives a stream to write to. */
  readonly input?: CommandInput;
  /** `"inherit"`: it reads what we would. `"ignore"`: it finds nothing to read, also with `start`. */
  readonly stdin?: "inherit" | "ignore";
  /** Where its output goes: to us (`"pipe"`, the default), where ours goes, or nowhere. */
  readonly stdout?: StreamUse;
  /** The same for its standard error. */
  readonly stderr?: StreamUse;
  /** How many bytes of each output are collected, at most; beyond that it is ended. Default 1,048,576. */
  readonly maxOutputBytes?: number;
  /** How long it may take to end after SIGTERM, in milliseconds, before it is killed. Default 5,000. */
  readonly graceMs?: number;
}

/** A command with all its options. */
export interface CommandSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string | URL | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clearEnv: boolean;
  readonly input: CommandInput | null;
  readonly stdin: "inherit" | "ignore" | null;
  readonly stdout: StreamUse;
  readonly stderr: StreamUse;
  readonly maxOutputBytes: number;
  readonly graceMs: number;
}

const MAX_OUTPUT_BYTES = 1_048_576;
const GRACE_MS = 5_000;

/** @throws {InvalidArgument} for what no process can be started with. */
export function checkCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): CommandSpec {
  checkText("file of command", file);
  if (file === "")
    throw new InvalidArgument(`file of command is "". Give the name of a program, or its path.`);
  if (!Array.isArray(args))
    throw new InvalidArgument(`args of command is ${show(args)}. Give an array of strings.`);
  args.forEach((arg, at) => checkText(`args[${at}] of command`, arg));
  const { cwd, env = {}, clearEnv = false } = options;
  const { maxOutputBytes = MAX_OUTPUT_BYTES, graceMs = GRACE_MS } = options;
  return {
    file,
    args: [...args],
    cwd: cwd === undefined ? null : checkFolder(cwd),
    env: checkEnv(env),
    clearEnv,
    ...checkStreams(options),
    maxOutputBytes: checkCount("maxOutputBytes of command", maxOutputBytes, 0),
    graceMs: checkDuration("graceMs of command", graceMs),
  };
}

function checkStreams(
  options: CommandOptions,
): Pick<CommandSpec, "input" | "stdin" | "stdout" | "stderr"> {
  const { input = null, stdin = null, stdout = "pipe", stderr = "pipe" } = options;
  if (input !== null && stdin !== null)
    throw new InvalidArgument(`a command has an input and stdin ${show(stdin)}. Give one of them.`);
  return {
    input: input === null ? null : checkInput(input),
    stdin: stdin === null ? null : oneOf("stdin", stdin, ["inherit", "ignore"]),
    stdout: oneOf("stdout", stdout, ["pipe", "inherit", "ignore"]),
    stderr: oneOf("stderr", stderr, ["pipe", "inherit", "ignore"]),
  };
}

function checkText(name: string, value: unknown): void {
  if (typeof value === "string" && !value.includes("\0")) return;
  throw new InvalidArgument(`${name} is ${show(value)}. Give a string without NUL.`);
}

function checkFolder(cwd: string | URL): string | URL {
  if (cwd instanceof URL && cwd.protocol === "file:") return cwd;
  if (typeof cwd === "string" && cwd !== "" && !cwd.includes("\0")) return cwd;
  throw new InvalidArgument(
    `cwd of command is ${show(cwd instanceof URL ? cwd.href : cwd)}. Give the path of a folder, or a file: URL.`,
  );
}

function checkEnv(env: Readonly<Record<string, string | undefined>>): CommandSpec["env"] {
  for (const [name, value] of Object.entries(env)) {
    if (name === "" || /[=\0]/.test(name))
      throw new InvalidArgument(
        `env of command has the name ${show(name)}. Give one without "=" and NUL.`,
      );
    if (value !== undefined) checkText(`env.${name} of command`, value);
  }
  return { ...env };
}

function checkInput(input: CommandInput): CommandInput {
  if (typeof input === "string" || input instanceof Uint8Array) return input;
  if (typeof input?.[Symbol.asyncIterator] === "function") return input;
  throw new InvalidArgument(
    `input of command is ${show(input)}. Give a string, a Uint8Array, or an async iterable of them.`,
  );
}

function oneOf<const T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw new InvalidArgument(
    `${name} of command is ${show(value)}. Give ${allowed.map(show).join(" or ")}.`,
  );
}
