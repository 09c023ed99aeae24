/**
 * A server in several threads, each with a listener of its own at the same address: the platform shares the connections out.
 *
 * States:  starting -> serving -> (close, or the end of the runtime) closing -> closed
 */
import { show } from "../../../base/check.ts";
import { cancellationIn } from "../../../kernel/cancellation-in.ts";
import { currentScope } from "../../../kernel/current.ts";
import { currentRuntime, type Runtime } from "../../../kernel/runtime.ts";
import { withTaskGroup, type TaskGroup } from "../../../kernel/task-group.ts";
import { race } from "../../../flow/race.ts";
import { withShield } from "../../../flow/time-limit.ts";
import { formatAddress, type Address } from "../../../io/net/address.ts";
import { Countdown } from "../../../io/net/countdown.ts";
import { Future } from "../../../sync/future.ts";
import { checkDrain, type CloseReport, type HttpServerStats } from "../http-server.ts";
import type { ServeOptions } from "../options.ts";
import { ServingThread } from "./serving-thread.ts";

/** How a server in threads is closed. */
export interface ThreadsCloseReport extends CloseReport {
  /** Threads that ended without saying what became of their requests: they crashed meanwhile, or took too long. */
  readonly lostThreads: number;
}

/** Figures about a server in threads. */
export interface HttpThreadsStats {
  /** How many threads there are to be, and how many of them listen now. */
  readonly threads: number;
  readonly listening: number;
  /** Threads that ended by themselves so far, and were replaced. */
  readonly restarts: number;
}

/** Beyond the time for draining, so long may threads take to close. */
const FORCE_MS = 6_000;
/** In a cancelled scope, so long may requests go on. */
const CLOSE_MS = 5_000;

/** An HTTP server in several threads. Made by {@link serveThreads}. */
export class HttpThreads implements AsyncDisposable {
  /** @internal */ readonly module: string;
  readonly #runtime: Runtime = currentRuntime();
  readonly #threads: readonly ServingThread[];
  readonly #drainMs: number;
  readonly #stop: Future<void> = new Future({ name: "a request to close the server" });
  readonly #closed: Future<ThreadsCloseReport> = new Future({ name: "the server to be closed" });
  /** When threads that have not closed are terminated, once they were asked to. */
  readonly #force: Countdown = new Countdown(this.#runtime);
  #address: Address | null = null;
  #restarts = 0;

  /** @internal */
  constructor(module: string, threads: number, drainMs: number) {
    this.module = module;
    this.#drainMs = drainMs;
    this.#threads = Array.from(
      { length: threads },
      (_, index) => new ServingThread(`serving thread ${index + 1}`, this),
    );
  }

  /** Where all threads listen: with the port that was chosen, where 0 was asked for. */
  get address(): Address {
    return this.#address as Address;
  }

  get port(): number {
    const { address } = this;
    return "port" in address ? address.port : 0;
  }

  /** @internal */ get isClosing(): boolean {
    return this.#stop.state !== "pending";
  }

  /**
   * Closes the server in each thread, as `HttpServer.close` does, and ends the threads. A thread that has not closed 6 s after `drainMs`
   * (default: what `serveThreads` was given) is terminated. A second call can make the time shorter, and not longer.
   *
   * Cancel safety: not a cancellation point. In a cancelled scope requests have 5 s at most.
   * @throws {InvalidArgument} for a `drainMs` below 0, or that is no number.
   */
  async close(options: { readonly drainMs?: number } = {}): Promise<ThreadsCloseReport> {
    const asked = checkDrain(options) ?? this.#drainMs;
    const drainMs = currentScope().blocked === null ? asked : Math.min(asked, CLOSE_MS);
    const isFirst = !this.isClosing;
    if (isFirst) this.#stop.resolve();
    if (this.#force.shorten(drainMs + FORCE_MS) || isFirst)
      for (const thread of this.#threads) thread.close(drainMs);
    return withShield(Infinity, () => this.#closed.wait());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Waits until the server is closed. */
  get closed(): Promise<void> {
    return this.#closed.wait().then(() => {});
  }

  stats(): HttpThreadsStats {
    return {
      threads: this.#threads.length,
      listening: this.#threads.filter(({ isListening }) => isListening).length,
      restarts: this.#restarts,
    };
  }

  /** The figures of each thread's server, of those that listen now. They count from the last start of their thread. */
  async threadStats(): Promise<HttpServerStats[]> {
    const found: HttpServerStats[] = [];
    for (const thread of this.#threads) {
      const stats = await thread.stats();
      if (stats !== null) found.push(stats);
    }
    return found;
  }

  /** @internal Starts the threads, in a task of the background. Resolves when all of them listen. */
  async start(options: ServeOptions): Promise<void> {
    await this.#runtime.background.start<void>("serveThreads", async (ready) => {
      try {
        await withTaskGroup((group) => this.#run(group, options, ready));
      } catch (error) {
        if (cancellationIn(currentScope(), error) === null && this.#address !== null) throw error;
        this.#settle();
        throw error;
      }
      this.#settle();
    });
  }

  /** @internal */ restarting(thread: ServingThread, error: unknown, pauseMs: number): void {
    this.#restarts++;
    this.#runtime.log({
      level: "warning",
      code: "TSY_THREAD_ENDED",
      message: `${thread.name} of ${this.module} ended: ${show(error).replace(/\.$/, "")}. Requests that it had are lost; a new one starts in ${pauseMs} ms.`,
    });
  }

  async #run(group: TaskGroup, options: ServeOptions, ready: () => void): Promise<void> {
    const [first, ...others] = this.#threads;
    if (first === undefined) return;
    group.spawn(first.name, () => first.run(options));
    const address = await first.listening();
    const port = "port" in address ? address.port : 0;
    for (const thread of others) group.spawn(thread.name, () => thread.run({ ...options, port }));
    for (const thread of others) await thread.listening();
    this.#address = address;
    ready();
    await this.#stop.wait();
    await race([() => this.#ended(), () => this.#force.over()]);
    group.cancelTasks(`the server at ${formatAddress(address)} has been closed`);
  }

  async #ended(): Promise<void> {
    for (const thread of this.#threads) await thread.ended();
  }

  #settle(): void {
    const report = { answered: 0, cancelled: 0, lostThreads: 0 };
    for (const { report: own } of this.#threads) {
      report.answered += own?.answered ?? 0;
      report.cancelled += own?.cancelled ?? 0;
      if (own === null) report.lostThreads++;
    }
    this.#force.stop();
    if (this.#stop.state === "pending") this.#stop.resolve();
    if (this.#closed.state === "pending") this.#closed.resolve(report);
  }
}
