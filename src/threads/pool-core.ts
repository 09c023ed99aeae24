/**
 * A pool of threads: who gets a thread next, and the life of the pool.
 *
 * States:  open -> closing (takes no more; what runs may end) -> closed (no thread is alive)
 *
 * - Calls are served in the order in which they came. A thread works on one at a time: then it is known which one it held when it dies,
 *   and a function that computes does not hold up another one's. Only batches of `mapInThreads`, which are short, are sent two at a time.
 * - Threads are started when there is a call for them and no idle one.
 * - The pool belongs to its runtime, not to whoever made it (law 2): the end of the runtime is
 *   its end, and no thread outlives it.
 */
import { currentScope, storage } from "../kernel/current.ts";
import type { Engine } from "../kernel/engine.ts";
import { FirmWait, refusal } from "../kernel/park.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { TimedCall } from "../kernel/timers.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { Disposed } from "../sync/errors.ts";
import { Call, type CallOwner, type Job } from "./call.ts";
import { EndWatch } from "./end-watch.ts";
import { threadsOf } from "./platform.ts";
import { readPoolOptions, type PoolSettings, type ThreadPoolOptions } from "./pool-options.ts";
import type { ThreadPoolStats } from "./pool-stats.ts";
import { Slot, type SlotOwner } from "./slot.ts";
import { startError } from "./thread-end.ts";

/** How long calls that run may go on when the pool is disposed of, and threads may clean up. */
const CLOSE_MS = 5_000;

export class PoolCore implements CallOwner, SlotOwner {
  readonly runtime: Runtime;
  readonly settings: PoolSettings;
  readonly #slots: Slot[] = [];
  #queue = new Set<Call>();
  #watching: EndWatch | null = null;
  #state: "open" | "closing" | "closed" = "open";
  #isDispatching = false;
  #whenIdle: (() => void) | null = null;
  readonly #closed: PromiseWithResolvers<void> = Promise.withResolvers();
  #started = 0;
  #calls = 0;
  #crashes = 0;
  #terminations = 0;

  constructor(options: ThreadPoolOptions, runtime: Runtime) {
    this.runtime = runtime;
    this.settings = readPoolOptions(options, threadsOf(runtime.host).parallelism);
  }

  get name(): string {
    return this.settings.name;
  }

  /** Does a job in a thread. Resolves to what the thread answers. */
  call(job: Job): Promise<unknown> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    const reason = this.#refusalOf(scope.engine, `call ${job.name}()`);
    if (reason !== null) return Promise.reject(reason);
    const call = new Call(scope, job, this);
    const promise = call.park();
    this.#queue.add(call);
    this.#dispatch();
    return promise;
  }

  /** Starts all threads, and waits until each is ready. */
  async ready(): Promise<void> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    const reason = this.#refusalOf(scope.engine, "start threads");
    if (reason !== null) throw reason;
    while (this.#slots.length < this.settings.threads) this.#start();
    // One that ends leaves the list.
    for (const slot of this.#slots.slice()) await slot.ready();
  }

  stats(): ThreadPoolStats {
    const { size } = this.#queue;
    const queued = Math.min(size, this.settings.maxQueued);
    return {
      threads: this.#slots.length,
      busy: this.#slots.filter(({ isIdle }) => !isIdle).length,
      queued,
      waiting: size - queued,
      calls: this.#calls,
      crashes: this.#crashes,
      terminations: this.#terminations,
    };
  }

  /** Takes no more calls, lets those that run end, and ends the threads. Not a cancellation point. */
  async close(): Promise<void> {
    if (this.#state === "open") {
      await this.#end();
      return;
    }
    const wait = new FirmWait<void>(currentScope(), `${this.name} to close`);
    const closed = wait.park();
    void this.#closed.promise.then(() => wait.wake(undefined));
    await closed;
  }

  withdraw(call: Call): void {
    this.#queue.delete(call);
  }

  stop(call: Call): void {
    (call.slot as Slot).stop(call);
  }

  roomMade(): void {
    this.#dispatch();
    if (this.#slots.every(({ isIdle }) => isIdle)) this.#whenIdle?.();
  }

  ended(slot: Slot, returned: readonly Call[], wasTerminated: boolean): void {
    this.#slots.splice(this.#slots.indexOf(slot), 1);
    if (wasTerminated) this.#terminations++;
    else if (this.#state === "open") this.#crashes++;
    for (const call of returned) call.takeBack();
    if (returned.length > 0) this.#queue = new Set([...returned, ...this.#queue]);
    if (this.#state !== "open") this.#refuseFurther();
    this.roomMade();
  }

  report(message: string): void {
    this.runtime.log({ level: "warning", code: "TSY_THREAD_ENDED", message });
  }

  /** Why nothing can be begun here; null where it can. */
  #refusalOf(engine: Engine, what: string): Error | null {
    if (this.#state !== "open" || this.runtime.backgroundScope.closed) return this.#disposed(what);
    if (threadsOf(engine.host) === threadsOf(this.runtime.host)) return null;
    return new InvalidArgument(
      `cannot ${what} in ${this.name}: it was made outside of this simulation. Make the pool inside, or use the shared one.`,
    );
  }

  #disposed(what: string): Disposed {
    return new Disposed(`cannot ${what}: ${this.name} is closed. Use a pool while it is open.`);
  }

  /** Sends what can be sent. What comes up meanwhile is seen by the loop that runs. */
  #dispatch(): void {
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    try {
      for (const call of this.#queue) {
        const slot = this.#slotFor(call);
        if (slot === null) break;
        this.#queue.delete(call);
        this.#calls++;
        if (slot instanceof Error) call.fail(slot);
        else slot.send(call);
      }
    } finally {
      this.#isDispatching = false;
    }
  }

  /** Where a call is sent; null where it waits; an error where it would wait for ever. */
  #slotFor(call: Call): Slot | Error | null {
    const idle = this.#slots.find((slot) => slot.isIdle && slot.takes(call));
    if (idle !== undefined) return idle;
    if (this.#slots.length < this.settings.threads && this.#state === "open") {
      try {
        return this.#start();
      } catch (error) {
        if (this.#slots.length === 0) return startError(call.description, error);
      }
    }
    return this.#slots.find((slot) => slot.takes(call)) ?? null;
  }

  #start(): Slot {
    this.#watch();
    const slot = new Slot(`thread ${++this.#started} of ${this.name}`, this);
    this.#slots.push(slot);
    return slot;
  }

  /** From the first thread on, the end of the runtime ends the pool. */
  #watch(): void {
    if (this.#watching !== null) return;
    const services = this.runtime.backgroundScope.servicesScope();
    this.#watching = new EndWatch(services, `the end of ${this.name}`, () => {
      void storage.run(services, () => this.#end());
    });
    void this.#watching.park();
  }

  #refuseFurther(): void {
    this.#state = "closing";
    const queued = [...this.#queue];
    this.#queue.clear();
    for (const call of queued) call.fail(this.#disposed(`call ${call.job.name}()`));
  }

  /** In the scope of who disposes of the pool, or in that of the runtime's services. */
  async #end(): Promise<void> {
    if (this.#state !== "open") return;
    this.#refuseFurther();
    await this.#endThreads();
    this.#state = "closed";
    this.#watching?.wake(undefined);
    this.#closed.resolve();
  }

  /** Calls that run may end, threads may clean up; what takes too long is terminated. */
  async #endThreads(): Promise<void> {
    const slots = [...this.#slots];
    const { timers } = this.runtime;
    const force = new TimedCall(() => {
      for (const slot of slots) slot.terminate("was terminated, because its pool was closed,");
    }, true);
    timers.add(force, this.runtime.now() + CLOSE_MS);
    if (!slots.every(({ isIdle }) => isIdle)) await this.#idle();
    for (const slot of slots) slot.close();
    for (const slot of slots) await slot.end();
    timers.remove(force);
  }

  /** Settles when no thread holds a call. Firm: this may be a cancelled scope. */
  #idle(): Promise<void> {
    const wait = new FirmWait<void>(currentScope(), `the calls in ${this.name} to end`);
    const idle = wait.park();
    this.#whenIdle = () => {
      this.#whenIdle = null;
      wait.wake(undefined);
    };
    return idle;
  }
}

const shared = new WeakMap<Runtime, PoolCore>();

/** The pool that a runtime's calls share where they name none. */
export function sharedPool(): PoolCore {
  const runtime = currentScope().engine as Runtime;
  let pool = shared.get(runtime);
  if (pool === undefined) {
    pool = new PoolCore({ name: "the shared thread pool" }, runtime);
    shared.set(runtime, pool);
  }
  return pool;
}
