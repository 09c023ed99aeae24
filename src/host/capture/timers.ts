/**
 * Timers inside a world: the globals, `node:timers`, and what the runtimes add. A timer made inside is an object with the
 * members that all three runtimes have.
 *
 * States of a WorldTimeout:  armed -> fired (an interval is armed again) ; armed or fired -> closed by clear, close, dispose
 * - `refresh` arms what has fired, as in Node, but nothing that was closed.
 * - The callback runs in the context in which the timer was made, also when somebody else has refreshed it.
 *
 * A timer becomes known by number only when somebody asks for its number. The numbers of a world start where no timer of a
 * runtime gets to, and where one that takes 32 bits of them sees a negative number: handed to the platform they clear nothing.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import timers from "node:timers";
import type { HostTimer } from "../../kernel/host.ts";
import type { CapturedWorld } from "../../testing/platform.ts";
import type { Answer, Patches } from "./patches.ts";

const FIRST_NUMBER = 2 ** 40 + 2 ** 31;
const LONGEST_MS = 2 ** 31 - 1;

interface Numbers {
  next: number;
  readonly timeouts: Map<number, WorldTimeout>;
}

const numbersOf = new WeakMap<CapturedWorld, Numbers>();

/** What runs when a timer fires. */
interface Job {
  readonly callback: Function;
  readonly args: readonly unknown[];
}

/** A delay as the platform understands it: whole milliseconds from 1 to 2^31 - 1, and 1 for everything else. */
export function toDelayMs(delay: unknown): number {
  const ms = Math.trunc(Number(delay));
  return ms >= 1 && ms <= LONGEST_MS ? ms : 1;
}

class WorldTimeout {
  readonly #world: CapturedWorld;
  readonly #job: Job;
  readonly #ms: number;
  readonly #repeats: boolean;
  readonly #inContext: <T>(work: () => T) => T;
  #timer: HostTimer | null = null;
  #keepsAlive = true;
  #closed = false;
  #number = 0;

  constructor(world: CapturedWorld, job: Job, ms: number, repeats: boolean) {
    this.#world = world;
    this.#job = job;
    this.#ms = ms;
    this.#repeats = repeats;
    this.#inContext = AsyncLocalStorage.snapshot();
    this.#arm();
  }

  ref(): this {
    return this.#keepAlive(true);
  }

  unref(): this {
    return this.#keepAlive(false);
  }

  hasRef(): boolean {
    return this.#keepsAlive;
  }

  refresh(): this {
    if (!this.#closed) this.#inContext(() => this.#arm());
    return this;
  }

  close(): this {
    this.#closed = true;
    this.#disarm();
    this.#forget();
    return this;
  }

  [Symbol.toPrimitive](): number {
    if (this.#number === 0) {
      const numbers = numbersOf.get(this.#world) ?? { next: FIRST_NUMBER, timeouts: new Map() };
      numbersOf.set(this.#world, numbers);
      this.#number = numbers.next++;
      if (this.#timer !== null) numbers.timeouts.set(this.#number, this);
    }
    return this.#number;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #arm(): void {
    this.#disarm();
    this.#timer = this.#world.setForeignTimer(() => this.#fire(), this.#ms);
    if (!this.#keepsAlive) this.#timer.keepAlive(false);
    if (this.#number !== 0) numbersOf.get(this.#world)?.timeouts.set(this.#number, this);
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #fire(): void {
    this.#timer = null;
    try {
      Reflect.apply(this.#job.callback, this, this.#job.args);
    } finally {
      if (this.#timer === null) {
        if (this.#repeats && !this.#closed) this.#arm();
        else this.#forget();
      }
    }
  }

  #keepAlive(yes: boolean): this {
    this.#keepsAlive = yes;
    this.#timer?.keepAlive(yes);
    return this;
  }

  #forget(): void {
    numbersOf.get(this.#world)?.timeouts.delete(this.#number);
  }
}

class WorldImmediate {
  readonly #undo: () => void;
  #pending = true;
  #keepsAlive = true;

  constructor(world: CapturedWorld, { callback, args }: Job) {
    this.#undo = world.setForeignTurn(() => {
      this.#pending = false;
      Reflect.apply(callback, this, args);
    });
  }

  ref(): this {
    this.#keepsAlive = true;
    return this;
  }

  /** The next turn comes before a process could end; so it changes what `hasRef` says, and nothing else. */
  unref(): this {
    this.#keepsAlive = false;
    return this;
  }

  hasRef(): boolean {
    return this.#keepsAlive;
  }

  cancel(): void {
    if (this.#pending) this.#undo();
    this.#pending = false;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}

/** The original throws for a callback that is no function. */
function timer(repeats: boolean): Answer {
  return (world, [callback, delay, ...args], real) =>
    typeof callback === "function"
      ? new WorldTimeout(world, { callback, args }, toDelayMs(delay), repeats)
      : real();
}

const immediate: Answer = (world, [callback, ...args], real) =>
  typeof callback === "function" ? new WorldImmediate(world, { callback, args }) : real();

function findTimeout(world: CapturedWorld | null, value: unknown): WorldTimeout | undefined {
  if (value instanceof WorldTimeout) return value;
  if (world === null || (typeof value !== "number" && typeof value !== "string")) return undefined;
  return numbersOf.get(world)?.timeouts.get(Number(value));
}

/** Not answers: a timer of a world may be cleared from outside, by clean-up that runs after it. */
function clearing(patches: Patches, clear: (world: CapturedWorld | null, value: unknown) => boolean) {
  return (original: Function): Function =>
    new Proxy(original, {
      apply(target, self, args: unknown[]): unknown {
        if (clear(patches.worlds.current(), args[0])) return undefined;
        return Reflect.apply(target, self, args);
      },
    });
}

function clearTimer(world: CapturedWorld | null, value: unknown): boolean {
  const found = findTimeout(world, value);
  found?.close();
  return found !== undefined;
}

function clearTurn(_: CapturedWorld | null, value: unknown): boolean {
  if (!(value instanceof WorldImmediate)) return false;
  value.cancel();
  return true;
}

export function captureTimers(patches: Patches): void {
  for (const holder of [globalThis, timers]) {
    patches.answer(holder, "setTimeout", timer(false));
    patches.answer(holder, "setInterval", timer(true));
    patches.answer(holder, "setImmediate", immediate);
    patches.replace(holder, "clearTimeout", clearing(patches, clearTimer));
    patches.replace(holder, "clearInterval", clearing(patches, clearTimer));
    patches.replace(holder, "clearImmediate", clearing(patches, clearTurn));
  }
  const deno = Reflect.get(globalThis, "Deno") as object | undefined;
  patches.answer(deno, "refTimer", (world, args, real) => findTimeout(world, args[0])?.ref() ?? real());
  patches.answer(
    deno,
    "unrefTimer",
    (world, args, real) => findTimeout(world, args[0])?.unref() ?? real(),
  );
}
