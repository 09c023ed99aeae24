/** What the system says about processes and descriptors: /proc, so on Linux alone. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import process from "node:process";

export const hasProc: boolean = existsSync("/proc/self/stat");

interface Stat {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
}

function stats(): Stat[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const text = readFileSync(`/proc/${name}/stat`, "latin1");
        const [state = "", parent, group] = text.slice(text.lastIndexOf(")") + 2).split(" ");
        return [{ pid: Number(name), state, parent: Number(parent), group: Number(group) }];
      } catch {
        return [];
      }
    });
}

/** The processes of these groups that have not ended. */
export function membersOf(groups: ReadonlySet<number>): number[] {
  return stats()
    .filter((stat) => groups.has(stat.group) && stat.state !== "Z" && stat.state !== "X")
    .map(({ pid }) => pid);
}

/** Our children that have ended and were not reaped. */
export function zombies(): number[] {
  return stats()
    .filter((stat) => stat.parent === process.pid && stat.state === "Z")
    .map(({ pid }) => pid);
}

/** How many descriptors we have open. */
export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** Whether a process of that number is there and has not ended. */
export function isAlive(pid: number): boolean {
  return stats().some((stat) => stat.pid === pid && stat.state !== "Z" && stat.state !== "X");
}
