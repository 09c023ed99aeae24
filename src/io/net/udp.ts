import { checkCount } from "../../base/check.ts";
import { refusal } from "../../kernel/park.ts";
import { AddressInUse, ListenFailed, SendFailed, systemCodeOf } from "../errors.ts";
import { checkAddress, formatAddress, type HostAddress, type IpEndpoint } from "./address.ts";
import { currentResolver } from "./current-resolver.ts";
import { currentNetwork, ended, type Network, type UdpSettings } from "./network.ts";
import { addressesOf, type Resolver } from "./resolver.ts";
import { UdpSocket } from "./udp-socket.ts";
import type { UdpOptions } from "./udp-options.ts";

const MAX_QUEUED = 1_024;

/**
 * Binds a UDP socket. Port 0 lets the platform choose; the host `0.0.0.0` or `::` stands for all addresses of the machine.
 *
 * Cancel safety: a cancelled call leaves no socket.
 * @throws {AddressInUse} when another socket is bound there.
 * @throws {ListenFailed} when the platform does not let us, for another reason.
 * @throws {UnknownHost} when a host has no address.
 * @example
 * import { bindUdp } from "tsyncio/io";
 * await using server = await bindUdp({ host: "127.0.0.1", port: 0 });
 * await using client = await bindUdp({ host: "127.0.0.1", port: 0 }, { peer: server.address });
 * await client.send(new TextEncoder().encode("hello"));
 * const { bytes, from } = await server.receive();
 * console.log(new TextDecoder().decode(bytes), from.port === client.port); // hello true
 */
export function bindUdp(address: HostAddress, options: UdpOptions = {}): Promise<UdpSocket> {
  checkAddress("address to bind to", address);
  if (options.peer !== undefined) checkAddress("peer of bindUdp", options.peer);
  const maxQueued = checkCount("maxQueued of bindUdp", options.maxQueued ?? MAX_QUEUED);
  return refusal() ?? bind(address, options, maxQueued);
}

async function bind(address: HostAddress, options: UdpOptions, maxQueued: number): Promise<UdpSocket> {
  const network = currentNetwork();
  const resolver = options.resolver ?? currentResolver();
  const at = await endpointOf(address, resolver, null);
  const peer = options.peer === undefined ? null : await endpointOf(options.peer, resolver, at);
  const socket = new UdpSocket({ maxQueued, peer, resolver });
  const settings: UdpSettings = {
    reuseAddress: options.reuseAddress ?? false,
    reusePort: options.reusePort ?? false,
    ipv6Only: options.ipv6Only ?? false,
    broadcast: options.broadcast ?? false,
    ...(peer === null ? {} : { peer }),
  };
  return await bound(network, at, settings, socket);
}

async function bound(
  network: Network,
  at: IpEndpoint,
  settings: UdpSettings,
  socket: UdpSocket,
): Promise<UdpSocket> {
  const place = formatAddress(at);
  try {
    return socket.open(await ended(`bind to ${place}`, network.bind(at, settings, socket.events)));
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === null || code.startsWith("TSY_")) throw error;
    if (code === "EADDRINUSE") throw new AddressInUse(place, error);
    throw new ListenFailed(place, error);
  }
}

/** The first address of a host; of the family of `like`, where that is given. */
async function endpointOf(
  address: HostAddress,
  resolver: Resolver,
  like: IpEndpoint | null,
): Promise<IpEndpoint> {
  const addresses = await addressesOf(address.host, resolver);
  const found = addresses.find(({ family }) => like === null || family === like.family);
  if (found !== undefined) return { address: found.address, family: found.family, port: address.port };
  const reason = `it has no address of IPv${like?.family}, to which the socket is bound`;
  throw new SendFailed(formatAddress(address), 0, reason);
}
