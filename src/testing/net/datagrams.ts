/** A socket for datagrams in memory. What finds nobody, or too much on its way, is lost, as on a network. */
import type { Engine } from "../../kernel/engine.ts";
import type { Observed } from "../../kernel/instrument.ts";
import type { IpEndpoint } from "../../io/net/address.ts";
import type { Begin, DatagramEvents, DatagramSocket } from "../../io/net/network.ts";
import type { DatagramPlace, Machine } from "./machine.ts";
import { systemError } from "./system-error.ts";
import { soon } from "./packet.ts";
import type { Party } from "./party.ts";
import { endpointOf, type Wire } from "./wire.ts";

/** The longest datagram that fits into a packet of IPv4. */
const LONGEST_BYTES = 65_507;
/** So many datagrams may be on their way to one socket; more are lost. */
const MOST_ON_THE_WAY = 1_024;

export interface DatagramParts {
  readonly engine: Engine;
  readonly machine: Machine;
  readonly wire: Wire;
  readonly isShared: boolean;
  readonly ipv6Only: boolean;
  readonly events: DatagramEvents;
}

export class MemoryDatagrams implements DatagramSocket, DatagramPlace, Party {
  readonly name: string;
  readonly engine: Engine;
  readonly machine: Machine;
  readonly address: IpEndpoint;
  readonly isShared: boolean;
  readonly ipv6Only: boolean;
  readonly #wire: Wire;
  readonly #events: DatagramEvents;
  #onTheWay = 0;
  #isClosed = false;

  constructor(name: string, address: IpEndpoint, parts: DatagramParts) {
    this.name = name;
    this.address = address;
    this.engine = parts.engine;
    this.machine = parts.machine;
    this.isShared = parts.isShared;
    this.ipv6Only = parts.ipv6Only;
    this.#wire = parts.wire;
    this.#events = parts.events;
  }

  get at(): IpEndpoint {
    return this.address;
  }

  get path(): string {
    return this.name;
  }

  get task(): Observed {
    return this;
  }

  send(bytes: Uint8Array, to: IpEndpoint): Begin<void> {
    return (done, failed) => {
      let wanted = true;
      const error = this.#isClosed ? "EBADF" : bytes.length > LONGEST_BYTES ? "EMSGSIZE" : null;
      if (error === null) this.#carry(new Uint8Array(bytes), to);
      soon(this, () => {
        if (!wanted) return;
        if (error === null) done();
        else failed(systemError(error, "send", `${to.address}:${to.port}`));
      });
      return () => {
        wanted = false;
      };
    };
  }

  arrive(bytes: Uint8Array, from: IpEndpoint): void {
    if (!this.#isClosed) this.engine.guard(() => this.#events.arrived(bytes, from));
  }

  close(done: () => void): void {
    this.#isClosed = true;
    this.machine.datagrams.leave(this);
    soon(this, done);
  }

  keepAlive(): void {}

  #carry(bytes: Uint8Array, to: IpEndpoint): void {
    const machine = this.#wire.machineAt(to.address, this.machine);
    const found = machine?.datagrams.find(to);
    if (!(found instanceof MemoryDatagrams) || found.#onTheWay >= MOST_ON_THE_WAY) return;
    const from = endpointOf(this.#wire.addressOf(this.machine, to.address), this.address.port);
    found.#onTheWay++;
    let isCounted = true;
    this.#wire.carryDatagram(this, found, bytes, () => {
      // A datagram may come twice.
      if (isCounted) found.#onTheWay--;
      isCounted = false;
      found.arrive(new Uint8Array(bytes), from);
    });
  }
}
