/**
 * What the model knows about a piece of a running program: a scope, a task, a group. It says from when on waits inside must be
 * refused, without asking the kernel.
 */

export type RegionKind =
  | "group"
  | "services"
  | "task"
  | "scope"
  | "limit"
  | "shield"
  | "bind"
  | "branches";

/** How the function of a region ended. */
export type Outcome =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "cancelled" };

export class Region {
  readonly kind: RegionKind;
  readonly entered: number;
  parent: Region | null;
  /** Functions that run in it or below. */
  live = 0;
  /** Ordinary tasks of a group that have not ended. */
  tasks = 0;
  /** The group in whose `tasks` it is counted. */
  countedIn: Region | null = null;
  settled = 0;
  outcome: Outcome | null = null;
  /** Its own cancellation: when, and at which step of the whole program. */
  cancelledAt = Infinity;
  cancelledStep = Infinity;
  limitAt = Infinity;
  shieldMs = 0;
  /** A group's: when its body and its ordinary tasks had all ended. */
  idleAt = Infinity;
  /** The failures of a group or combinator, in their order. */
  readonly failures: unknown[] = [];
  /**
   * Failures that the library may have seen before the first: those of synchronous functions. It sees the rejection of a promise a
   * microtask after the promise was rejected.
   */
  readonly rivals: unknown[] = [];
  /** Failures of tasks of which it is uncertain whether they were its own. */
  readonly perhapsFailures: unknown[] = [];
  /** The values of a combinator's branches, in the order in which they came. */
  readonly values: unknown[] = [];
  /** Strays below make the order of failures uncertain, since a task with strays fails when they have ended. */
  isLoose = false;
  /** It may or may not have been adopted by a group, so that nothing is known about its cancellation. */
  isUncertain = false;
  /** A task before it said that it was ready: it counts for no group. */
  isStarting = false;

  constructor(kind: RegionKind, parent: Region | null, entered: number) {
    this.kind = kind;
    this.parent = parent;
    this.entered = entered;
  }

  /** The instant since when waits inside are refused; `Infinity` while they are not. At the instant itself both are right. */
  blockedSince(): number {
    const own = Math.min(this.cancelledAt, this.limitAt);
    if (this.parent === null) return own;
    if (this.kind === "services") return Math.min(own, this.parent.idleAt);
    const outer = this.parent.blockedSince();
    if (this.kind !== "shield") return Math.min(own, outer);
    return Math.min(own, Math.max(outer, this.entered) + this.shieldMs);
  }

  /** The step of the program since when waits inside are certainly refused, as far as steps of the program cancelled it. */
  blockedSinceStep(): number {
    if (this.parent === null || this.kind === "services" || this.kind === "shield")
      return this.cancelledStep;
    return Math.min(this.cancelledStep, this.parent.blockedSinceStep());
  }

  get isAnyUncertain(): boolean {
    for (let region: Region | null = this; region !== null; region = region.parent)
      if (region.isUncertain) return true;
    return false;
  }

  /** The earliest deadline that encloses it; `undefined` where a shield that is coming down makes it uncertain. */
  deadline(): number | undefined {
    let earliest = Infinity;
    for (let region: Region | null = this; region !== null; region = region.parent) {
      earliest = Math.min(earliest, region.limitAt);
      if (region.kind === "services") return region.parent!.idleAt === Infinity ? earliest : undefined;
      if (region.kind === "shield")
        return region.parent!.blockedSince() === Infinity ? earliest : undefined;
    }
    return earliest;
  }

  /** A function begins or ends inside. */
  count(by: 1 | -1): void {
    for (let region: Region | null = this; region !== null; region = region.parent) region.live += by;
  }

  /** An ordinary task belongs to its group from here on. Services do not count. */
  join(): void {
    const { parent } = this;
    if (parent?.kind !== "group" || this.settled > 0) return;
    parent.tasks++;
    parent.idleAt = Infinity;
    this.countedIn = parent;
  }

  /** It has ended, or never began. */
  leave(): void {
    if (this.countedIn !== null) this.countedIn.tasks--;
    this.countedIn = null;
  }

  /** A task that has become ready goes over to its group. */
  moveTo(home: Region): void {
    for (let region = this.parent; region !== null; region = region.parent) region.live -= this.live;
    this.parent = home;
    for (let region: Region | null = home; region !== null; region = region.parent)
      region.live += this.live;
  }
}
