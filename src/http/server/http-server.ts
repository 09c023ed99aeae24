import { formatAddress, type Address } from "../../io/net/address.ts";
import { ServerLife, type ServerParts } from "../../io/net/server-life.ts";
import type { Network } from "../../io/net/network.ts";
import { checkKnown, checkLimitMs } from "../check-options.ts";
import type { ServerCore } from "./core.ts";
import { HttpConnections } from "./http-connections.ts";

/** Figures about a server. What has no "now" counts from its beginning. */
export interface HttpServerStats {
  /** Connections that are open now, and those of them that have no request. */
  readonly connections: number;
  readonly idle: number;
  /** Requests that are handled now, and those that wait for their turn. */
  readonly inFlight: number;
  readonly queued: number;
  /** Connections that were accepted, those that were reset because there were too many, and those whose TLS handshake failed. */
  readonly accepted: number;
  readonly refused: number;
  readonly handshakeErrors: number;
  /** How often the platform could not accept a connection: for lack of descriptors, say. */
  readonly acceptErrors: number;
  /** Requests that came; those that got a whole reply; those whose handler was cancelled; those that got 503 unhandled. */
  readonly requests: number;
  readonly answered: number;
  readonly cancelled: number;
  readonly overloaded: number;
  /** Errors of handlers that clients are not to blame for. */
  readonly failed: number;
  /** What came and was no HTTP, and what took a client too long. */
  readonly malformed: number;
  readonly timedOut: number;
  /** Handlers that run now, though they were cancelled and the time for their end is over (`handlerGraceMs`). They count as in flight. */
  readonly stuck: number;
}

/** What became of a server's last requests, while it was closed. */
export interface CloseReport {
  /** Requests that were answered after `close` had been called. */
  readonly answered: number;
  /** Requests whose handlers were cancelled: the time was over, or the client had left. */
  readonly cancelled: number;
}

const closeOptions: ReadonlySet<string> = new Set(["drainMs"]);

/** The time that a call of `close` gives, if it does. */
export function checkDrain(options: { readonly drainMs?: number }): number | undefined {
  checkKnown("close", options, closeOptions);
  return options.drainMs === undefined ? undefined : checkLimitMs("drainMs of close", options.drainMs);
}

/** An HTTP server that listens. Made by {@link serve}. */
export class HttpServer implements AsyncDisposable {
  readonly #core: ServerCore;
  /** As it was asked for. */
  readonly #at: Address;
  readonly #connections: HttpConnections;
  readonly #life: ServerLife;
  #before: CloseReport | null = null;

  /** @internal */
  constructor(core: ServerCore, at: Address, network: Network, open: ServerParts["open"]) {
    this.#core = core;
    this.#at = at;
    this.#connections = new HttpConnections(core, network);
    this.#life = new ServerLife({ served: this.#connections, open, drainMs: core.plan.drainMs });
  }

  /** Where it listens: with the port that was chosen, where 0 was asked for. */
  get address(): Address {
    return this.#life.address;
  }

  /** The port, 0 for a Unix socket. */
  get port(): number {
    return this.#life.port;
  }

  /** The URL of `/`, as this machine sees it: `http://localhost:8080` for a server at all addresses. For a Unix socket without its path. */
  get url(): string {
    const scheme = this.#core.plan.tls === null ? "http" : "https";
    if (!("port" in this.#at)) return `${scheme}://localhost`;
    const { host } = this.#at;
    const isEverywhere = host === "::" || host === "0.0.0.0";
    return `${scheme}://${formatAddress({ host: isEverywhere ? "localhost" : host, port: this.port })}`;
  }

  /**
   * Stops accepting, has what came answered with `connection: close`, and lets it take `drainMs` (default: what `serve` was given). Then the
   * handlers that are left are cancelled, their clients get 503, and all connections are closed. In a cancelled scope there are 5 s at most.
   * A second call can make the time shorter, and not longer. It waits for handlers that do not end, too: the log names them, and their clients
   * do not wait (`handlerGraceMs`). Called by a handler of its own it does not wait: that one would wait for itself.
   *
   * Cancel safety: not a cancellation point.
   * @throws {InvalidArgument} for a `drainMs` below 0, or that is no number.
   */
  async close(options: { readonly drainMs?: number } = {}): Promise<CloseReport> {
    const drainMs = checkDrain(options);
    const { counts } = this.#core;
    this.#before ??= { answered: counts.answered, cancelled: counts.cancelled };
    const before = this.#before;
    await this.#life.close(drainMs);
    return {
      answered: counts.answered - before.answered,
      cancelled: counts.cancelled - before.cancelled,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Waits until the server is closed. Rejects with {@link ListenFailed} when its socket was lost. */
  get closed(): Promise<void> {
    return this.#life.closed();
  }

  stats(): HttpServerStats {
    const { counts, admission } = this.#core;
    return {
      connections: this.#connections.size,
      idle: this.#connections.idle,
      inFlight: admission.inFlight,
      queued: admission.queue.size,
      ...counts,
    };
  }

  /** @internal Begins to listen. */
  start(name: string): Promise<void> {
    return this.#life.start(name);
  }
}
