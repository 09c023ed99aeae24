/** What the parts of the interpreter share. */
import type { CancelScope, ContextVar, Task, TaskGroup } from "../../src/index.ts";
import type { Block } from "./program.ts";
import type { Region } from "./region.ts";
import type { World } from "./world.ts";

/** A group that a program has opened. */
export interface OpenGroup {
  readonly region: Region;
  readonly services: Region;
  readonly group: TaskGroup;
}

/** Where a step stands. */
export interface Place {
  readonly region: Region;
  /** The groups around, the innermost first. */
  readonly groups: readonly OpenGroup[];
  /** The value of the context variable. */
  readonly bound: number;
  /** Nobody waits for it: it may be cut off at any time. */
  readonly isStray: boolean;
}

/** A running program: the world, what the program has made so far, and the way to run a block of steps. */
export interface Runner {
  readonly world: World;
  readonly variable: ContextVar<number>;
  readonly groups: OpenGroup[];
  readonly tasks: Array<{ readonly task: Task; readonly region: Region }>;
  readonly scopes: Array<{ readonly region: Region; readonly scope: CancelScope }>;
  block(steps: Block, place: Place): Promise<void>;
}

/** The object that a number in a program names. */
export function at<T>(list: readonly T[], index: number): T | undefined {
  return list.length === 0 ? undefined : list[index % list.length];
}
