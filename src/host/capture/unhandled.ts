/**
 * Errors that nobody caught, while simulations run.
 *
 * One listener of ours stands in the place of all that the process had. What comes from inside a world goes to that world, and
 * nobody else hears of it. For everything else the listeners that were there before are put back, called as the process calls
 * them, and taken away again: they see the counts they would see, and may come and go as they like.
 *
 * A listener that somebody adds meanwhile is the process's own business: it is called beside ours, for news from inside too.
 *
 * Node and Deno raise both events in the context of the code that failed. Bun has no context for a rejection, nor for what a
 * microtask threw; there the one world that is live is taken to be meant. Nor does Bun tell which listeners of `process` were
 * added by `once`: put back, they stay.
 */
import process from "node:process";
import type { CapturedWorld, WorldFinder } from "../../testing/platform.ts";
import { isHarmless } from "../unhandled-rejections.ts";

type EventName = "unhandledRejection" | "uncaughtException";
type Listener = (...args: unknown[]) => void;

const lacksContext = "Bun" in globalThis;

class EventCapture {
  readonly #event: EventName;
  readonly #worlds: WorldFinder;
  readonly #heard: Listener;
  /** What the process had before, `once` wrappers as they are. Not on the process while we are. */
  #outer: Listener[] = [];
  #ended = false;

  constructor(event: EventName, worlds: WorldFinder) {
    this.#event = event;
    this.#worlds = worlds;
    this.#heard = (...news) => this.#dispatch(news);
    this.#takeAll([]);
  }

  /** Ends the capture, also when a listener does so while it is being called. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#release();
  }

  /** Puts the listeners back, in their order, before those that were added meanwhile. Returns the latter. */
  #release(): Listener[] {
    const meanwhile = this.#listeners().filter((listener) => listener !== this.#heard);
    this.#install([...this.#outer, ...meanwhile]);
    this.#outer = [];
    return meanwhile;
  }

  #takeAll(except: readonly Listener[]): void {
    if (this.#ended) return;
    this.#outer = this.#listeners().filter((listener) => !except.includes(listener));
    this.#install([this.#heard, ...except]);
  }

  #dispatch(news: unknown[]): void {
    const world = this.#worldOfCaller();
    if (world === null) this.#handOn(news);
    else if (this.#event === "uncaughtException" || !isHarmless(news[0])) world.unhandled(news[0]);
  }

  #worldOfCaller(): CapturedWorld | null {
    return this.#worlds.current() ?? (lacksContext ? this.#worlds.only() : null);
  }

  /** Those that were added meanwhile have been called by the process itself, or will be. */
  #handOn(news: unknown[]): void {
    const outer = this.#outer;
    const meanwhile = this.#release();
    if (outer.length + meanwhile.length === 0) {
      this.#failAsPlatform(news[0]);
      return;
    }
    try {
      for (const listener of outer) Reflect.apply(listener, process, news);
    } finally {
      this.#takeAll(meanwhile);
    }
  }

  /**
   * Nobody listens: the process ends as it would without us. A rejection becomes an uncaught exception; an exception is thrown
   * once more, now that no listener of ours is in its way.
   */
  #failAsPlatform(error: unknown): void {
    if (this.#event === "unhandledRejection") {
      this.#takeAll([]);
      throw error;
    }
    queueMicrotask(() => {
      throw error;
    });
  }

  #listeners(): Listener[] {
    return process.rawListeners(this.#event) as Listener[];
  }

  #install(listeners: readonly Listener[]): void {
    process.removeAllListeners(this.#event);
    for (const listener of listeners) process.on(this.#event, listener);
  }
}

/** Returns what puts the listeners of the process back. */
export function captureUnhandled(worlds: WorldFinder): () => void {
  const rejections = new EventCapture("unhandledRejection", worlds);
  const exceptions = new EventCapture("uncaughtException", worlds);
  return () => {
    exceptions.end();
    rejections.end();
  };
}
