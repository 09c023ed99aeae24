/**
 * A structured server: every connection is a task of its group.
 *
 * States:  opening -> listening -> (close, the end of the runtime, or a loss) draining -> cancelling what is left -> closed.
 *
 * Invariants
 * - A connection that the network hands over has its stream in the same turn: in a task, or destroyed.
 * - Whatever ends the server, its socket is closed first, so that no connection can come while the others end.
 * - `#closed` is settled when no task of it is alive.
 */
import { checkDuration } from "../../base/check.ts";
import { cancellationIn } from "../../kernel/cancellation-in.ts";
import { currentScope } from "../../kernel/current.ts";
import { FirmWait } from "../../kernel/park.ts";
import { inRoot } from "../../kernel/root-context.ts";
import type { Scope } from "../../kernel/scope.ts";
import { withTaskGroup, type Ready, type TaskGroup } from "../../kernel/task-group.ts";
import { withShield, withTimeoutOr } from "../../flow/time-limit.ts";
import { Future } from "../../sync/future.ts";
import type { Address } from "./address.ts";
import { Connections, type ConnectionPlan, type ConnectionStats } from "./connections.ts";
import type { ListenerEvents, ListeningSocket } from "./network.ts";

/** What a server is made of. */
export interface ServerPlan extends ConnectionPlan {
  readonly open: (events: ListenerEvents) => Promise<ListeningSocket>;
  readonly drainMs: number;
}

/** In a cancelled scope, so long may connections go on when the server is closed. */
const CLOSE_MS = 5_000;

/** Listens and serves, until it is closed. Made by {@link listen}. */
export class Server implements AsyncDisposable {
  readonly #plan: ServerPlan;
  readonly #connections: Connections;
  /** Asked to stop; for how long connections may go on. */
  readonly #stop: Future<number> = new Future({ name: "a request to close the server" });
  readonly #closed: Future<void> = new Future({ name: "the server to be closed" });
  #socket: ListeningSocket | null = null;
  /** Where the server and its connections live. */
  #scope: Scope | null = null;

  /** @internal */
  constructor(plan: ServerPlan) {
    this.#plan = plan;
    this.#connections = new Connections(plan, (error) => this.#lost(error));
  }

  /** Where it listens: with the port that was chosen, where 0 was asked for. */
  get address(): Address {
    return (this.#socket as ListeningSocket).address;
  }

  /** The port, 0 for a Unix socket. */
  get port(): number {
    const { address } = this;
    return "port" in address ? address.port : 0;
  }

  /**
   * Stops accepting, lets connections end by themselves for `drainMs` (default: what `listen` was given), cancels those that are left,
   * and waits for their end. In a cancelled scope they have 5 s at most. Twice is the same as once. Called by a connection of its own it
   * does not wait: that one would wait for itself.
   *
   * Cancel safety: not a cancellation point.
   */
  async close(options: { readonly drainMs?: number } = {}): Promise<void> {
    const drainMs = checkDuration("drainMs of close", options.drainMs ?? this.#plan.drainMs);
    const isCancelled = currentScope().blocked !== null;
    if (this.#stop.state === "pending")
      this.#stop.resolve(isCancelled ? Math.min(drainMs, CLOSE_MS) : drainMs);
    if (!isBelow(currentScope(), this.#scope))
      await withShield(Infinity, () => this.#closed.wait()).catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Waits until the server is closed.
   *
   * @throws {ListenFailed} when its socket was lost.
   */
  closed(): Promise<void> {
    return this.#closed.wait();
  }

  stats(): ConnectionStats {
    return this.#connections.stats();
  }

  /** @internal Runs the server, in a task of the background. */
  async serve(ready: Ready<Server>): Promise<void> {
    this.#scope = currentScope();
    try {
      await withTaskGroup((group) => this.#listen(group, ready));
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

  async #listen(group: TaskGroup, ready: Ready<Server>): Promise<void> {
    this.#connections.begin(group);
    const socket = await this.#plan.open(this.#connections);
    this.#socket = socket;
    let drainMs: number;
    try {
      ready(this);
      drainMs = await this.#stop.wait();
    } finally {
      await closed(socket);
    }
    await withTimeoutOr(drainMs, () => this.#connections.idle(), undefined);
    group.cancelTasks("the server has been closed");
  }

  #lost(error: Error): void {
    if (this.#stop.state === "pending") this.#stop.reject(error);
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
