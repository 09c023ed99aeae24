/** The program `tsyncio`: which command was meant, and what the exit code is. */
import { readFileSync } from "node:fs";
import process from "node:process";
import "../host/install.ts";
import "../host/install-io.ts";
import "../host/install-http.ts";
import { run } from "../kernel/run.ts";
import { fetchCommand } from "./fetch-command.ts";
import { Misuse, nearest } from "./misuse.ts";
import { processTerminal } from "./process-terminal.ts";
import type { Terminal } from "./terminal.ts";

type Command = (args: readonly string[], terminal: Terminal) => Promise<number>;

const commands: Readonly<Record<string, Command>> = { fetch: fetchCommand };

const EXIT_MISUSE = 2;

const help = `Usage: tsyncio COMMAND [options]

  fetch [URL...]     fetches pages at the same time
  --version          the version of the package
  --help             this text; "tsyncio COMMAND --help" is about the command
`;

/** Runs the command that `args` name, to the end; the exit code of the process is set when this settles. */
export async function runProgram(args: readonly string[]): Promise<void> {
  const terminal = processTerminal();
  const [name = "--help", ...rest] = args;
  try {
    if (name === "--version") terminal.out.write(`${version()}\n`);
    else if (name === "--help" || name === "-h") terminal.out.write(help);
    else {
      const code = await run(() => commandNamed(name)(rest, terminal));
      // A signal that came as the command ended has set it already.
      process.exitCode ??= code;
    }
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    const where = Object.hasOwn(commands, name) ? `tsyncio ${name}` : "tsyncio";
    terminal.err.write(`${where}: ${error.message}\nSee "${where} --help".\n`);
    process.exitCode = EXIT_MISUSE;
  }
}

function commandNamed(name: string): Command {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command !== undefined) return command;
  const meant = nearest(name, Object.keys(commands));
  throw new Misuse(
    `unknown command ${JSON.stringify(name)}.${meant === undefined ? "" : ` Did you mean "${meant}"?`}`,
  );
}

/** From the package's manifest, which lies two folders up in src/ as in dist/. */
function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
