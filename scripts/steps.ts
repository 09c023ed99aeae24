/**
 * Steps: programs that a script runs one after the other or side by side, each with its time and, when it fails, its output.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";

/** One program to run. `command[0]` is the program; `node` stands for the Node that runs this script. */
export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Prints the output as it comes, not only when the step fails. */
  readonly live?: boolean;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** How long it may take; then it is killed, and its output says so. */
  readonly limitMs?: number;
}

/** What became of a step. `code` is 128 + n where signal n ended it. */
export interface StepResult {
  readonly name: string;
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
}

/** The path of a development tool's program, as its package.json names it. */
export function toolPath(packageName: string, bin: string = packageName): string {
  const require = createRequire(import.meta.url);
  const manifestPath = join(import.meta.dirname, "..", "node_modules", packageName, "package.json");
  const manifest = require(manifestPath) as { bin: string | Record<string, string> };
  const path = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[bin];
  if (path === undefined) throw new Error(`${packageName} has no program named ${bin}`);
  return join(dirname(manifestPath), path);
}

const running = new Set<ChildProcess>();

/** From now on a signal that ends this process ends its steps too: a terminal's Ctrl-C reaches them anyway, `kill` does not. */
export function endStepsWithUs(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      for (const child of running) child.kill(signal);
      process.exit(128 + constants.signals[signal]);
    });
  }
}

/** Runs one step to its end. Never rejects: a program that cannot be started has code 127. */
export function runStep(step: Step): Promise<StepResult> {
  const started = performance.now();
  const [program = "", ...args] = step.command;
  const child = spawn(program === "node" ? process.execPath : program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: step.cwd,
    env: { ...process.env, ...step.env },
  });
  let output = "";
  const collect = (chunk: string): void => {
    output += chunk;
    if (step.live === true) process.stdout.write(chunk);
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  running.add(child);
  const kill = (): void => {
    output += `\nkilled after ${step.limitMs} ms\n`;
    child.kill("SIGKILL");
    // What it has started may live on, and hold the other ends.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const limit = step.limitMs === undefined ? undefined : setTimeout(kill, step.limitMs);
  return new Promise((resolve) => {
    const end = (code: number): void => {
      clearTimeout(limit);
      running.delete(child);
      resolve({ name: step.name, code, output, seconds: (performance.now() - started) / 1000 });
    };
    child.on("error", (error) => {
      output += String(error);
      end(127);
    });
    child.on("close", (code) => end(code ?? 128));
  });
}

/** Prints a step's line, and what it said when it failed and nobody has seen it yet. */
export function reportStep(result: StepResult, live = false): void {
  const mark = result.code === 0 ? "ok  " : "FAIL";
  console.log(`${mark} ${result.name.padEnd(24)} ${result.seconds.toFixed(1).padStart(6)} s`);
  if (result.code !== 0 && !live) console.log(result.output);
}

/** Runs steps at most `concurrency` at a time, in order of the list, and reports each as it ends. */
export async function runSteps(steps: readonly Step[], concurrency = 1): Promise<StepResult[]> {
  const results: StepResult[] = [];
  const waiting = steps.values();
  const worker = async (): Promise<void> => {
    for (const step of waiting) {
      const result = await runStep(step);
      reportStep(result, step.live);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
}
