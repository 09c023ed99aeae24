/**
 * A place of a pool, with the thread that stands in it. When the thread ends, its place is free for another one.
 *
 * States:  starting -> ready -> (closing) -> ended
 *
 * - `calls` are those under way to the thread, in the order in which they were sent; the thread works on one at a time. The `Marks` say
 *   whether it has begun one.
 * - The thread keeps the process alive exactly while it holds calls, starts for somebody, or is told to close.
 */
import { show } from "../base/check.ts";
import { currentScope } from "../kernel/current.ts";
import { FirmWait } from "../kernel/park.ts";
import { inRoot } from "../kernel/root-context.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import type { Call } from "./call.ts";
import { fromWire } from "./error-from-wire.ts";
import { CallLimits } from "./call-limits.ts";
import { Marks } from "./marks.ts";
import type { FromThread, ToThread } from "./messages.ts";
import { unsendable, workMessage } from "./outgoing.ts";
import { threadsOf, type ThreadEnd, type ThreadHandle } from "./platform.ts";
import type { PoolSettings } from "./pool-options.ts";
import { howItEnded, lossError, MOST_LOSSES } from "./thread-end.ts";
import { forgetMarks, movedWith } from "./transfer.ts";

/** What a slot tells its pool. */
export interface SlotOwner {
  readonly runtime: Runtime;
  readonly settings: PoolSettings;
  /** A call has ended, so that there is room for another one. */
  roomMade(): void;
  /** The thread has ended. `returned` are calls that it never began: they go to another one. */
  ended(slot: Slot, returned: readonly Call[], wasTerminated: boolean): void;
  /** Something that no caller hears. */
  report(message: string): void;
}

/** Messages under way to a thread: one that it works on, one that it finds when it is done. */
const MOST_UNDER_WAY = 2;

export class Slot {
  readonly name: string;
  readonly calls: Call[] = [];
  state: "starting" | "ready" | "closing" | "ended" = "starting";
  readonly #owner: SlotOwner;
  readonly #marks: Marks = new Marks();
  readonly #handle: ThreadHandle;
  readonly #limits: CallLimits;
  readonly #starting: WaitQueue;
  readonly #whenEnded: Array<() => void> = [];
  /** Why we ended it ourselves; null where we did not. */
  #terminated: string | null = null;
  #loadError: { readonly error: unknown } | null = null;

  constructor(name: string, owner: SlotOwner) {
    this.name = name;
    this.#owner = owner;
    this.#limits = new CallLimits(owner, this);
    this.#starting = new WaitQueue(`${name} to be ready`);
    const { modules, maxHeapMb } = owner.settings;
    const setup = { name, marks: this.#marks.buffer, modules, maxHeapMb };
    const events = {
      message: (message: unknown): void => this.#received(message as FromThread),
      ended: (end: ThreadEnd): void => this.#ended(end),
    };
    this.#handle = inRoot(() => threadsOf(owner.runtime.host).start(setup, events));
  }

  /** Whether `call` can be sent now: to an idle thread, or behind a batch, which is short, if it is one itself. */
  takes(call: Call): boolean {
    if (this.state === "closing" || this.state === "ended" || this.#terminated !== null) return false;
    const [first] = this.calls;
    if (first === undefined) return true;
    return this.calls.length < MOST_UNDER_WAY && call.job.kind === "batch" && first.job.kind === "batch";
  }

  get isIdle(): boolean {
    return this.calls.length === 0;
  }

  /** Sends a call to the thread. One that cannot be cloned fails, and the thread knows nothing of it. */
  send(call: Call): void {
    const { values } = call.job;
    const id = this.#marks.next(this.calls);
    const moved = movedWith(values);
    const message = workMessage(call, id);
    this.#marks.send(id);
    try {
      this.#handle.post(message, moved);
    } catch (error) {
      call.fail(unsendable(call.job, message.context, error));
      return;
    }
    forgetMarks(values);
    if (this.calls.length === 0) this.#handle.keepAlive(true);
    call.slot = this;
    call.id = id;
    call.hasMoved = moved.length > 0;
    this.calls.push(call);
    this.#limitFirst();
  }

  /** Tells the thread that a call is not wanted any more. One that it has not begun has ended now. */
  stop(call: Call): void {
    if (this.#marks.drop(call.id)) {
      this.#remove(call);
      call.endStopped();
      this.#owner.roomMade();
      return;
    }
    const reason = typeof call.stopped === "number" ? "callTimeoutMs" : call.scope.blocked?.error?.reason;
    this.#tell(
      { kind: "cancel", id: call.id, reason },
      { kind: "cancel", id: call.id, reason: show(reason) },
    );
    this.#limits.stop(call);
  }

  /** Waits until the thread has loaded what it loads at its start. */
  async ready(): Promise<void> {
    this.#handle.keepAlive(true);
    try {
      if (this.state === "starting") await this.#starting.park(undefined);
    } finally {
      if (this.isIdle && this.state === "ready") this.#handle.keepAlive(false);
    }
    if (this.#loadError !== null) throw this.#loadError.error;
  }

  /** Asks an idle thread to close what it holds, and to end. */
  close(): void {
    if (this.state === "ended" || this.state === "closing") return;
    this.state = "closing";
    this.#handle.keepAlive(true);
    this.#tell({ kind: "close" });
  }

  /** Ends the thread, wherever it is. */
  terminate(why: string): void {
    if (this.state === "ended" || this.#terminated !== null) return;
    this.#terminated = why;
    this.#handle.keepAlive(true);
    this.#handle.terminate();
  }

  /** Waits for the end of the thread. Firm: it has been told to end. */
  end(): Promise<void> {
    if (this.state === "ended") return Promise.resolve();
    const wait = new FirmWait<void>(currentScope(), `${this.name} to end`);
    this.#whenEnded.push(() => wait.wake(undefined));
    return wait.park();
  }

  #tell(message: ToThread, otherwise: ToThread = message): void {
    try {
      this.#handle.post(message, []);
    } catch {
      this.#handle.post(otherwise, []);
    }
  }

  #received(message: FromThread): void {
    switch (message?.kind) {
      case "ready":
        this.#isReady(
          message.error === null ? null : { error: fromWire(message.error, this.name, null) },
        );
        break;
      case "closed":
        this.#handle.terminate();
        break;
      case "value":
      case "error":
      case "cancelled":
        this.#answered(message);
        break;
      default: // Not from us: the module has a port to the main thread too.
    }
  }

  #isReady(loadError: { readonly error: unknown } | null): void {
    if (this.state === "starting") this.state = "ready";
    this.#loadError = loadError;
    this.#limitFirst();
    if (this.isIdle && this.state === "ready") this.#handle.keepAlive(false);
    this.#starting.wakeAll(undefined);
  }

  #answered(message: Extract<FromThread, { readonly id: number }>): void {
    const call = this.calls.find(({ id }) => id === message.id);
    if (call === undefined) return;
    this.#remove(call);
    // First the thread's next work, then the caller's.
    this.#owner.roomMade();
    if (message.kind === "value") call.wake(message.value);
    else if (message.kind === "error") call.fail(fromWire(message.error, this.name, call.job.origin));
    else call.endStopped(fromWire(message.reason, this.name, null), message.isDue);
  }

  #remove(call: Call): void {
    this.calls.splice(this.calls.indexOf(call), 1);
    this.#limitFirst();
    if (this.isIdle && this.state !== "closing" && this.state !== "ended") this.#handle.keepAlive(false);
  }

  /** The time of a call counts from when the thread comes to it. */
  #limitFirst(): void {
    const [first] = this.calls;
    if (first !== undefined && this.state !== "starting") this.#limits.begin(first);
  }

  #ended(end: ThreadEnd): void {
    const before = this.state;
    const wasStarting = before === "starting";
    const calls = this.calls.splice(0);
    const begun = calls.filter(({ id }) => this.#marks.isBegun(id));
    // Threads that cannot even start, or never begin, would go on for ever with the same calls.
    const isLost = (call: Call): boolean => wasStarting || ++call.losses === MOST_LOSSES;
    const lost = begun.length === 0 && this.#terminated === null ? calls.filter(isLost) : begun;
    const returned = calls.filter(
      (call) => !lost.includes(call) && !call.hasMoved && call.stopped === null,
    );
    this.state = "ended";
    const loss = {
      thread: this.name,
      end,
      terminated: this.#terminated,
      maxHeapMb: this.#owner.settings.maxHeapMb,
    };
    if (calls.length === 0 && this.#terminated === null && before === "ready") this.#reportIdleEnd(end);
    if (wasStarting) this.#loadError = { error: lossError("starting the thread", loss, 0) };
    this.#owner.ended(this, returned, this.#terminated !== null);
    this.#starting.wakeAll(undefined);
    for (const tell of this.#whenEnded) tell();
    for (const call of calls) {
      if (returned.includes(call)) continue;
      if (call.stopped === null) call.fail(lossError(call.description, loss, call.losses));
      else call.endStopped();
    }
  }
  #reportIdleEnd(end: ThreadEnd): void {
    this.#owner.report(
      `${this.name} ${howItEnded(end)} while it held no call. The next call gets a new thread.`,
    );
  }
}
