/**
 * The group behind `all`, `allSettled`, `race` and `any`: a task per function, at most `concurrency` of them at a time.
 *
 * What a value or a failure means is for the subclass to say, in `childEnded` and `fail`.
 *
 * Invariant: functions are started in their order, in the context of the caller; after a cancellation none is started any more.
 */
import { checkFunction, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { delivered } from "../kernel/park.ts";
import { closeGroup } from "../kernel/group-scope.ts";
import { startTask, TaskScope } from "../kernel/task.ts";
import { Gathering } from "./gathering.ts";

/** A function that a combinator runs as a task. */
export type Branch<T = unknown> = () => T | PromiseLike<T>;

export class Branches extends Gathering {
  /** The tasks started so far, in the order of their functions. */
  readonly tasks: TaskScope[] = [];
  readonly #functions: readonly Branch[];
  readonly #concurrency: number;
  #running = 0;
  #whenOneEnds: (() => void) | null = null;

  constructor(name: string, functions: readonly Branch[], concurrency: number = Infinity) {
    super(name);
    this.#functions = functions;
    this.#concurrency = concurrency;
  }

  /** Runs the functions and waits for the end of all that they began. */
  async run(): Promise<void> {
    for (;;) {
      while (this.#mayStart && this.#running < this.#concurrency) this.#start();
      if (!this.#mayStart) break;
      await this.#oneEnds();
      await delivered(undefined, this);
    }
    if (this.tasks.length < this.#functions.length) this.noteUnfinished();
    await closeGroup(this);
  }

  override childEnded(task: TaskScope): void {
    this.#running--;
    super.childEnded(task);
    this.#whenOneEnds?.();
  }

  /** What the branches returned, those aside that did not. */
  get values(): unknown[] {
    return this.tasks.filter((task) => task.state === "done").map((task) => task.outcome);
  }

  get #mayStart(): boolean {
    return this.blocked === null && this.tasks.length < this.#functions.length;
  }

  #start(): void {
    const fn = this.#functions[this.tasks.length] as Branch;
    const task = new TaskScope(this, fn.name || "task", 0);
    this.tasks.push(task);
    this.alive++;
    this.#running++;
    startTask(task, fn);
  }

  #oneEnds(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenOneEnds = resolve;
    });
  }
}

/** The functions given to `caller`, in an array. */
export function checkBranches(caller: string, functions: Iterable<unknown>): Branch[] {
  if (typeof functions !== "object" || functions === null || !(Symbol.iterator in functions)) {
    throw new InvalidArgument(
      `functions of ${caller} is ${show(functions)}. Give an array of functions.`,
    );
  }
  const branches = [...functions] as Branch[];
  for (const [index, branch] of branches.entries())
    checkFunction(`function ${index} of ${caller}`, branch);
  return branches;
}
