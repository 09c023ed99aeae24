/**
 * Threads under simulation: the code of a thread runs in this process, on a runtime and a simulated host of its own, and all that goes
 * in and out is copied by `structuredClone`. The rest is the code that runs in real threads.
 *
 * - The delivery of a message is a step of the run: a turn of the event loop in production order, else a choice among all that is ready.
 *   Messages of one direction keep their order.
 * - Nothing runs in parallel: a function that computes takes no virtual time.
 * - A module is loaded once in the process, and its state is shared by all simulated threads and runs. It is evaluated outside.
 * - A thread that crashes or is terminated freezes: no code of it goes on from the next wait, not even `finally`, as in reality.
 */
import { RingBuffer } from "../../base/ring-buffer.ts";
import type { Observed } from "../../kernel/instrument.ts";
import { inRoot } from "../../kernel/root-context.ts";
import { storage } from "../../kernel/current.ts";
import type { Runtime } from "../../kernel/runtime.ts";
import { Marks } from "../../threads/marks.ts";
import type { FromThread, ToThread } from "../../threads/messages.ts";
import type { ThreadEvents, ThreadHandle, ThreadPlatform, ThreadSetup } from "../../threads/platform.ts";
import { ThreadServer, type Namespace, type ServerLink } from "../../threads/server.ts";
import type { Faults } from "../faults.ts";
import type { WakeOrder } from "../simulated-turn.ts";
import type { HostRun, VirtualHost } from "../virtual-host.ts";
import { freeze } from "./freeze.ts";
import { ThreadHost } from "./thread-host.ts";

/** What threads need of their run. */
export interface ThreadRun extends HostRun {
  readonly order: WakeOrder;
  readonly faults: Faults | null;
  readonly runtimes: Runtime[];
  loading: number;
  openRuntime(host: VirtualHost): Runtime;
  ready(go: () => void, who: Observed): void;
}

/** How many threads a simulated machine runs at a time, whatever the real one has. */
const PARALLELISM = 2;
const never = (): boolean => false;

export class SimulatedThreads implements ThreadPlatform {
  readonly parallelism: number = PARALLELISM;
  readonly #run: ThreadRun;

  constructor(run: ThreadRun) {
    this.#run = run;
  }

  start(setup: ThreadSetup, events: ThreadEvents): ThreadHandle {
    return new SimulatedThread(this.#run, setup, events);
  }
}

/** Messages of one direction. */
class Mail {
  readonly #run: ThreadRun;
  readonly #who: Observed;
  readonly #waiting: RingBuffer<() => void> = new RingBuffer();

  constructor(run: ThreadRun, who: Observed) {
    this.#run = run;
    this.#who = who;
  }

  /** Calls `receive` in a later step, after those that were sent before. */
  send(receive: () => void): void {
    this.#waiting.push(receive);
    const deliver = (): void => this.#waiting.shift()();
    if (this.#run.order === "production") this.#run.clock.addTurn(deliver, never);
    else this.#run.ready(deliver, this.#who);
  }
}

/** Namespaces by address: one that is known costs no step. */
const loaded = new Map<string, Namespace>();

class SimulatedThread implements ThreadHandle, Observed {
  readonly name: string;
  readonly path: string;
  readonly #run: ThreadRun;
  readonly #events: ThreadEvents;
  readonly #host: ThreadHost;
  readonly #runtime: Runtime;
  readonly #server: ThreadServer;
  readonly #inbound: Mail;
  readonly #outbound: Mail;

  constructor(run: ThreadRun, { name, marks, modules }: ThreadSetup, events: ThreadEvents) {
    this.name = name;
    this.path = name;
    this.#run = run;
    this.#events = events;
    this.#inbound = new Mail(run, { name: `mail to ${name}`, path: name });
    this.#outbound = new Mail(run, { name: `mail from ${name}`, path: name });
    this.#host = new ThreadHost(name, run);
    this.#runtime = run.openRuntime(this.#host);
    const link: ServerLink = {
      post: (message, moved) => this.#answer(message, moved),
      load: (address) => this.#load(address),
    };
    this.#server = new ThreadServer(this.#runtime, link, new Marks(marks));
    this.#inbound.send(() => this.#inThread(() => void this.#server.start(modules)));
  }

  /** Nothing keeps a simulated process alive: a run lives until its body has ended. */
  keepAlive(): void {}

  /** To the thread. */
  post(message: unknown, moved: readonly object[]): void {
    const copy = structuredClone(message as ToThread, { transfer: moved as ArrayBuffer[] });
    this.#inbound.send(() => {
      const isWork = copy.kind === "call" || copy.kind === "batch";
      if (isWork && this.#crashes("as it is sent a call")) return;
      this.#inThread(() => this.#server.receive(copy));
    });
  }

  terminate(): void {
    this.#end(undefined);
  }

  async #load(address: string): Promise<Namespace> {
    const known = loaded.get(address);
    if (known !== undefined) return known;
    this.#run.loading++;
    try {
      const namespace = await inRoot(() => import(address) as Promise<Namespace>);
      loaded.set(address, namespace);
      return namespace;
    } finally {
      this.#run.loading--;
    }
  }

  /** From the thread: what its server answers. */
  #answer(message: FromThread, moved: readonly object[]): void {
    if (this.#host.isDead) return;
    const copy = structuredClone(message, { transfer: moved as ArrayBuffer[] });
    const isAnswer = copy.kind === "value" || copy.kind === "error" || copy.kind === "cancelled";
    if (isAnswer && this.#crashes("before it answers")) return;
    this.#outbound.send(() => this.#tell(() => this.#events.message(copy)));
  }

  #crashes(where: string): boolean {
    if (this.#host.isDead) return false;
    const fault = this.#run.faults?.crash(this, where) ?? null;
    if (fault !== null) this.#end(fault);
    return fault !== null;
  }

  #inThread(code: () => void): void {
    if (!this.#host.isDead) storage.run(this.#runtime.root, code);
  }

  #tell(news: () => void): void {
    inRoot(news);
  }

  #end(error: unknown): void {
    if (this.#host.isDead) return;
    this.#host.isDead = true;
    freeze([this.#runtime.root]);
    this.#run.runtimes.splice(this.#run.runtimes.indexOf(this.#runtime), 1);
    const end = { error, isOutOfMemory: false, exitCode: 1 };
    this.#outbound.send(() => this.#tell(() => this.#events.ended(end)));
  }
}
