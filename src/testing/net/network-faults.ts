/** Which faults a simulated network can have, and where they are offered. */
import type { Observed } from "../../kernel/instrument.ts";
import type { Chooser } from "../course.ts";

/** Faults of the network between simulated hosts. Each is offered at every packet it can strike. */
export interface NetworkFaultOptions {
  /** Resets a connection: both ends lose it, with what is on its way. */
  readonly reset?: boolean;
  /** Holds up what a connection carries for 3 s. */
  readonly stall?: boolean;
  /** Cuts two hosts off from each other for 45 s: longer than connections with unsent data last. */
  readonly partition?: boolean;
  /** Loses a datagram. */
  readonly loss?: boolean;
  /** Delivers a datagram twice. */
  readonly copies?: boolean;
}

export type NetworkFault = keyof NetworkFaultOptions;
/** What can strike a host: its process ends, and peers are told; or it is dark at once, and they are not. */
export type HostFault = "crash" | "silent crash";
export type Strike = NetworkFault | HostFault;

export const networkFaults: readonly NetworkFault[] = ["reset", "stall", "partition", "loss", "copies"];

/** All that `value` asks for, each by name. */
export function networkFaultsIn(value: boolean | NetworkFaultOptions): Required<NetworkFaultOptions> {
  const wanted = (fault: NetworkFault): boolean =>
    typeof value === "boolean" ? value : value[fault] === true;
  return Object.fromEntries(
    networkFaults.map((fault) => [fault, wanted(fault)]),
  ) as Required<NetworkFaultOptions>;
}

export function hasNetworkFaults(value: boolean | NetworkFaultOptions | undefined): boolean {
  return typeof value === "object"
    ? networkFaults.some((fault) => value[fault] === true)
    : value === true;
}

/** Offers what may strike, and gives what was chosen. */
export class Strikes {
  readonly #chooser: Chooser;
  readonly #enabled: ReadonlySet<Strike>;

  constructor(chooser: Chooser, network: boolean | NetworkFaultOptions, crashHosts: boolean) {
    this.#chooser = chooser;
    const wanted = networkFaultsIn(network);
    const enabled = new Set<Strike>(networkFaults.filter((fault) => wanted[fault]));
    if (crashHosts) enabled.add("crash").add("silent crash");
    this.#enabled = enabled;
  }

  choose(possible: readonly Strike[], who: Observed): Strike | null {
    if (this.#enabled.size === 0) return null;
    const offered = possible.filter((strike) => this.#enabled.has(strike));
    if (offered.length === 0) return null;
    return offered[this.#chooser.choose("fault", 1 + offered.length, [who]) - 1] ?? null;
  }
}
