/**
 * A call in a thread, as its caller waits for it.
 *
 * States:  queued -> posted -> ended.    A queued call is an ordinary wait: a cancellation takes it out of the queue, and it has not
 * happened. A posted one is firm: its caller waits until the thread has ended the call, for nothing outlives its scope (law 1).
 *
 * - Its cancellation is told to the thread. When that does not end the call within the grace period, the thread is terminated.
 * - A value that comes all the same is delivered (law 11).
 * - The thread keeps the caller's deadline by its own clock. Where it is the earlier one, its answer waits for the caller's.
 */
import { show } from "../base/check.ts";
import { TaskCancelled, TimeoutError, type Cancelled } from "../kernel/errors.ts";
import { deadlineOf } from "../kernel/limit.ts";
import { Wait } from "../kernel/park.ts";
import type { AfterMark, Blocked, Scope } from "../kernel/scope.ts";

/** What is to be done in a thread. */
export interface Job {
  readonly kind: "call" | "batch";
  /** The address of the module, and the name of the function in it. */
  readonly module: string;
  readonly name: string;
  /** The arguments of the call, or the items of the batch. */
  readonly values: readonly unknown[];
  /** A batch: whether it goes on after a failure. */
  readonly isSettled: boolean;
  /** Where the call was made. */
  readonly origin: Error | null;
}

/** What a call needs of its pool. */
export interface CallOwner {
  readonly name: string;
  /** The call was cancelled while it was queued. */
  withdraw(call: Call): void;
  /** The call is not wanted any more. It is in a thread. */
  stop(call: Call): void;
}

export class Call extends Wait<unknown> {
  readonly job: Job;
  readonly #owner: CallOwner;
  /** Where it is, and under which number; null while it is queued. */
  slot: { readonly name: string } | null = null;
  id = 0;
  /** How many threads ended that had it, and had begun nothing. */
  losses = 0;
  /** What was moved to the thread cannot be sent again. */
  hasMoved = false;
  /** The pool's limit is armed. */
  isLimited = false;
  /** Why it was told to stop: by a cancellation of the caller, or by the pool's limit in milliseconds. */
  stopped: "cancelled" | number | null = null;
  /** Undo what is armed for it: the limit, the grace period. */
  readonly timers: Array<() => void> = [];
  /** The thread ended it at the caller's deadline, which has not come yet here. */
  #isHeld = false;
  /** What interrupted it while it was in a thread. */
  #interruption: Blocked | null = null;

  constructor(scope: Scope, job: Job, owner: CallOwner) {
    super(scope);
    this.job = job;
    this.#owner = owner;
  }

  get label(): string {
    const what = this.job.kind === "batch" ? `a batch of ${this.job.name}()` : `${this.job.name}()`;
    if (this.slot === null) return `a thread of ${this.#owner.name} for ${what}`;
    return `${what} in ${this.slot.name}`;
  }

  /** For messages: the function, and who called it. */
  get description(): string {
    return `${this.job.name}() of ${this.job.module}, called by ${this.scope.path},`;
  }

  get deadline(): number {
    return deadlineOf(this.scope);
  }

  override interrupt(blocked: Blocked, after: AfterMark): void {
    if (this.slot === null) super.interrupt(blocked, after);
    else {
      this.#interruption ??= blocked;
      after.notices.push(() => this.#cancelled());
    }
  }

  /** At once, and not in a notice: what others do in theirs must not find it in the queue. */
  protected unlink(): void {
    this.#owner.withdraw(this);
  }

  #cancelled(): void {
    if (this.#isHeld) this.endStopped();
    else if (this.isOpen && this.stopped === null) {
      this.stopped = "cancelled";
      this.#owner.stop(this);
    }
  }

  /** Whether the caller still waits. */
  get isOpen(): boolean {
    return this.scope.firstWait === this || this.previous !== null;
  }

  /** Its thread has died without beginning it: it is queued again. */
  takeBack(): void {
    this.slot = null;
    this.isLimited = false;
    this.#undoTimers();
  }

  /**
   * The thread, or its end, has ended the call, with nothing to show for it: for `reason`, where it did so by itself. `isDue`: since
   * the deadline of the caller has come, by the clock of the thread.
   */
  endStopped(reason?: unknown, isDue: boolean = false): void {
    if (typeof this.stopped === "number")
      this.fail(new TimeoutError(this.description, limitText(this.stopped)));
    else if (this.#interruption !== null) this.#endInterrupted(this.#interruption);
    else if (isDue) this.#isHeld = true;
    else this.fail(new TaskCancelled(this.description, { message: show(reason), reason } as Cancelled));
  }

  #endInterrupted({ rejection }: Blocked): void {
    this.promise?.catch(() => {});
    this.wake(rejection as Promise<never>);
  }

  protected override settle(): void {
    this.#undoTimers();
    super.settle();
  }

  #undoTimers(): void {
    for (const undo of this.timers.splice(0)) undo();
  }
}

function limitText(ms: number): string {
  return `${ms} ms (callTimeoutMs of its pool)`;
}
