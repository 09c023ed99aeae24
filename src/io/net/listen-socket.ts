/** Opening a listening socket: what `listen` and all that listens on top of it have in common. */
import { checkCount, checkDuration } from "../../base/check.ts";
import { AddressInUse, ListenFailed, systemCodeOf, UnknownHost } from "../errors.ts";
import {
  checkAddress,
  formatAddress,
  ipFamily,
  type Address,
  type Endpoint,
  type UnixAddress,
} from "./address.ts";
import {
  ended,
  type ListenerEvents,
  type ListeningSocket,
  type ListenSettings,
  type Network,
} from "./network.ts";

/** Where to listen. Without a host: at all addresses of the machine, IPv4 and IPv6. */
export type ListenAddress = { readonly host?: string; readonly port: number } | UnixAddress;

/** How a listening socket, and the connections that it accepts, are set up. */
export interface ListenSocketOptions {
  /** How many connections the platform holds that were not accepted yet. Default 511. */
  readonly backlog?: number;
  /** Lets several processes or threads listen at one address and share its connections. Linux, and some BSDs. Default false. */
  readonly reusePort?: boolean;
  /** Whether a server at an IPv6 address refuses connections by IPv4. Default false. */
  readonly ipv6Only?: boolean;
  /** Whether small writes are sent at once (TCP_NODELAY). Default true. */
  readonly noDelay?: boolean;
  /** After how much silence the platform probes the peer. Default `Infinity`: never. */
  readonly keepAliveMs?: number;
}

const BACKLOG = 511;
/** How long a server lets its connections end by themselves. */
export const DRAIN_MS = 30_000;

/** @throws {InvalidArgument} which names the option, of `caller`. */
export function listenSettings(caller: string, options: ListenSocketOptions): ListenSettings {
  return {
    backlog: checkCount(`backlog of ${caller}`, options.backlog ?? BACKLOG),
    reusePort: options.reusePort ?? false,
    ipv6Only: options.ipv6Only ?? false,
    noDelay: options.noDelay ?? true,
    keepAliveMs: checkDuration(`keepAliveMs of ${caller}`, options.keepAliveMs ?? Infinity),
  };
}

/** Every address of the machine is `::`, where connections by IPv4 come too. */
export function checkListenAddress(address: ListenAddress): Address {
  if (typeof address === "object" && address !== null && "port" in address && address.host === undefined)
    return checkAddress("address to listen at", { host: "::", port: address.port });
  return checkAddress("address to listen at", address as Address);
}

/** @throws {AddressInUse} @throws {ListenFailed} @throws {UnknownHost} */
export async function openListener(
  network: Network,
  at: Address,
  settings: ListenSettings,
  events: ListenerEvents,
): Promise<ListeningSocket> {
  const label = `listen at ${formatAddress(at)}`;
  const endpoint = await endpointOf(network, at);
  try {
    return await ended(label, network.listen(endpoint, settings, events));
  } catch (error) {
    const isEverywhere = "host" in at && at.host === "::" && !settings.ipv6Only;
    if (!isEverywhere || !["EAFNOSUPPORT", "EADDRNOTAVAIL"].includes(systemCodeOf(error) ?? ""))
      throw listenError(at, error);
  }
  // A machine without IPv6.
  return openListener(network, { ...at, host: "0.0.0.0" }, settings, events);
}

async function endpointOf(network: Network, at: Address): Promise<Endpoint> {
  if ("path" in at) return at;
  const family = ipFamily(at.host);
  if (family !== 0) return { address: at.host, family, port: at.port };
  try {
    const [first] = await ended(`resolve ${at.host}`, network.resolve(at.host));
    if (first !== undefined) return { ...first, port: at.port };
  } catch (error) {
    if (systemCodeOf(error) === null) throw error;
    throw new UnknownHost(at.host, error);
  }
  throw new UnknownHost(at.host, "it has no address");
}

/** The error of ours for one of the platform's; what is none of the platform's, a cancellation for one, stays what it is. */
function listenError(at: Address, error: unknown): unknown {
  const code = systemCodeOf(error);
  const address = formatAddress(at);
  if (code === null || code.startsWith("TSY_")) return error;
  if (code === "EADDRINUSE") return new AddressInUse(address, error);
  return new ListenFailed(address, error, adviceFor(at, code));
}

/** A folder that does not exist is told as EACCES as well. */
function adviceFor(at: Address, code: string): string {
  if (code === "EACCES")
    return "path" in at
      ? " Its folder does not exist, or this process may not write there."
      : " Ports below 1024 need a privilege.";
  if (code === "EADDRNOTAVAIL")
    return " This machine has no such address: give one of its own, or leave the host out for all of them.";
  return "";
}
