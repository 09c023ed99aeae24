/**
 * Starts HTTP servers and clients of any language: what is measured on one core, the other side on another, so that neither takes the
 * other's time. Every program but nginx says its port in a line of JSON when it is ready, and answers questions.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { installRuntimes, type RuntimeUnderTest } from "../../../scripts/matrix/runtimes.ts";
import { PYTHON } from "../cell.ts";
import type { AnyContender, ProgramContender } from "../contract.ts";
import { TalkingProcess } from "../talking-process.ts";
import { aboutCores, APT, isInstalled, pinned, versionOf, type Program, type Side } from "./machine.ts";
import { startNginx } from "./nginx.ts";

const bench = fileURLToPath(new URL("../..", import.meta.url));

export async function startProgram(contender: ProgramContender, side: Side): Promise<Program> {
  if (contender.runtime === "nginx") return startNginx(side);
  const [program, ...args] = pinned(side, await commandOf(contender));
  const talk = await TalkingProcess.start(program, args);
  return { pid: talk.pid, port: talk.ready["port"] ?? 0, talk, stop: () => talk.stop() };
}

/** Programs of a case that are up, by the names of their contenders, and why others are not. */
export interface Programs extends AsyncDisposable {
  readonly up: ReadonlyMap<string, Program>;
  readonly failures: ReadonlyMap<string, string>;
}

export async function startPrograms(
  contenders: Readonly<Record<string, AnyContender>>,
  names: readonly string[],
): Promise<Programs> {
  const up = new Map<string, Program>();
  const failures = new Map<string, string>();
  for (const name of names) {
    const contender = contenders[name];
    if (typeof contender !== "object" || contender.kind !== "program") continue;
    try {
      up.set(name, await startProgram(contender, "measured"));
    } catch (error) {
      failures.set(name, complaintOf(error));
    }
  }
  return {
    up,
    failures,
    async [Symbol.asyncDispose]() {
      for (const each of up.values()) await each.stop();
    },
  };
}

export function complaintOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function commandOf({ runtime, file, args }: ProgramContender): Promise<readonly string[]> {
  const path = join(bench, file);
  switch (runtime) {
    case "node":
      return [process.execPath, "--expose-gc", "--no-warnings", path, ...args];
    case "bun":
      return [await programOf("bun"), "run", path, ...args];
    case "deno": {
      const flags = ["-A", "--no-check", "--no-lock", "--v8-flags=--expose-gc"];
      return [await programOf("deno"), "run", ...flags, path, ...args];
    }
    case "python":
      return [PYTHON, "-B", path, ...args];
    case "go":
      return [compiled(path), ...args];
    case "nginx":
      throw new Error("nginx is started in its own way");
  }
}

let runtimes: Promise<RuntimeUnderTest[]> | null = null;

async function programOf(name: "bun" | "deno"): Promise<string> {
  runtimes ??= installRuntimes();
  const found = (await runtimes).find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name} is known for this platform`);
  return found.program;
}

const binaries = new Map<string, string>();

/** A Go program, compiled once into a folder that goes when we do. */
function compiled(source: string): string {
  const before = binaries.get(source);
  if (before !== undefined) return before;
  if (!isInstalled("go", "version")) throw new Error(`go is not installed (${APT})`);
  const folder = mkdtempSync(join(tmpdir(), "tsyncio-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const binary = join(folder, "program");
  execFileSync("go", ["build", "-o", binary, source], { stdio: ["ignore", 2, 2] });
  binaries.set(source, binary);
  return binary;
}

/** Lines for the head of the table. */
export async function aboutPrograms(): Promise<string[]> {
  runtimes ??= installRuntimes();
  const found = await runtimes.catch(() => []);
  const versions = found.map(({ name, version }) =>
    name.startsWith("node") ? null : `${name} ${version}`,
  );
  const aiohttp = versionOf(PYTHON, "-c", "import aiohttp; print('aiohttp', aiohttp.__version__)");
  const others = [
    versionOf("go", "version"),
    versionOf("nginx", "-v"),
    aiohttp?.startsWith("aiohttp") === true ? aiohttp : null,
    versionOf("wrk", "-v")?.replace(/ Copyright.*/, "") ?? null,
  ];
  return [[...versions, ...others].filter((each) => each !== null).join(", "), aboutCores()];
}
