/** On what a run was made: without it a figure says nothing. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import process from "node:process";
import { PYTHON } from "./cell.ts";
import { peerVersions } from "./install.ts";

export function header(): string {
  const { version } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  ) as {
    version: string;
  };
  return [
    `tsyncio ${version}, node ${process.versions.node} (V8 ${process.versions.v8}), ${process.platform} ${process.arch}`,
    `${availableParallelism()} cores, ${cpus()[0]?.model.trim() || "unknown model"}, load ${loadText()}`,
    peerVersions().join(", "),
    python(),
    "ratios are medians of the rounds' ratios; [min..max] and n are of processes, each itself a median, or of laps",
  ].join("\n");
}

export function loadText(): string {
  return loadavg()
    .map((load) => load.toFixed(1))
    .join(" ");
}

function python(): string {
  if (!existsSync(PYTHON)) return `no ${PYTHON}`;
  const script = [
    "import sys",
    "try:",
    "  import uvloop; found = 'uvloop ' + uvloop.__version__",
    "except ImportError:",
    "  found = 'no uvloop'",
    "print('python', sys.version.split()[0] + ',', found)",
  ].join("\n");
  return execFileSync(PYTHON, ["-c", script], { encoding: "utf8" }).trim();
}
