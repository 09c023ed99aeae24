import { delivered, refusal } from "../../kernel/park.ts";
import { systemCodeOf, UnknownHost } from "../errors.ts";
import { ipFamily } from "./address.ts";
import { currentNetwork, ended, type ResolvedAddress } from "./network.ts";

/** Finds the addresses of hosts. Give one of your own to {@link withResolver}, or to a single `connect`. */
export interface Resolver {
  /**
   * The addresses of `host`, the preferred one first; not an empty list. It is not asked for what is an address itself.
   *
   * @throws {UnknownHost} when there is none.
   */
  resolve(host: string): Promise<readonly ResolvedAddress[]>;
}

const loopback: readonly ResolvedAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

const isLocalhost = (host: string): boolean => /^(?:.+\.)?localhost\.?$/i.test(host);

/**
 * Asks the network: the resolver of the operating system, with its hosts file, on a real one. It remembers nothing.
 *
 * Names below `localhost` are those of this machine, whatever a name server says (RFC 6761).
 *
 * Cancel safety: a cancelled call has been called off, as far as the platform can: its threads finish a look-up that they have begun.
 *
 * @example
 * import { systemResolver } from "tsyncio/io";
 * const addresses = await systemResolver.resolve("app.localhost");
 * console.log(addresses.every(({ address }) => address === "127.0.0.1" || address === "::1")); // true
 */
export const systemResolver: Resolver = {
  resolve: (host) => (isLocalhost(host) ? resolveLocalhost() : ask(host)),
};

async function ask(host: string): Promise<readonly ResolvedAddress[]> {
  let found: readonly ResolvedAddress[];
  try {
    found = await ended(`resolve ${host}`, currentNetwork().resolve(host));
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === null || code.startsWith("TSY_")) throw error;
    throw new UnknownHost(host, error);
  }
  if (found.length === 0) throw new UnknownHost(host, "it has no address");
  return found;
}

async function resolveLocalhost(): Promise<readonly ResolvedAddress[]> {
  try {
    return await ask("localhost");
  } catch (error) {
    if (error instanceof UnknownHost) return loopback;
    throw error;
  }
}

/** The addresses of a host that may be an address itself. */
export function addressesOf(host: string, resolver: Resolver): Promise<readonly ResolvedAddress[]> {
  const family = ipFamily(host);
  if (family === 0) return found(host, resolver);
  return refusal() ?? delivered([{ address: host, family }]);
}

async function found(host: string, resolver: Resolver): Promise<readonly ResolvedAddress[]> {
  const addresses = await resolver.resolve(host);
  if (addresses.length === 0) throw new UnknownHost(host, "the resolver gave no address");
  return addresses;
}
