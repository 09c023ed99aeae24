/**
 * Acts out what `pool.ts` decides: the connections of a client in one runtime and on one network, those on their way, and those who wait.
 *
 * All of it lives in the runtime's background: a dial goes on when the one for whom it began is cancelled.
 *
 * Invariants
 * - Each connection is in `#connections` until its socket is closed.
 * - While nothing is lent and nobody waits, no connection keeps the process alive.
 */
import { withTimeoutOr } from "../../flow/time-limit.ts";
import type { Network } from "../../io/net/network.ts";
import { storage } from "../../kernel/current.ts";
import type { Host } from "../../kernel/host.ts";
import { inRoot } from "../../kernel/root-context.ts";
import { currentRuntime, type Runtime } from "../../kernel/runtime.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Task } from "../../kernel/task.ts";
import { Call, type CallOwner } from "./call.ts";
import type { CallWay } from "./call-record.ts";
import { ClientConnection, type ConnectionOwner } from "./client-connection.ts";
import { closedError, Closers } from "./closers.ts";
import type { ClientRequest, Route } from "./exchange.ts";
import { LimitClock } from "./limit-clock.ts";
import type { PoolOptions } from "./options.ts";
import { Pool } from "./pool.ts";
import type { Dial } from "./pool-parts.ts";
import type { PoolAction } from "./pool-state.ts";
import { HttpTimeout } from "./request-errors.ts";
import type { WireLimits } from "../wire/limits.ts";
import type { HttpResponse } from "./response.ts";
import type { Target } from "./target.ts";

/** What a pool leaves to its client. */
export interface PoolClient {
  readonly options: PoolOptions;
  /** The direct way to an origin. Called in the scope of the one who asks. */
  directTo(target: Target): Pick<Route, "open">;
  redirected(request: ClientRequest, response: HttpResponse): Promise<HttpResponse> | null;
}

/** A kept connection is not used in the last moments of what the server has announced: it may be closing it. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

type CallDial = Dial<Call, ClientConnection>;

export class ConnectionPool implements CallOwner, ConnectionOwner {
  readonly runtime: Runtime = currentRuntime();
  readonly network: Network;
  readonly clock: LimitClock;
  readonly #client: PoolClient;
  readonly #pool: Pool<Call, ClientConnection>;
  readonly #connections: Set<ClientConnection> = new Set();
  readonly #dials: Map<CallDial, Task | null> = new Map();
  readonly #closers: Closers = new Closers();
  #dialsAlive = 0;
  #isClosed = false;

  constructor(network: Network, client: PoolClient) {
    this.network = network;
    this.#client = client;
    this.#pool = new Pool(client.options);
    this.clock = new LimitClock((now) => this.#sweep(now));
  }

  get host(): Host {
    return this.runtime.host;
  }

  get limits(): WireLimits {
    return this.#client.options.limits;
  }

  now(): number {
    return this.runtime.host.now();
  }

  /** Sends a request on a connection, by its route or directly. The scope is the current one, and not cancelled. */
  send(request: ClientRequest, way: CallWay, scope: Scope): Promise<HttpResponse> {
    const now = this.now();
    const call = new Call(request, way, this, now);
    const promise = call.park(scope);
    this.#want(call, now);
    return promise;
  }

  stats(): ReturnType<Pool<Call, ClientConnection>["stats"]> {
    return this.#pool.stats();
  }

  leave(call: Call): void {
    this.#pool.leave(call);
  }

  giveUp(call: Call): void {
    this.#act(this.#pool.givenUp(call));
  }

  sendAgain(call: Call): void {
    this.#want(call, this.now());
  }

  redirected(request: ClientRequest, response: HttpResponse): Promise<HttpResponse> | null {
    return this.#client.redirected(request, response);
  }

  released(connection: ClientConnection, announcedMs: number | null, now: number): void {
    const { slot } = connection;
    const ms = Math.min(
      this.#client.options.keepAliveMs,
      (announcedMs ?? Infinity) - KEEP_ALIVE_MARGIN_MS,
    );
    if (slot === null || ms <= 0 || this.#isClosed) {
      connection.close();
      return;
    }
    this.#act(this.#pool.released(slot, now + ms), now);
  }

  gone(connection: ClientConnection): void {
    if (connection.slot !== null) this.#act(this.#pool.gone(connection.slot));
  }

  closed(connection: ClientConnection): void {
    this.#connections.delete(connection);
    this.#tellClosers();
  }

  /** Ends everything, and waits until every socket is closed. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.clock.stop();
      this.#act(this.#pool.closeAll(closedError));
      for (const connection of this.#connections) connection.shutDown(closedError);
    }
    if (!this.#isEmpty) await this.#closers.wait();
  }

  /** Whether nothing is open, on its way, or wanted. */
  get isUnused(): boolean {
    return this.#isEmpty && this.#pool.stats().waiting === 0;
  }

  get #isEmpty(): boolean {
    return this.#connections.size === 0 && this.#dialsAlive === 0;
  }

  #tellClosers(): void {
    if (this.#isClosed && this.#isEmpty) this.#closers.tell();
  }

  #want(call: Call, now: number): void {
    if (this.#isClosed) {
      call.failed(closedError(call));
      return;
    }
    const actions = this.#pool.wanted(call, call.key, call.isSecondTry, now);
    if (!actions.some((action) => isFor(call, action))) call.queued(now, this.#pool.hasDial(call));
    this.#act(actions, now);
  }

  #act(actions: ReadonlyArray<PoolAction<Call, ClientConnection>>, now: number = this.now()): void {
    for (const action of actions) {
      switch (action.kind) {
        case "lend":
          action.slot.connection.slot = action.slot;
          action.slot.connection.begin(action.waiter, now);
          break;
        case "keep":
          action.slot.connection.rest(action.slot);
          this.clock.arm(this.#pool.sweepAt);
          break;
        case "dial":
          this.#dial(action.waiter, action.dial);
          break;
        case "queue":
          action.waiter.queued(now, false);
          break;
        case "callOff":
          this.#dials.get(action.dial)?.cancel("nobody waits for it any more");
          this.#dials.delete(action.dial);
          break;
        case "close":
          action.connection.close();
          break;
        case "fail":
          action.waiter.connectFailed(action.error);
          break;
      }
    }
  }

  /** In the background, but in the context of the one for whom: resolvers and networks are found there. */
  #dial(call: Call, dial: CallDial): void {
    call.connecting(this.now());
    this.#dials.set(dial, null);
    this.#dialsAlive++;
    const { background } = this.runtime;
    const name = `connect to ${call.request.url.origin}`;
    const task = storage.run(call.scope as Scope, () =>
      background.spawn(name, () => this.#open(call, dial)),
    );
    if (this.#dials.has(dial)) this.#dials.set(dial, task);
  }

  /** Never fails: what goes wrong is told to those who wait. */
  async #open(call: Call, dial: CallDial): Promise<void> {
    const { connectMs } = call.request.options;
    let connection: ClientConnection | null = null;
    let error: unknown = null;
    try {
      const route = call.way.route ?? this.#client.directTo(call.request.url);
      connection = await withTimeoutOr(
        connectMs,
        () =>
          route.open((transport) => {
            const opened = new ClientConnection(transport, this);
            this.#connections.add(opened);
            return opened;
          }),
        null,
      );
      if (connection === null) error = new HttpTimeout(call.record.facts, "connectMs", connectMs);
    } catch (thrown) {
      error = thrown;
    }
    inRoot(() => this.#opened(dial, connection, error));
  }

  #opened(dial: CallDial, connection: ClientConnection | null, error: unknown): void {
    this.#dialsAlive--;
    const isWanted = this.#dials.delete(dial);
    const { keepAliveMs } = this.#client.options;
    if (!isWanted) connection?.close();
    else if (connection === null) this.#act(this.#pool.dialFailed(dial, error));
    else if (connection.isGone) this.#act(this.#pool.dialFailed(dial, connection.closedError()));
    else this.#act(this.#pool.dialed(dial, connection, this.now() + keepAliveMs));
    this.#tellClosers();
  }

  #sweep(now: number): number {
    this.#act(this.#pool.expire(now));
    return this.#pool.sweepAt;
  }
}

/** Whether it has, or begins, the connection of a call: that one has not to wait for its turn. */
function isFor(call: Call, action: PoolAction<Call, ClientConnection>): boolean {
  return (action.kind === "lend" || action.kind === "dial") && action.waiter === call;
}
