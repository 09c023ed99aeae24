/**
 * Whom to believe about where a request comes from.
 *
 * Each proxy adds the address that it was asked from at the end of a field; whatever stood before it, the client may have made up. So the
 * way is followed back from our peer: as long as an address is a trusted proxy, what it says of the one before it is believed. The first
 * address that is none is the client's.
 */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { formatAddress, ipFamily, type StreamEnd } from "../../io/net/address.ts";
import type { HttpHeaders } from "../wire/fields.ts";
import { isAuthority } from "../wire/target.ts";
import { ipNumber, IpRange } from "./ip-range.ts";

/** How many proxies stand before the server; or their addresses, ranges of them, and `unix` for whoever comes through a Unix socket. */
export type TrustedProxies = number | readonly string[];

/** The fields that the proxies set: `X-Forwarded-For`, `-Proto` and `-Host`, or `Forwarded` (RFC 7239). */
export type ProxyHeader = "x-forwarded" | "forwarded";

/** What is known of the client that a request came from. */
export interface ClientOrigin {
  readonly address: string;
  /** Null where no trusted proxy says. */
  readonly scheme: "http" | "https" | null;
  readonly host: string | null;
}

/** What one proxy says. */
interface Hop {
  readonly address: string;
  readonly scheme: string | null;
  readonly host: string | null;
}

export class ProxyTrust {
  readonly #count: number;
  readonly #ranges: readonly IpRange[];
  readonly #trustsUnix: boolean;
  readonly #header: ProxyHeader;

  /** @throws {InvalidArgument} */
  constructor(proxies: TrustedProxies, header: ProxyHeader) {
    if (header !== "x-forwarded" && header !== "forwarded")
      throw new InvalidArgument(`proxyHeader is ${show(header)}. Give "x-forwarded" or "forwarded".`);
    const isCount = typeof proxies === "number";
    if (isCount ? !Number.isInteger(proxies) || proxies < 0 : !Array.isArray(proxies))
      throw new InvalidArgument(
        `trustProxy is ${show(proxies)}. Give a number of proxies, or an array of addresses.`,
      );
    const addresses = isCount ? [] : proxies;
    this.#count = isCount ? proxies : 0;
    this.#ranges = addresses
      .filter((each) => each !== "unix")
      .map((each) => new IpRange("trustProxy", each));
    this.#trustsUnix = addresses.includes("unix");
    this.#header = header;
  }

  /** Whether the peer itself is trusted. */
  trusts(remote: StreamEnd): boolean {
    return this.#trustsHop(addressOf(remote), 0);
  }

  originOf(headers: HttpHeaders, remote: StreamEnd): ClientOrigin {
    const hops = this.#header === "forwarded" ? forwardedHops(headers) : xForwardedHops(headers);
    let origin: ClientOrigin = { address: addressOf(remote), scheme: null, host: null };
    for (let index = 0; index < hops.length && this.#trustsHop(origin.address, index); index++) {
      const hop = hops[hops.length - 1 - index];
      if (hop === undefined) break;
      const address = plainAddress(hop.address);
      // A proxy that hides its client, or a field that makes no sense: nothing is known beyond the proxy.
      if (address === null) break;
      origin = {
        address,
        scheme: schemeOf(hop.scheme) ?? origin.scheme,
        host: hop.host !== null && isAuthority(hop.host) ? hop.host : origin.host,
      };
    }
    return origin;
  }

  #trustsHop(address: string, index: number): boolean {
    if (index < this.#count) return true;
    if (address === UNIX) return this.#trustsUnix;
    const number = ipNumber(address);
    return number !== null && this.#ranges.some((range) => range.has(number));
  }
}

const UNIX = "unix";

/** The IP address of a peer; `unix` for one that came through a Unix socket. */
export function addressOf(remote: StreamEnd): string {
  if ("host" in remote) return remote.host;
  return "path" in remote ? UNIX : formatAddress(remote);
}

function schemeOf(text: string | null): "http" | "https" | null {
  const scheme = text?.toLowerCase();
  return scheme === "http" || scheme === "https" ? scheme : null;
}

/** Without brackets and port; null for what is no IP address. */
function plainAddress(text: string): string | null {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1];
  const plain = bracketed ?? text;
  if (ipFamily(plain) !== 0) return plain;
  const host = /^([^:]*):\d{1,5}$/.exec(plain)?.[1] ?? "";
  return ipFamily(host) === 4 ? host : null;
}

function listOf(value: string | null): string[] {
  return value === null ? [] : value.split(",").map((item) => item.trim());
}

/** The fields for scheme and host often have one value, that of the last proxy, where there are several addresses. */
function xForwardedHops(headers: HttpHeaders): Hop[] {
  const addresses = listOf(headers.get("x-forwarded-for"));
  const schemes = listOf(headers.get("x-forwarded-proto"));
  const hosts = listOf(headers.get("x-forwarded-host"));
  return addresses.map((address, index) => {
    const fromEnd = addresses.length - index;
    return { address, scheme: schemes.at(-fromEnd) ?? null, host: hosts.at(-fromEnd) ?? null };
  });
}

const PAIR = /^\s*([A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))\s*$/;

function forwardedHops(headers: HttpHeaders): Hop[] {
  return splitOutsideQuotes(headers.get("forwarded") ?? "", ",").map((element) => {
    const pairs = new Map<string, string>();
    for (const text of splitOutsideQuotes(element, ";")) {
      const [, name = "", quoted, token = ""] = PAIR.exec(text) ?? [];
      pairs.set(name.toLowerCase(), quoted === undefined ? token : quoted.replaceAll(/\\(.)/g, "$1"));
    }
    return {
      address: pairs.get("for") ?? "",
      scheme: pairs.get("proto") ?? null,
      host: pairs.get("host") ?? null,
    };
  });
}

function splitOutsideQuotes(text: string, separator: "," | ";"): string[] {
  if (text === "") return [];
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "\\" && isQuoted) at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}
