/** How the platform writes addresses, and how we do. */
import type { Address, HostAddress } from "../../io/net/address.ts";

const mapped = "::ffff:";

/** An end of a TCP connection; null where the socket has none. An IPv4 address that came in by an IPv6 socket is written as what it is. */
export function hostAddress(address: string | undefined, port: number | undefined): HostAddress | null {
  if (address === undefined || address === "" || port === undefined) return null;
  const isMapped = address.startsWith(mapped) && address.includes(".");
  return { host: isMapped ? address.slice(mapped.length) : address, port };
}

/** Where a socket is that had gone before anybody asked. */
export const nowhere: Address = Object.freeze({ host: "an unknown host", port: 0 });
