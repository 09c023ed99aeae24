import { checkCount, checkDuration, checkFunction } from "../../base/check.ts";
import { currentRuntime } from "../../kernel/runtime.ts";
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
  currentNetwork,
  ended,
  type ListenerEvents,
  type ListeningSocket,
  type ListenSettings,
  type Network,
} from "./network.ts";
import type { ConnectionHandler } from "./connections.ts";
import { Server, type ServerPlan } from "./server.ts";
import { checkTlsServerOptions } from "./tls.ts";
import type { TlsServerOptions } from "./tls-options.ts";

/** Where to listen. Without a host: at all addresses of the machine, IPv4 and IPv6. */
export type ListenAddress = { readonly host?: string; readonly port: number } | UnixAddress;

/** How a server listens, and how it ends. */
export interface ListenOptions {
  /** Makes every connection a TLS one. */
  readonly tls?: TlsServerOptions;
  /** So many connections at the same time, at most; further ones are reset, and counted as refused. Default: no bound. */
  readonly maxConnections?: number;
  /** How long `close` lets connections end by themselves before it cancels them. Default 30,000. */
  readonly drainMs?: number;
  /** Told of an error that a handler threw, other than a connection that was lost or ended too soon. Default: a warning in the log. */
  readonly onError?: (error: unknown) => void;
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
const DRAIN_MS = 30_000;

/**
 * Listens, and runs `handler` for each connection, in a task of its own. Resolves when connections are accepted.
 *
 * The stream is closed when its handler returns or is cancelled, and cut when it throws an error. An error of a handler ends its connection only: what the peer
 * brings about (a lost connection, data that ends too soon or is over a limit, a failed handshake) is counted, anything else goes to
 * `onError`. The server lives under the runtime, not under the caller's scope: leave it by `await using`, or call `close`. Handlers run in
 * the context of the caller.
 *
 * Cancel safety: a cancelled call listens no more.
 * @throws {AddressInUse} when somebody else listens there.
 * @throws {ListenFailed} when the platform does not let us, for another reason.
 * @throws {UnknownHost} when the host has no address.
 * @example
 * import { connect, listen } from "tsyncio/io";
 * await using server = await listen({ host: "127.0.0.1", port: 0 }, (stream) => stream.write("hello"));
 * await using stream = await connect(server.address);
 * console.log(await stream.readText()); // hello
 */
export function listen(
  address: ListenAddress,
  handler: ConnectionHandler,
  options: ListenOptions = {},
): Promise<Server> {
  const at = checkListenAddress(address);
  checkFunction("handler of listen", handler);
  if (options.onError !== undefined) checkFunction("onError of listen", options.onError);
  if (options.tls !== undefined) checkTlsServerOptions("listen", options.tls);
  const settings = settingsOf(options);
  const network = currentNetwork();
  const plan: ServerPlan = {
    handler,
    open: (events) => open(network, at, settings, events),
    tls: options.tls ?? null,
    maxConnections: checkCount("maxConnections of listen", options.maxConnections ?? Infinity, 0),
    drainMs: checkDuration("drainMs of listen", options.drainMs ?? DRAIN_MS),
    onError: options.onError ?? null,
  };
  return serveAt(at, plan);
}

async function serveAt(at: Address, plan: ServerPlan): Promise<Server> {
  const { background } = currentRuntime();
  return await background.start<Server>(`server at ${formatAddress(at)}`, (ready) =>
    new Server(plan).serve(ready),
  );
}

function settingsOf(options: ListenOptions): ListenSettings {
  return {
    backlog: checkCount("backlog of listen", options.backlog ?? BACKLOG),
    reusePort: options.reusePort ?? false,
    ipv6Only: options.ipv6Only ?? false,
    noDelay: options.noDelay ?? true,
    keepAliveMs: checkDuration("keepAliveMs of listen", options.keepAliveMs ?? Infinity),
  };
}

/** Every address of the machine is `::`, where connections by IPv4 come too. */
function checkListenAddress(address: ListenAddress): Address {
  if (typeof address === "object" && address !== null && "port" in address && address.host === undefined)
    return checkAddress("address to listen at", { host: "::", port: address.port });
  return checkAddress("address to listen at", address as Address);
}

async function open(
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
  return open(network, { ...at, host: "0.0.0.0" }, settings, events);
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
