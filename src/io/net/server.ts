import type { Address } from "./address.ts";
import { Connections, type ConnectionPlan, type ConnectionStats } from "./connections.ts";
import { ServerLife, type ServerParts } from "./server-life.ts";

/** How a server listens, and serves its connections. */
export interface ServerPlan extends ConnectionPlan, Omit<ServerParts, "served"> {}

/**
 * Listens and serves, until it is closed: every connection is a task of its group. Made by {@link listen}.
 */
export class Server implements AsyncDisposable {
  readonly #connections: Connections;
  readonly #life: ServerLife;

  /** @internal */
  constructor({ open, drainMs, ...plan }: ServerPlan) {
    this.#connections = new Connections(plan);
    this.#life = new ServerLife({ served: this.#connections, open, drainMs });
  }

  /** Where it listens: with the port that was chosen, where 0 was asked for. */
  get address(): Address {
    return this.#life.address;
  }

  /** The port, 0 for a Unix socket. */
  get port(): number {
    return this.#life.port;
  }

  /**
   * Stops accepting, lets connections end by themselves for `drainMs` (default: what `listen` was given), cancels those that are left,
   * and waits for their end. In a cancelled scope they have 5 s at most. A second call can make the time shorter, and not longer. Called by
   * a connection of its own it does not wait: that one would wait for itself.
   *
   * Cancel safety: not a cancellation point.
   */
  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    return this.#life.close(options.drainMs);
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
    return this.#life.closed();
  }

  stats(): ConnectionStats {
    return this.#connections.stats();
  }

  /** @internal Runs the server, in a task of the background called `name`. */
  start(name: string): Promise<void> {
    return this.#life.start(name);
  }
}
