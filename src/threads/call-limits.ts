/** The limits in time of calls in a thread: how long one may take, and how long one that was told to stop has for its end. */
import type { Runtime } from "../kernel/runtime.ts";
import { TimedCall } from "../kernel/timers.ts";
import type { Call } from "./call.ts";
import type { PoolSettings } from "./pool-options.ts";

interface Owner {
  readonly runtime: Runtime;
  readonly settings: PoolSettings;
  report(message: string): void;
}

interface Thread {
  readonly name: string;
  stop(call: Call): void;
  terminate(why: string): void;
}

export class CallLimits {
  readonly #owner: Owner;
  readonly #thread: Thread;

  constructor(owner: Owner, thread: Thread) {
    this.#owner = owner;
    this.#thread = thread;
  }

  /** The thread comes to the call. Once for each call. */
  begin(call: Call): void {
    const { callTimeoutMs } = this.#owner.settings;
    if (callTimeoutMs === Infinity || call.isLimited) return;
    call.isLimited = true;
    this.#arm(call, callTimeoutMs, () => {
      if (call.stopped !== null) return;
      call.stopped = callTimeoutMs;
      this.#thread.stop(call);
    });
  }

  /** The call was told to stop. */
  stop(call: Call): void {
    this.#arm(call, this.#owner.settings.graceMs, () => this.#giveUp(call));
  }

  #giveUp(call: Call): void {
    const { graceMs } = this.#owner.settings;
    const { name } = this.#thread;
    this.#owner.report(
      `${call.description} did not end within ${graceMs} ms after it was cancelled; ${name} is terminated and replaced. ` +
        `A function that computes for long must let cancellations in: await checkpoint() every few milliseconds.`,
    );
    this.#thread.terminate("was terminated, because a call did not end when it was cancelled,");
  }

  #arm(call: Call, ms: number, fire: () => void): void {
    const { runtime } = this.#owner;
    const timer = new TimedCall(fire, true);
    runtime.timers.add(timer, runtime.now() + ms);
    call.timers.push(() => runtime.timers.remove(timer));
  }
}
