/** What this machine has, and which of its cores is for what. */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import process from "node:process";
import type { TalkingProcess } from "../talking-process.ts";

/** How Debian and its like install what npm does not. */
export const APT = "apt-get install wrk nginx golang-go python3-aiohttp python3-uvloop";

/** Which side of a measurement a program is on. */
export type Side = "measured" | "other";

const cores: Readonly<Record<Side, number>> = { measured: 1, other: 0 };

/** A program that is up. */
export interface Program {
  readonly pid: number;
  /** Where a server listens. */
  readonly port: number;
  /** Null for a program that answers no questions. */
  readonly talk: TalkingProcess | null;
  readonly stop: () => Promise<void>;
}

/** The command that runs another one on the core of `side`. */
export function pinned(side: Side, command: readonly string[]): [string, ...string[]] {
  const [program = "", ...args] = command;
  if (process.platform !== "linux") throw new Error("CPU time per program is known on Linux alone");
  if (availableParallelism() < 2) return [program, ...args];
  return ["taskset", "-c", String(cores[side]), program, ...args];
}

export function isInstalled(program: string, ...args: readonly string[]): boolean {
  return versionOf(program, ...args) !== null;
}

/** The first line of what a program says of its version, wherever it says it. */
export function versionOf(program: string, ...args: readonly string[]): string | null {
  try {
    const script = '"$0" "$@" 2>&1 || true';
    const said = execFileSync("sh", ["-c", script, program, ...args], { encoding: "utf8" });
    const line = said.trim().split("\n")[0] ?? "";
    return line === "" || line.includes("not found") ? null : line;
  } catch {
    return null;
  }
}

/** Says on which cores the sides of a measurement run. */
export function aboutCores(): string {
  return availableParallelism() < 2
    ? "one core: both sides share it"
    : `what is measured runs on core ${cores.measured}, the other side on core ${cores.other}`;
}
