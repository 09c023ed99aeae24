import { checkDuration, show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { withTimeoutOr } from "../../flow/time-limit.ts";
import { currentScope } from "../../kernel/current.ts";
import { refusal } from "../../kernel/park.ts";
import { ConnectFailed } from "../errors.ts";
import { ByteStream } from "../stream/byte-stream.ts";
import type { Transport } from "../stream/transport.ts";
import { raceAddresses } from "./address-race.ts";
import {
  checkAddress,
  checkPort,
  formatAddress,
  ipFamily,
  type Address,
  type HostAddress,
} from "./address.ts";
import { connectError, mostTelling } from "./connect-errors.ts";
import { currentResolver } from "./current-resolver.ts";
import { currentNetwork, ended, type ConnectSettings, type Network } from "./network.ts";
import { addressesOf, type Resolver } from "./resolver.ts";
import { checkTlsOptions, shakeHands } from "./tls.ts";
import type { TlsClientOptions } from "./tls-options.ts";

/** How to connect. */
export interface ConnectOptions {
  /** Makes the connection a TLS one; `true` for the defaults. */
  readonly tls?: boolean | TlsClientOptions;
  /** How long it may take, the look-up of the name and the TLS handshake included, in milliseconds. Default 30,000. */
  readonly connectMs?: number;
  /** After how long the next address of the host is tried as well, in milliseconds. Default 250, as RFC 8305 recommends. */
  readonly attemptDelayMs?: number;
  /** Who finds the addresses of the host. Default: that of `withResolver`, else the network's with a cache before it. */
  readonly resolver?: Resolver;
  /** The IP address of this machine to connect from. */
  readonly localAddress?: string;
  /** The local port. Default 0: the platform chooses. */
  readonly localPort?: number;
  /** Whether small writes are sent at once (TCP_NODELAY). Default true. */
  readonly noDelay?: boolean;
  /** After how much silence the platform probes the peer, in milliseconds. Default `Infinity`: never. */
  readonly keepAliveMs?: number;
}

const CONNECT_MS = 30_000;
const ATTEMPT_DELAY_MS = 250;

/** The options of a call, checked, and what it works on. */
interface ConnectPlan {
  readonly address: Address;
  readonly network: Network;
  readonly settings: ConnectSettings;
  readonly resolver: Resolver;
  readonly tls: TlsClientOptions | null;
  readonly attemptDelayMs: number;
}

/**
 * Connects to an address: by TCP, or to a Unix socket; with TLS where `tls` says so.
 *
 * The addresses of a host are tried a little apart and side by side, IPv6 and IPv4 in turns, until one connects (RFC 8305).
 * The stream belongs to the caller: `await using`, or `close`.
 *
 * Cancel safety: a cancelled call leaves no connection and no attempt.
 * @throws {UnknownHost} when the host has no address.
 * @throws {ConnectionRefused} when nobody listens there.
 * @throws {ConnectionReset} when the peer accepts the connection and resets it in the same breath.
 * @throws {ConnectFailed} when it fails for another reason, or takes longer than `connectMs`. Where several addresses were tried it is
 * the most telling error, with the others in `suppressedErrors`.
 * @throws {TlsFailed} when the TLS handshake fails.
 * @example
 * import { connect, listen } from "tsyncio/io";
 * await using server = await listen({ host: "127.0.0.1", port: 0 }, async (stream) => {
 *   await stream.write(`hello, ${await stream.readLine()}`);
 * });
 * await using stream = await connect({ host: "localhost", port: server.port });
 * await stream.write("world\n");
 * console.log(await stream.readText()); // hello, world
 */
export function connect(address: Address, options: ConnectOptions = {}): Promise<ByteStream> {
  const plan = planOf(address, options);
  const connectMs = checkDuration("connectMs of connect", options.connectMs ?? CONNECT_MS);
  return refusal() ?? connectIn(plan, connectMs);
}

/** Makes something of a transport that is not started: it starts or destroys it before it returns. */
export type TakeTransport<T> = (transport: Transport) => T;

/** A connection that is yet to be opened: the same checks and steps as {@link connect}, for what is no stream. */
export class Connector {
  readonly #plan: ConnectPlan;

  /** @throws {InvalidArgument} */
  constructor(address: Address, options: ConnectOptions) {
    this.#plan = planOf(address, options);
  }

  /**
   * Opens it, by the network and resolver of whoever made the connector. There is no limit in time: that is the caller's.
   *
   * Cancel safety: a cancelled call leaves no connection and no attempt; what `take` made is delivered.
   */
  open<T>(take: TakeTransport<T>): Promise<T> {
    return open(this.#plan, take);
  }
}

/**
 * The checks that {@link connect} makes, for options that are used later.
 *
 * @throws {InvalidArgument} which names `caller`.
 */
export function checkConnectOptions(caller: string, address: Address, options: ConnectOptions): void {
  settingsOf(options, caller);
  tlsOf(address, options.tls ?? false, caller);
  checkDuration(`attemptDelayMs of ${caller}`, options.attemptDelayMs ?? ATTEMPT_DELAY_MS);
}

const asStream = (transport: Transport): ByteStream => new ByteStream(transport);

async function connectIn(plan: ConnectPlan, connectMs: number): Promise<ByteStream> {
  const stream = await withTimeoutOr(connectMs, () => open(plan, asStream), null);
  if (stream !== null) return stream;
  throw new ConnectFailed(
    formatAddress(plan.address),
    `it took longer than ${connectMs} ms`,
    " Raise connectMs if the way is that long.",
  );
}

async function open<T>(plan: ConnectPlan, take: TakeTransport<T>): Promise<T> {
  const transport = await openTransport(plan);
  const { network, tls } = plan;
  if (tls === null) return take(transport);
  return shakeHands(transport, tls, network.secureClient(transport, null, tls), take);
}

async function openTransport(plan: ConnectPlan): Promise<Transport> {
  const { address, network, settings, resolver, attemptDelayMs } = plan;
  const label = `connect to ${formatAddress(address)}`;
  if ("path" in address) {
    try {
      return await ended(label, network.connect(address, settings));
    } catch (error) {
      throw connectError(formatAddress(address), error);
    }
  }
  const scope = currentScope();
  const addresses = await addressesOf(address.host, resolver);
  return raceAddresses(label, {
    addresses,
    delayMs: attemptDelayMs,
    connect: (to) => network.connect({ ...to, port: address.port }, settings),
    lost: (errors, tried) =>
      mostTelling(
        errors.map((error, i) => connectError(placeOf(address, tried[i]?.address), error)),
        scope,
      ),
  });
}

/** The address as the caller wrote it, and the one that was tried for it. */
function placeOf(address: HostAddress, tried: string | undefined): string {
  const place = formatAddress(address);
  return tried === undefined || tried === address.host ? place : `${place} (${tried})`;
}

function planOf(address: Address, options: ConnectOptions): ConnectPlan {
  checkAddress("address to connect to", address);
  if ("port" in address && address.port === 0)
    throw new InvalidArgument("port in the address to connect to is 0. Give the port of the server.");
  return {
    address,
    network: currentNetwork(),
    settings: settingsOf(options),
    resolver: options.resolver ?? currentResolver(),
    tls: tlsOf(address, options.tls ?? false),
    attemptDelayMs: checkDuration(
      "attemptDelayMs of connect",
      options.attemptDelayMs ?? ATTEMPT_DELAY_MS,
    ),
  };
}

function settingsOf(options: ConnectOptions, caller: string = "connect"): ConnectSettings {
  const { localAddress = null, localPort = 0, noDelay = true, keepAliveMs = Infinity } = options;
  if (localAddress !== null && ipFamily(localAddress) === 0)
    throw new InvalidArgument(
      `localAddress of ${caller} is ${show(localAddress)}. Give an IP address of this machine.`,
    );
  return {
    localAddress,
    localPort: checkPort(`localPort of ${caller}`, localPort),
    noDelay,
    keepAliveMs: checkDuration(`keepAliveMs of ${caller}`, keepAliveMs),
  };
}

/** The name to ask for is the host's, without the dot that ends a full one. */
function tlsOf(
  address: Address,
  tls: boolean | TlsClientOptions,
  caller: string = "connect",
): TlsClientOptions | null {
  if (tls === false) return null;
  const options = tls === true ? {} : tls;
  checkTlsOptions(caller, options);
  const serverName = "host" in address ? address.host.replace(/\.$/, "") : "localhost";
  return { serverName, ...options };
}
