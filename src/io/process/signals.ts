/**
 * Signals to our own process, as an async iterable.
 *
 * The watch lives in a task, a service of the scope in which the loop began, so that no listener is left behind when that scope or the
 * loop is left. Like the platform's own pending signals, those of one kind that nobody has taken yet count as one.
 */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { produce } from "../../flow/produce.ts";
import type { Emit } from "../../flow/production.ts";
import { currentScope } from "../../kernel/current.ts";
import { delivered, refusal } from "../../kernel/park.ts";
import { inRoot } from "../../kernel/root-context.ts";
import { WaitQueue } from "../../kernel/wait-queue.ts";
import { processPlatformFor, type ProcessPlatform, type SignalWatch } from "./platform.ts";

/** No process hears these. */
const UNHEARD: ReadonlySet<string> = new Set(["SIGKILL", "SIGSTOP"]);

/**
 * The signals of these names that come to our process, as they come. They do not end it while the loop runs.
 *
 * Signals of one kind that come while the last of that kind was not taken count as one. A loop in an ordinary task keeps the process
 * alive while it waits; one in a service or background task does not. `run` goes on to hear SIGINT and SIGTERM, and cancels the
 * program: watch those with `run(main, { signals: false })`. Each loop over the iterable has a watch of its own, from its first
 * `next()` until the loop or its scope is left.
 *
 * Cancel safety: a cancelled `next()` takes no signal.
 * @throws {InvalidArgument} for what is no signal, or one that cannot be caught.
 * @example
 * import process from "node:process";
 * import { signals } from "tsyncio/io";
 * setTimeout(() => process.kill(process.pid, "SIGHUP"), 20);
 * for await (const name of signals("SIGHUP")) {
 *   console.log(name); // SIGHUP
 *   break;
 * }
 */
export function signals<const N extends string>(...names: readonly N[]): AsyncIterable<N> {
  if (names.length === 0)
    throw new InvalidArgument(
      `signals() was given no name. Give those to wait for, "SIGHUP" for example.`,
    );
  for (const name of names) checkName(name);
  return { [Symbol.asyncIterator]: () => new SignalLoop<N>(names) };
}

function checkName(name: string): void {
  if (typeof name !== "string" || !/^SIG[A-Z0-9]+$/.test(name))
    throw new InvalidArgument(`a name given to signals() is ${show(name)}. Give one like "SIGHUP".`);
  if (UNHEARD.has(name))
    throw new InvalidArgument(`${name} cannot be watched: the system does not tell a process of it.`);
  if (!processPlatformFor(`signals(${show(name)})`).isSignal(name))
    throw new InvalidArgument(
      `a name given to signals() is ${show(name)}, and this system has no such signal.`,
    );
}

class SignalLoop<N extends string> implements AsyncIterator<N, undefined> {
  readonly #names: readonly N[];
  readonly #platform: ProcessPlatform;
  readonly #pending = new Set<N>();
  readonly #readers: WaitQueue<IteratorResult<N, undefined>>;
  readonly #task: AsyncIterator<null>;
  #hasBegun = false;
  #hasEnded = false;
  #watch: SignalWatch | null = null;
  /** How many readers keep the process alive. */
  #keeping = 0;

  constructor(names: readonly N[]) {
    this.#names = names;
    this.#platform = processPlatformFor("signals()");
    this.#readers = new WaitQueue(`signals ${names.join(", ")}`);
    const task = produce<null>((emit) => this.#listen(emit), { capacity: 0 });
    this.#task = task[Symbol.asyncIterator]();
  }

  async next(): Promise<IteratorResult<N, undefined>> {
    const scope = currentScope();
    if (!this.#hasBegun && scope.blocked === null) {
      this.#hasBegun = true;
      await this.#task.next();
    }
    const refused = refusal(scope);
    if (refused !== null) return refused;
    const [name] = this.#pending;
    if (name !== undefined) {
      this.#pending.delete(name);
      return delivered({ done: false, value: name }, scope);
    }
    if (this.#hasEnded) return delivered(DONE, scope);
    return scope.keepsAlive ? this.#keptAlive() : this.#readers.park(undefined, scope);
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#hasEnded = true;
    await this.#task.return?.();
    return DONE;
  }

  /** The task that holds the watch. The one value that it emits says that it listens. */
  async #listen(emit: Emit<null>): Promise<void> {
    const heard = (name: string): void => this.#heard(name as N);
    const watch = inRoot(() => this.#platform.watchSignals(this.#names, heard));
    this.#watch = watch;
    try {
      await emit(null);
      await new WaitQueue(`the end of the loop over signals ${this.#names.join(", ")}`).park(undefined);
    } finally {
      this.#hasEnded = true;
      this.#watch = null;
      watch.stop();
      this.#readers.wakeAll(DONE);
    }
  }

  #heard(name: N): void {
    if (!this.#readers.wake({ done: false, value: name })) this.#pending.add(name);
  }

  async #keptAlive(): Promise<IteratorResult<N, undefined>> {
    this.#keep(1);
    try {
      return await this.#readers.park(undefined);
    } finally {
      this.#keep(-1);
    }
  }

  #keep(change: 1 | -1): void {
    this.#keeping += change;
    this.#watch?.keepAlive(this.#keeping > 0);
  }
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });
