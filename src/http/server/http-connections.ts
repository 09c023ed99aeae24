/** The connections of an HTTP server, from the turn in which the network hands them over until they are gone. */
import { currentScope } from "../../kernel/current.ts";
import { inRoot } from "../../kernel/root-context.ts";
import type { TaskGroup } from "../../kernel/task-group.ts";
import type { Network } from "../../io/net/network.ts";
import { reasonOf } from "../../io/errors.ts";
import type { Served } from "../../io/net/server-life.ts";
import type { Transport } from "../../io/stream/transport.ts";
import { Event } from "../../sync/event.ts";
import { ServerConnection } from "./connection.ts";
import type { ServerCore } from "./core.ts";
import { Handshake } from "./handshake.ts";

export class HttpConnections implements Served {
  readonly #core: ServerCore;
  readonly #network: Network;
  readonly #connections: Set<ServerConnection> = new Set();
  readonly #handshakes: Set<Handshake> = new Set();
  readonly #isEmpty: Event = new Event();
  readonly #onClosed: (connection: ServerConnection) => void;

  constructor(core: ServerCore, network: Network) {
    this.#core = core;
    this.#network = network;
    this.#isEmpty.set();
    this.#onClosed = (connection) => {
      this.#connections.delete(connection);
      this.#look();
    };
  }

  /** How many there are, those that shake hands included. */
  get size(): number {
    return this.#connections.size + this.#handshakes.size;
  }

  /** How many are without a request. */
  get idle(): number {
    let idle = 0;
    for (const connection of this.#connections) if (connection.isIdle) idle++;
    return idle;
  }

  begin(group: TaskGroup): void {
    this.#core.begin(group, currentScope());
  }

  connected(transport: Transport): void {
    const { counts, plan } = this.#core;
    if (this.size >= plan.maxConnections || this.#core.isStopped) {
      counts.refused++;
      transport.destroy(true);
      return;
    }
    counts.accepted++;
    this.#isEmpty.clear();
    const { tls } = plan;
    if (tls === null) {
      this.#take(transport);
      return;
    }
    const handshake = new Handshake(this.#core, transport, (secured) => {
      this.#handshakes.delete(handshake);
      if (secured === null) this.#look();
      else this.#take(secured);
    });
    this.#handshakes.add(handshake);
    const begin = this.#core.inContext(() => this.#network.secureServer(transport, null, tls));
    inRoot(() => handshake.begin(begin));
  }

  acceptFailed(error: unknown): void {
    const { counts, runtime } = this.#core;
    counts.acceptErrors++;
    const message = `a connection could not be accepted: ${reasonOf(error)}.`;
    runtime.log({ level: "warning", code: "TSY_ACCEPT_FAILED", message });
  }

  async drained(): Promise<void> {
    const core = this.#core;
    core.isDraining = true;
    for (const connection of this.#connections) connection.drain();
    await this.#isEmpty.wait();
  }

  cancelling(): void {
    this.#core.stop();
    for (const connection of this.#connections) connection.cancelling();
    this.#core.closeWaits();
  }

  async dropped(): Promise<void> {
    const core = this.#core;
    for (const handshake of this.#handshakes) handshake.callOff();
    for (const connection of this.#connections) connection.part();
    await this.#isEmpty.wait();
    core.phases.stop();
  }

  #take(transport: Transport): void {
    const connection = new ServerConnection(this.#core, transport, this.#onClosed);
    this.#connections.add(connection);
    if (this.#core.isDraining) connection.drain();
  }

  #look(): void {
    if (this.size === 0) this.#isEmpty.set();
  }
}
