/** Load by wrk: one thread, so many connections, no pipelining, for some seconds. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { APT, isInstalled, pinned } from "./machine.ts";
import type { Workload } from "./workload.ts";

const run = promisify(execFile);

/** What wrk counted. */
interface Count {
  readonly requests: number;
  readonly status: number;
  readonly broken: number;
  readonly late: number;
}

export class Wrk {
  readonly #folder: string;
  readonly #workload: Workload;

  constructor(workload: Workload) {
    if (!isInstalled("wrk", "-v")) throw new Error(`wrk is not installed (${APT})`);
    this.#workload = workload;
    this.#folder = mkdtempSync(join(tmpdir(), "tsyncio-bench-wrk-"));
    process.once("exit", () => rmSync(this.#folder, { recursive: true, force: true }));
    writeFileSync(join(this.#folder, "load.lua"), script(workload));
  }

  /** @returns how many requests were answered. @throws {Error} where an answer was not a good one. */
  async load(port: number, seconds: number): Promise<number> {
    const { path, connections } = this.#workload;
    const options = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", join(this.#folder, "load.lua")];
    const [program, ...args] = pinned("other", ["wrk", ...options, `http://127.0.0.1:${port}${path}`]);
    const { stdout } = await run(program, args);
    const line = stdout.trimEnd().split("\n").at(-1) ?? "";
    const { requests, status, broken, late } = JSON.parse(line) as Count;
    if (status > 0) throw new Error(`${status} of ${requests} answers had a bad status`);
    if (broken > 0) throw new Error(`${broken} connections broke`);
    if (late > 0) throw new Error(`${late} answers took longer than two seconds`);
    if (requests === 0) throw new Error("nothing was answered");
    return requests;
  }
}

/** The strings in it are ASCII, for which JSON and Lua have the same form. */
function script({ method, headers, body }: Workload): string {
  return [
    `wrk.method = "${method}"`,
    body === null ? "" : `wrk.body = ${JSON.stringify(body)}`,
    ...Object.entries(headers).map(
      ([name, value]) => `wrk.headers["${name}"] = ${JSON.stringify(value)}`,
    ),
    "done = function(summary)",
    "  local e = summary.errors",
    '  local form = "\\n{\\"requests\\":%d,\\"status\\":%d,\\"broken\\":%d,\\"late\\":%d}\\n"',
    "  local broken = e.connect + e.read + e.write",
    "  io.write(string.format(form, summary.requests, e.status, broken, e.timeout))",
    "end",
    "",
  ].join("\n");
}
