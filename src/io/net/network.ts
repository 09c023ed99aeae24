/**
 * What sockets ask of the world: of the platform's network, of a pipe in memory, of a simulated network.
 *
 * The interface has no waits and no policy: names, attempts, limits and cancellation are above it, and so are the same on each.
 * Implementations live in `host/` (the platform) and `testing/`.
 *
 * Which network serves a call: the one given by `withNetwork`, else that of the runtime's host (a simulated host has one of its
 * own), else the platform's.
 */
import type { Host } from "../../kernel/host.ts";
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { NoHost } from "../../kernel/errors.ts";
import { ContextVar } from "../../kernel/context-var.ts";
import { currentScope } from "../../kernel/current.ts";
import { park } from "../../kernel/park.ts";
import { inRoot } from "../../kernel/root-context.ts";
import type { Transport } from "../stream/transport.ts";
import type { Address, Endpoint, IpEndpoint } from "./address.ts";
import type { TlsClientOptions, TlsServerOptions } from "./tls-options.ts";

/**
 * Something that begins at once and ends once: `done` or `failed` is called, never from within `begin` itself. Returns what calls it
 * off: then neither is called, and what was acquired is given back. It is called in the root context.
 */
export type Begin<T> = (done: (value: T) => void, failed: (error: unknown) => void) => () => void;

/** An IP address that a name stands for. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
  /** For how long it may be remembered; `undefined` where the resolver does not say. */
  readonly ttlMs?: number;
}

/** How a connected socket is set up. */
export interface SocketSettings {
  /** Whether small writes are sent at once (TCP_NODELAY). */
  readonly noDelay: boolean;
  /** After how much silence the platform probes the peer; `Infinity` for never. */
  readonly keepAliveMs: number;
}

export interface ConnectSettings extends SocketSettings {
  /** The local address to connect from; null lets the platform choose. */
  readonly localAddress: string | null;
  /** The local port; 0 lets the platform choose. */
  readonly localPort: number;
}

export interface ListenSettings extends SocketSettings {
  /** How many connections the platform holds that were not accepted yet. */
  readonly backlog: number;
  /** Whether several processes or threads may listen at one address and share its connections. */
  readonly reusePort: boolean;
  /** Whether a socket for IPv6 refuses connections by IPv4. */
  readonly ipv6Only: boolean;
}

/** Where a listening socket delivers. Never from within a call of ours. */
export interface ListenerEvents {
  /** A peer has connected. The transport is to be started, or destroyed, before this returns. */
  connected(transport: Transport): void;
  /** A connection could not be accepted. The socket listens on. */
  failed(error: unknown): void;
  /** The socket listens no more, and nobody asked for that. */
  lost(error: unknown): void;
}

export interface ListeningSocket {
  /** Where it listens, with the port that was chosen. */
  readonly address: Address;
  /** Stops listening; connections that were accepted stay. `done` is called when the address is free again. */
  close(done: () => void): void;
  keepAlive(yes: boolean): void;
}

export interface UdpSettings {
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly ipv6Only: boolean;
  readonly broadcast: boolean;
  /** The one peer to exchange datagrams with. The platform tells then when it refuses them. */
  readonly peer?: IpEndpoint;
}

export interface DatagramEvents {
  arrived(bytes: Uint8Array, from: IpEndpoint): void;
  /** An error that no single send can be blamed for: a refused one that a connected peer reported, say. */
  failed(error: unknown): void;
}

export interface DatagramSocket {
  readonly address: IpEndpoint;
  /** Sends one datagram. The array is the socket's until it is done. */
  send(bytes: Uint8Array, to: IpEndpoint): Begin<void>;
  close(done: () => void): void;
  keepAlive(yes: boolean): void;
}

/** Its methods are called in the scope of the one who waits; what they return is begun in the root context. */
export interface Network {
  /** The addresses of a host name, in the order of the resolver. Fails with the platform's error where there is none. */
  resolve(name: string): Begin<readonly ResolvedAddress[]>;
  /** One attempt at one endpoint. */
  connect(to: Endpoint, settings: ConnectSettings): Begin<Transport>;
  listen(at: Endpoint, settings: ListenSettings, events: ListenerEvents): Begin<ListeningSocket>;
  bind(at: IpEndpoint, settings: UdpSettings, events: DatagramEvents): Begin<DatagramSocket>;
  /** The client's end of a TLS handshake over a transport that is not started, or was detached from its stream with `unread` bytes. */
  secureClient(plain: Transport, unread: Uint8Array | null, options: TlsClientOptions): Begin<Transport>;
  /** Throws the platform's error for certificates and keys with which no handshake can succeed. Missing where there are none such. */
  prepareServer?(options: TlsServerOptions): void;
  secureServer(plain: Transport, unread: Uint8Array | null, options: TlsServerOptions): Begin<Transport>;
}

let platform: Network | null = null;
const ambient = new ContextVar<Network | null>("network", null);

/** Says which network the platform has. Called by the entry. */
export function installNetwork(network: Network): void {
  platform ??= network;
}

/** Where a host carries the network that is its own. A weak map would cost each of many thousand simulated runs more than its tasks do. */
const OWN_NETWORK: unique symbol = Symbol("tsyncio.network");

interface NetworkHost extends Host {
  [OWN_NETWORK]?: Network | (() => Network);
}

/** Gives a simulated host a network of its own, which is made when it is first asked for. */
export function setNetworkOf(host: NetworkHost, make: () => Network): void {
  host[OWN_NETWORK] = make;
}

function networkOf(host: NetworkHost): Network | null {
  const own = host[OWN_NETWORK] ?? null;
  if (typeof own !== "function") return own;
  return (host[OWN_NETWORK] = own());
}

/** Whether a host is a simulated one: it has a network of its own, and nothing on it takes real time. */
export function isSimulated(host: Host): boolean {
  return OWN_NETWORK in host;
}

/** The network that serves the calling code. */
export function currentNetwork(): Network {
  const network = ambient.get() ?? networkOf(currentScope().engine.host) ?? platform;
  if (network === null) throw new NoHost();
  return network;
}

/**
 * Runs `fn` with another network: all connections and listeners of it, and of the tasks it begins, go there.
 *
 * @example
 * import { connect, listen, withNetwork } from "tsyncio/io";
 * import { MemoryNetwork } from "tsyncio/testing";
 * await withNetwork(new MemoryNetwork(), async () => {
 *   await using server = await listen({ host: "shop", port: 80 }, (stream) => stream.write("hello"));
 *   await using stream = await connect({ host: "shop", port: 80 });
 *   console.log(await stream.readText()); // hello
 * });
 */
export function withNetwork<T>(network: Network, fn: () => T): T {
  if (typeof network !== "object" || network === null || typeof network.connect !== "function")
    throw new InvalidArgument(`network of withNetwork is ${show(network)}. Give a Network.`);
  return ambient.run(network, fn);
}

/** Waits for the end of something that a network began. A cancelled wait has called it off. */
export function ended<T>(label: string, begin: Begin<T>): Promise<T> {
  return park(label, (wake, fail) => inRoot(() => begin(wake, fail)));
}
