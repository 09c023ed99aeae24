/**
 * One loop over the events of an emitter.
 *
 * States:  idle -> (first next) listening -> stopped (an end, an error, an overflow; what waits is still given) -> over.
 *          `return`, or the end of the scope in which it listens, leads to "over" from any of them, and drops what waits.
 *
 * Invariants
 * - Listeners are on the emitter just while the loop is listening.
 * - Somebody waits in `#readers` only while no event does.
 * - A service of the scope of the first `next()` lives while it is listening, and stops it when that scope is left.
 */
import { RingBuffer } from "../../base/ring-buffer.ts";
import { currentScope } from "../../kernel/current.ts";
import { delivered, refusal } from "../../kernel/park.ts";
import type { Engine } from "../../kernel/engine.ts";
import { inRoot } from "../../kernel/root-context.ts";
import { WaitQueue } from "../../kernel/wait-queue.ts";
import type { Source } from "./emitters.ts";
import { EventOverflow } from "./errors.ts";
import { startService } from "./service.ts";

/** Figures about a loop over events. */
export interface EventsStats {
  /** Events that wait for the loop. */
  readonly buffered: number;
  /** Events that were dropped, or lost to an overflow. */
  readonly dropped: number;
  /** Whether listeners are on the emitter. */
  readonly isListening: boolean;
}

/** The events of an emitter, as they come. */
export interface Events<T> extends AsyncIterableIterator<T, undefined> {
  return(): Promise<IteratorReturnResult<undefined>>;
  [Symbol.asyncIterator](): Events<T>;
  stats(): EventsStats;
}

/** What is listened to, and how it is buffered. */
interface EventsPlan {
  readonly name: string | symbol;
  readonly capacity: number;
  readonly overflow: "error" | "drop-oldest" | "drop-newest";
  readonly endEvents: ReadonlyArray<string | symbol>;
  readonly errorEvent: string | symbol | null;
}

interface Failure {
  readonly error: unknown;
  /** Whether the emitter has said it, so that it must not get lost. */
  readonly isEvent: boolean;
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

export class EventLoop<T> implements Events<T> {
  readonly #source: Source<T>;
  readonly #plan: EventsPlan;
  readonly #events: RingBuffer<T> = new RingBuffer();
  readonly #readers: WaitQueue<IteratorResult<T, undefined>>;
  readonly #service: WaitQueue;
  #state: "idle" | "listening" | "stopped" | "over" = "idle";
  #engine: Engine | null = null;
  #removals: Array<() => void> = [];
  #serviceEnded: Promise<void> | null = null;
  #failure: Failure | null = null;
  #dropped = 0;

  constructor(source: Source<T>, plan: EventsPlan) {
    this.#source = source;
    this.#plan = plan;
    this.#readers = new WaitQueue(`a ${String(plan.name)} event`);
    this.#service = new WaitQueue(`the end of the loop over ${String(plan.name)} events`);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#state === "idle") {
      try {
        this.#listen();
      } catch (error) {
        this.#leave();
        return Promise.reject(error);
      }
    }
    if (this.#events.size > 0) return delivered({ done: false, value: this.#events.shift() }, scope);
    if (this.#state === "listening") return this.#readers.park(undefined, scope);
    const failure = this.#failure;
    this.#failure = null;
    this.#state = "over";
    return failure === null ? delivered(DONE, scope) : Promise.reject(failure.error);
  }

  /** Not a cancellation point. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#leave();
    if (this.#serviceEnded !== null) await this.#serviceEnded;
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  stats(): EventsStats {
    return {
      buffered: this.#events.size,
      dropped: this.#dropped,
      isListening: this.#state === "listening",
    };
  }

  #listen(): void {
    const { name, endEvents, errorEvent } = this.#plan;
    this.#state = "listening";
    this.#engine = currentScope().engine;
    inRoot(() => {
      this.#add(name, (event) => this.#heard(event));
      for (const end of endEvents) this.#add(end, () => this.#stop(null));
      if (errorEvent !== null && !endEvents.includes(errorEvent))
        this.#add(errorEvent, (event) =>
          this.#stop({ error: this.#source.errorOf(event), isEvent: true }),
        );
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#serviceEnded = promise;
    startService("events", () => this.#serve(), resolve);
  }

  #add(name: string | symbol, heard: (event: T) => void): void {
    // An emitter calls those that are taken off during an emit nevertheless.
    const whileListening = (event: T): void => {
      if (this.#state === "listening") heard(event);
    };
    this.#removals.push(this.#source.add(name, whileListening));
  }

  /** Lives until the loop is not listening any more, or the scope is left. */
  async #serve(): Promise<void> {
    try {
      if (this.#state === "listening") await this.#service.park(undefined);
    } catch {
      this.#leave();
    }
  }

  #heard(event: T): void {
    if (this.#readers.wake({ done: false, value: event })) return;
    const { name, capacity, overflow } = this.#plan;
    if (this.#events.size < capacity) {
      this.#events.push(event);
      return;
    }
    this.#dropped++;
    if (overflow === "error") this.#stop({ error: new EventOverflow(name, capacity), isEvent: false });
    else if (overflow === "drop-oldest") {
      this.#events.shift();
      this.#events.push(event);
    }
  }

  /** Listens no more. Those who wait see the end: the first of them the error, where there is one. */
  #stop(failure: Failure | null): void {
    this.#state = "stopped";
    this.#failure = failure;
    this.#removeListeners();
    this.#service.wakeAll(undefined);
    if (failure !== null && this.#readers.fail(failure.error)) this.#failure = null;
    this.#readers.wakeAll(DONE);
  }

  /** Nobody reads on. */
  #leave(): void {
    const failure = this.#failure;
    this.#stop(null);
    this.#state = "over";
    this.#events.clear();
    if (failure?.isEvent === true) this.#engine?.unhandled(failure.error);
  }

  #removeListeners(): void {
    const removals = this.#removals;
    this.#removals = [];
    inRoot(() => {
      for (const remove of removals) remove();
    });
  }
}
