/** Starts the command as a process of its own, under the runtime that runs the test. */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended {
  /** 128 + n where signal n ended it, as a shell says it. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const runtimeArgs = "Deno" in globalThis ? ["run", "-A", "--no-check", "--no-lock"] : [];

export class RunningCommand {
  readonly #child: ChildProcess;
  readonly ended: Promise<Ended>;
  #out = "";
  #err = "";
  #watchers: Array<() => void> = [];

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, [...runtimeArgs, main, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_NO_WARNINGS: "1" },
    });
    this.#child = child;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#out += text;
      for (const watch of this.#watchers) watch();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#err += text;
    });
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        const number = signal === "SIGINT" ? 2 : signal === "SIGTERM" ? 15 : 0;
        resolve({ code: code ?? 128 + number, out: this.#out, err: this.#err });
      });
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Settles when the standard output matches; fails when the process ends before. */
  printed(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(this.#out)) resolve();
      };
      this.#watchers.push(look);
      look();
      void this.ended.then((end) =>
        reject(new Error(`ended without ${pattern}: ${JSON.stringify(end)}`)),
      );
    });
  }
}

/** Runs the command to its end. */
export function runCommand(...args: string[]): Promise<Ended> {
  return new RunningCommand(args).ended;
}
