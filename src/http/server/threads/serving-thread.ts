/**
 * One of the threads that serve: started, watched, and started again when it ends by itself.
 *
 * States:  starting -> listening -> (it ends by itself: pausing -> starting) -> closing -> over
 *
 * Invariants
 * - The first start that fails is an error of `serveThreads`; later ones are told to the log, and tried again after a pause.
 * - `link` is the port to the thread that lives; there is none while a thread is not there.
 */
import { currentScope } from "../../../kernel/current.ts";
import { cancellationIn } from "../../../kernel/cancellation-in.ts";
import { inRoot } from "../../../kernel/root-context.ts";
import { sleep } from "../../../flow/sleep.ts";
import type { Address } from "../../../io/net/address.ts";
import { Future } from "../../../sync/future.ts";
import { importThread } from "../../../threads/import-thread.ts";
import { ThreadPool } from "../../../threads/thread-pool.ts";
import { transfer } from "../../../threads/transfer.ts";
import { httpPlatform } from "../../platform.ts";
import type { CloseReport, HttpServerStats } from "../http-server.ts";
import type { ServeOptions } from "../options.ts";
import type { FromServingThread, ServingModule, ToServingThread } from "./thread-messages.ts";

/** The pause before a thread is started again; it doubles while threads end soon after they began to listen. */
const FIRST_PAUSE_MS = 100;
const MOST_PAUSE_MS = 10_000;
/** A thread that has listened for so long was all right. */
const STEADY_MS = 10_000;
/** In a cancelled call the thread's server has 5 s to close; then the thread is terminated. */
const GRACE_MS = 6_000;

/** What a thread tells those who started it. */
export interface ThreadOwner {
  readonly module: string;
  readonly isClosing: boolean;
  /** It has ended by itself, and will be started again in `pauseMs`. */
  restarting(thread: ServingThread, error: unknown, pauseMs: number): void;
}

export class ServingThread {
  readonly name: string;
  readonly #owner: ThreadOwner;
  readonly #listening: Future<Address> = new Future({ name: "a thread to listen" });
  readonly #over: Future<void> = new Future({ name: "a serving thread to end" });
  readonly #asked = new Map<number, Future<HttpServerStats | null>>();
  #link: MessagePort | null = null;
  #address: Address | null = null;
  #isListening = false;
  #since = 0;
  #lastId = 0;
  #drainMs: number | null | undefined = undefined;
  /** What became of its last requests; null where it ended without saying so. */
  report: CloseReport | null = null;

  constructor(name: string, owner: ThreadOwner) {
    this.name = name;
    this.#owner = owner;
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  /** Waits until it listens for the first time. */
  listening(): Promise<Address> {
    return this.#listening.wait();
  }

  /** Figures of its server; null where it has none now. */
  async stats(): Promise<HttpServerStats | null> {
    if (!this.#isListening) return null;
    const id = ++this.#lastId;
    const answer = new Future<HttpServerStats | null>({ name: `the figures of ${this.name}` });
    this.#asked.set(id, answer);
    this.#say({ kind: "stats", id });
    try {
      return await answer.wait();
    } finally {
      this.#asked.delete(id);
    }
  }

  /** Tells it to close. */
  close(drainMs: number | null): void {
    this.#drainMs = drainMs;
    this.#say({ kind: "close", drainMs });
  }

  /** Waits until it is over. */
  ended(): Promise<void> {
    return this.#over.wait();
  }

  /** Serves until it is told to close, in however many threads that takes. */
  async run(options: ServeOptions): Promise<void> {
    try {
      await this.#serveOn(options);
    } finally {
      this.#over.resolve();
    }
  }

  async #serveOn(options: ServeOptions): Promise<void> {
    const { host } = currentScope().engine;
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      try {
        this.report = await this.#serve(options);
        return;
      } catch (error) {
        if (cancellationIn(currentScope(), error) !== null) throw error;
        if (this.#listening.state === "pending") throw error;
        if (this.#owner.isClosing) return;
        pauseMs = host.now() - this.#since >= STEADY_MS ? FIRST_PAUSE_MS : pauseMs;
        this.#owner.restarting(this, error, pauseMs);
      }
      await sleep(pauseMs);
      if (this.#owner.isClosing) return;
      pauseMs = Math.min(2 * pauseMs, MOST_PAUSE_MS);
    }
  }

  /** One thread, from its start to its end. */
  async #serve(options: ServeOptions): Promise<CloseReport> {
    await using pool = new ThreadPool({ threads: 1, graceMs: GRACE_MS, name: this.name });
    const { serveInThread } = importThread<ServingModule>(httpPlatform().servingModule, { pool });
    const { port1, port2 } = new MessageChannel();
    inRoot(() => {
      port1.onmessage = ({ data }: { readonly data: FromServingThread }): void => this.#heard(data);
    });
    this.#link = port1;
    try {
      const plan = { module: this.#owner.module, options: this.#atItsPort(options), link: port2 };
      return await serveInThread(transfer(plan, [port2]));
    } finally {
      this.#isListening = false;
      this.#link = null;
      port1.close();
      for (const answer of this.#asked.values()) answer.resolve(null);
      this.#asked.clear();
    }
  }

  /** A thread that replaces another one listens where that did, also where the platform had chosen the port. */
  #atItsPort(options: ServeOptions): ServeOptions {
    const address = this.#address;
    return address === null || !("port" in address) ? options : { ...options, port: address.port };
  }

  #heard(message: FromServingThread): void {
    if (message.kind === "stats") {
      this.#asked.get(message.id)?.resolve(message.stats);
      this.#asked.delete(message.id);
      return;
    }
    this.#isListening = true;
    this.#since = currentScope().engine.host.now();
    this.#address = message.address;
    if (this.#listening.state === "pending") this.#listening.resolve(message.address);
    if (this.#drainMs !== undefined) this.#say({ kind: "close", drainMs: this.#drainMs });
  }

  #say(message: ToServingThread): void {
    if (this.#isListening) this.#link?.postMessage(message);
  }
}
