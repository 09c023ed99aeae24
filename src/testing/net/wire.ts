/**
 * What carries packets between the machines of a network: at once, or as a simulated link does.
 *
 * Everything above it (ports, connections, their states) is the same for a network in memory and for a simulated one.
 */
import type { IpEndpoint } from "../../io/net/address.ts";
import type { ResolvedAddress } from "../../io/net/network.ts";
import type { Machine } from "./machine.ts";
import type { Packet } from "./packet.ts";
import type { Party, Receiver } from "./party.ts";

/** One direction of one connection. */
export interface Flow {
  /** Delivers `packet` to the receiver: later, and after all that were sent before. */
  send(packet: Packet): void;
}

export interface Wire {
  /** How many bytes a sender may have on their way. */
  readonly windowBytes: number;
  resolve(name: string, from: Machine): readonly ResolvedAddress[] | null;
  /** The machine that has an address, seen from another one; null where there is none. */
  machineAt(address: string, from: Machine): Machine | null;
  /** The address under which `from` is seen by the one at `to`. */
  addressOf(from: Machine, to: string): string;
  flow(from: Receiver, to: Receiver): Flow;
  /** Calls `arrive` when a datagram has reached `to`: once, never, twice, or out of order. */
  carryDatagram(from: Party, to: Party, bytes: Uint8Array, arrive: () => void): void;
}

export function familyOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}

export function endpointOf(address: string, port: number): IpEndpoint {
  return { address, family: familyOf(address), port };
}
