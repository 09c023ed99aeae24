/**
 * A process group that we started: what it does is decided in `ending.ts`, and done here.
 *
 * It works by callbacks of the platform and by timers of the runtime, not by a task: once a group was asked to end, it ends, whatever
 * becomes of the scopes of those who asked.
 */
import { currentScope } from "../../kernel/current.ts";
import type { Engine } from "../../kernel/engine.ts";
import { delivered, FirmWait, refusal } from "../../kernel/park.ts";
import { TimedCall } from "../../kernel/timers.ts";
import { WaitQueue } from "../../kernel/wait-queue.ts";
import { LIVING, step, type GroupEvent, type GroupState, type Phase } from "./ending.ts";
import type { ExitStatus, SpawnedProcess } from "./platform.ts";

export class ProcessGroup {
  readonly #engine: Engine;
  readonly #name: string;
  readonly #process: SpawnedProcess;
  readonly #graceMs: number;
  readonly #exits: WaitQueue<ExitStatus>;
  /** Those of ours who watch over the child; they are no waiters of the user's. */
  readonly #watchers: WaitQueue<ExitStatus>;
  readonly #ends: WaitQueue<ExitStatus | null>;
  readonly #firm: FirmWait<void>[] = [];
  readonly #timer: TimedCall;
  #state: GroupState = LIVING;
  #exit: ExitStatus | null = null;

  constructor(engine: Engine, name: string, process: SpawnedProcess, graceMs: number) {
    this.#engine = engine;
    this.#name = name;
    this.#process = process;
    this.#graceMs = graceMs;
    this.#exits = new WaitQueue(`the end of ${name}`);
    this.#watchers = new WaitQueue(`the end of ${name}`);
    this.#ends = new WaitQueue(`${name} to be terminated`);
    this.#timer = new TimedCall(() => this.#advance("due"), true);
  }

  get phase(): Phase {
    return this.#state.phase;
  }

  /** How the leader ended; null while it lives. */
  get exit(): ExitStatus | null {
    return this.#exit;
  }

  get waiters(): number {
    return this.#exits.size + this.#ends.size;
  }

  /** The leader was reaped. */
  exited(exit: ExitStatus): void {
    this.#exit = exit;
    this.#exits.wakeAll(exit);
    this.#watchers.wakeAll(exit);
    this.#advance("exit");
  }

  /** Waits for the end of the leader. */
  wait(by: "a user" | "a watcher" = "a user"): Promise<ExitStatus> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#exit !== null) return delivered(this.#exit, scope);
    return (by === "a user" ? this.#exits : this.#watchers).park(undefined, scope);
  }

  /** Sends a signal to the leader. False where it has ended. */
  signal(name: string): boolean {
    if (this.#exit !== null) return false;
    this.#process.signal(name);
    return true;
  }

  /** Asks all to end, and waits until none is left. The wait can be cancelled; the ending goes on. */
  terminate(): Promise<ExitStatus | null> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    this.#ask();
    return this.phase === "gone" ? delivered(this.#exit, scope) : this.#ends.park(undefined, scope);
  }

  /** {@link terminate} for clean-up: no cancellation ends the wait. It takes the grace period and five seconds at most. */
  end(): Promise<void> {
    this.#ask();
    if (this.phase === "gone") return Promise.resolve();
    const scope = currentScope();
    const home = scope.hasEnded ? rootOf(scope) : scope;
    const wait = new FirmWait<void>(home, `${this.#name} to be terminated`);
    this.#firm.push(wait);
    return wait.park();
  }

  #ask(): void {
    if (this.phase === "living") this.#advance("ask");
  }

  #advance(event: GroupEvent): void {
    if (this.phase === "gone") return;
    const isReaped = this.#exit !== null;
    const taken = step(this.#state, event, {
      now: this.#engine.host.now(),
      isReaped,
      isPopulated: !isReaped || this.#process.isPopulated(),
      graceMs: this.#graceMs,
    });
    this.#state = taken.state;
    this.#engine.timers.remove(this.#timer);
    for (const name of taken.signals) this.#process.signalGroup(name);
    if (taken.wakeAt !== null) this.#engine.timers.add(this.#timer, taken.wakeAt);
    if (taken.isGivenUp) this.#report();
    if (taken.state.phase === "gone") this.#gone();
  }

  #gone(): void {
    this.#process.forget();
    this.#ends.wakeAll(this.#exit);
    for (const wait of this.#firm.splice(0)) wait.wake(undefined);
  }

  #report(): void {
    this.#engine.log({
      level: "warning",
      code: "TSY_PROCESS_LEFT",
      message:
        `${this.#name} was killed and is still there. It may run with the rights of somebody else, or hang in the kernel. ` +
        `It is left behind.`,
    });
  }
}

function rootOf<S extends { readonly parent: S | null }>(scope: S): S {
  let root = scope;
  while (root.parent !== null) root = root.parent;
  return root;
}
