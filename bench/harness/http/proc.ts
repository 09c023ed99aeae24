/** What processes have used, as Linux tells it in /proc. A program counts with all the processes it has started. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The kernel tells CPU time in ticks of 10 ms on every platform that Node runs on. */
const TICK_NS = 1e7;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly cpuNs: number;
}

/** CPU time of a program so far, the kernel's part included. */
export function cpuNs(pid: number): number {
  return sum(tree(pid).map((each) => each.cpuNs));
}

/** Memory of a program that is in RAM now. */
export function rssBytes(pid: number): number {
  return sum(tree(pid).map((each) => statusBytes(each.pid, "VmRSS")));
}

/** The most memory a program has had in RAM since {@link forgetPeak}. */
export function peakBytes(pid: number): number {
  return sum(tree(pid).map((each) => statusBytes(each.pid, "VmHWM")));
}

export function forgetPeak(pid: number): void {
  for (const each of tree(pid)) writeFileSync(`/proc/${each.pid}/clear_refs`, "5");
}

/** Waits until a program has stopped working off what it was given. */
export async function untilIdle(pid: number): Promise<void> {
  const sliceMs = 200;
  for (let slices = 50; slices > 0; slices--) {
    const before = cpuNs(pid);
    await sleep(sliceMs);
    if (cpuNs(pid) - before < sliceMs * 1e6 * 0.1) return;
  }
}

function statusBytes(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has no ${field}`);
  return Number(kib) * 1_024;
}

/** A process and its descendants. */
function tree(root: number): Process[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)));
  const found = all.filter(({ pid }) => pid === root);
  if (found.length === 0) throw new Error(`process ${root} has ended`);
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  return found;
}

/** Nothing where the process has just ended. */
function readProcess(pid: number): Process[] {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return [];
  }
  // The name before it, in brackets, may have spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return [{ pid, parent: Number(fields[1]), cpuNs: ticks * TICK_NS }];
}

const sum = (figures: readonly number[]): number => figures.reduce((all, each) => all + each, 0);
