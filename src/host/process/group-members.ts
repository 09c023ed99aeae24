import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** How often one may ask before we look closely. Most systems have cleaned up by then. */
const PATIENT_LOOKS = 2;

/**
 * Who is left in a process group whose leader has ended, as far as the system tells.
 *
 * A process that has ended stays in its group until its parent has taken note of it. Orphans are the first process's children, and in
 * containers that one may be late, or never do it: such a group is never found empty by a signal. Linux shows the state of each.
 */
export class GroupMembers {
  readonly #group: number;
  #looks = 0;
  /** Those that were alive when all processes were last looked at: who comes later was begun by one of them. */
  #known: readonly string[] = [];

  constructor(group: number) {
    this.#group = group;
  }

  /** Whether one of them has not ended. Asked only while the group is there. */
  anyAlive(): boolean {
    if (process.platform !== "linux" || this.#looks++ < PATIENT_LOOKS) return true;
    if (this.#known.some((pid) => this.#isAlive(pid))) return true;
    try {
      this.#known = readdirSync("/proc").filter((name) => /^\d/.test(name) && this.#isAlive(name));
    } catch {
      return true;
    }
    return this.#known.length > 0;
  }

  #isAlive(pid: string): boolean {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      // The name of the program, in parentheses, may hold anything.
      const [state = "", , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ", 3);
      return group === String(this.#group) && state !== "Z" && state !== "X";
    } catch {
      return false;
    }
  }
}
