import type { HostAddress } from "./address.ts";
import type { Resolver } from "./resolver.ts";

/** A message that came by UDP. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: HostAddress;
}

/** How a UDP socket is set up. */
export interface UdpOptions {
  /** The one peer to exchange datagrams with: those of others are ignored, and `send` needs no address. */
  readonly peer?: HostAddress;
  /** How many datagrams are kept for a slow reader; further ones are dropped, and counted. Default 1,024. */
  readonly maxQueued?: number;
  /** Lets several sockets bind to one address. Which of them gets a datagram is the platform's affair. Default false. */
  readonly reuseAddress?: boolean;
  /** Lets several processes or threads bind to one address and share its datagrams. Linux, and some BSDs. Default false. */
  readonly reusePort?: boolean;
  /** Whether a socket at an IPv6 address refuses IPv4. Default false. */
  readonly ipv6Only?: boolean;
  /** Whether it may send to broadcast addresses. Default false. */
  readonly broadcast?: boolean;
  /** Who finds the addresses of hosts. Default: as for `connect`. */
  readonly resolver?: Resolver;
}

/** Figures about a UDP socket. */
export interface UdpStats {
  readonly received: number;
  readonly sent: number;
  /** Datagrams that came while `maxQueued` were waiting to be read, and are lost. */
  readonly dropped: number;
  /** Datagrams of others than the peer. */
  readonly ignored: number;
  /** Errors that the platform told of and no send could be blamed for. */
  readonly errors: number;
  readonly queued: number;
}
