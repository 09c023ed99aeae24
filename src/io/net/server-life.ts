/**
 * The life of a server: of its listening socket, and of the group in which what it serves lives. What it serves, and how, is the affair
 * of its `Served`.
 *
 * States:  opening -> listening -> (close, the end of the runtime, or a loss) draining -> cancelling what is left -> closed.
 *
 * Invariants
 * - Whatever ends the server, its socket is closed first, so that no connection can come while the others end.
 * - The time to drain ends at the earliest of the instants that the calls of `close` have asked for.
 * - `#closed` is settled when no task of it is alive, and all that it served is gone.
 */
import { checkDuration } from "../../base/check.ts";
import { cancellationIn } from "../../kernel/cancellation-in.ts";
import { currentScope } from "../../kernel/current.ts";
import { FirmWait } from "../../kernel/park.ts";
import { inRoot } from "../../kernel/root-context.ts";
import { currentRuntime } from "../../kernel/runtime.ts";
import type { Scope } from "../../kernel/scope.ts";
import { withTaskGroup, type TaskGroup } from "../../kernel/task-group.ts";
import { race } from "../../flow/race.ts";
import { withShield } from "../../flow/time-limit.ts";
import { Future } from "../../sync/future.ts";
import type { Address } from "./address.ts";
import { Countdown } from "./countdown.ts";
import { ListenFailed } from "../errors.ts";
import type { ListenerEvents, ListeningSocket } from "./network.ts";

/** What a server serves: the socket delivers here, and the life of the server says what becomes of what was delivered. */
export interface Served {
  /** From now on connections come; what they need of tasks is spawned in `group`. */
  begin(group: TaskGroup): void;
  connected: ListenerEvents["connected"];
  /** A connection could not be accepted. The socket listens on. */
  acceptFailed(error: unknown): void;
  /** No connection comes any more. Those that are there may end by themselves; waits until none is left. */
  drained(): Promise<void>;
  /** The time for that is over, or the server is cancelled: so are now the tasks of the group that are left. */
  cancelling(): void;
  /** No task of the group is left. Waits until nothing is open. */
  dropped(): Promise<void>;
}

/** What a server is made of. */
export interface ServerParts {
  readonly served: Served;
  readonly open: (events: ListenerEvents) => Promise<ListeningSocket>;
  readonly drainMs: number;
}

/** In a cancelled scope, so long may connections go on when the server is closed. */
const CLOSE_MS = 5_000;

export class ServerLife {
  readonly #parts: ServerParts;
  readonly #stop: Future<void> = new Future({ name: "a request to close the server" });
  readonly #closed: Future<void> = new Future({ name: "the server to be closed" });
  /** For how long connections may go on once the server is asked to stop. */
  readonly #drain: Countdown = new Countdown(currentRuntime());
  #socket: ListeningSocket | null = null;
  /** Where the server and what it serves live. */
  #scope: Scope | null = null;

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  get address(): Address {
    return (this.#socket as ListeningSocket).address;
  }

  /** The port, 0 for a Unix socket. */
  get port(): number {
    const { address } = this;
    return "port" in address ? address.port : 0;
  }

  /** Runs the server in a task of the background, called `name`. Resolves when connections are accepted. */
  async start(name: string): Promise<void> {
    await currentRuntime().background.start<void>(name, (ready) => this.#serve(ready));
  }

  async close(drainMs: number = this.#parts.drainMs): Promise<void> {
    const ms = checkDuration("drainMs of close", drainMs);
    const isCancelled = currentScope().blocked !== null;
    if (this.#closed.state === "pending") this.#drain.shorten(isCancelled ? Math.min(ms, CLOSE_MS) : ms);
    if (this.#stop.state === "pending") this.#stop.resolve();
    if (!isBelow(currentScope(), this.#scope))
      await withShield(Infinity, () => this.#closed.wait()).catch(() => {});
  }

  /**
   * Waits until the server is closed.
   *
   * @throws {ListenFailed} when its socket was lost.
   */
  closed(): Promise<void> {
    return this.#closed.wait();
  }

  async #serve(ready: () => void): Promise<void> {
    this.#scope = currentScope();
    try {
      await this.#run(ready);
    } catch (error) {
      const isCancelled = cancellationIn(currentScope(), error) !== null;
      if (isCancelled) this.#closed.resolve();
      else this.#closed.reject(error);
      // Once it listens, whoever waits for `closed` is told; the background is where nobody listens.
      if (isCancelled || this.#socket === null) throw error;
      return;
    }
    this.#closed.resolve();
  }

  async #run(ready: () => void): Promise<void> {
    try {
      await withTaskGroup((group) => this.#listen(group, ready));
    } finally {
      await withShield(Infinity, () => this.#parts.served.dropped());
    }
  }

  async #listen(group: TaskGroup, ready: () => void): Promise<void> {
    const { served, open } = this.#parts;
    served.begin(group);
    const socket = await open({
      connected: (transport) => served.connected(transport),
      failed: (error) => served.acceptFailed(error),
      lost: (error) => this.#lost(error),
    });
    this.#socket = socket;
    try {
      await this.#untilStopped(socket, ready);
      await race([() => served.drained(), () => this.#drain.over()]);
    } finally {
      this.#drain.stop();
      served.cancelling();
    }
    group.cancelTasks("the server has been closed");
  }

  async #untilStopped(socket: ListeningSocket, ready: () => void): Promise<void> {
    try {
      ready();
      await this.#stop.wait();
    } finally {
      await closed(socket);
    }
  }

  #lost(error: unknown): void {
    if (this.#stop.state === "pending")
      this.#stop.reject(new ListenFailed("the address of a server", error));
  }
}

function isBelow(scope: Scope, above: Scope | null): boolean {
  for (let at: Scope | null = scope; at !== null; at = at.parent) if (at === above) return true;
  return false;
}

/** Closes a socket, and waits until its address is free. */
function closed(socket: ListeningSocket): Promise<void> {
  const wait = new FirmWait<void>(currentScope(), "a listening socket to close");
  const promise = wait.park();
  inRoot(() => socket.close(() => wait.wake()));
  return promise;
}
