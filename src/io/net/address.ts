import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";

/** An end of a TCP or UDP connection. `host` is a name or an IP address. */
export interface HostAddress {
  readonly host: string;
  /** 0 to 65535; 0 lets the platform choose where one listens. */
  readonly port: number;
}

/** A Unix domain socket, by the path of its file. */
export interface UnixAddress {
  readonly path: string;
}

/** Where to connect to, or to listen. */
export type Address = HostAddress | UnixAddress;

/** An end of a stream that is no connection: the standard input of a child process, a stream of the platform. */
export interface NamedEnd {
  readonly name: string;
}

/** An end of any stream. */
export type StreamEnd = Address | NamedEnd;

/** An IP address and a port: what a network works with once names are resolved. */
export interface IpEndpoint {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
}

/** What a network connects to. */
export type Endpoint = IpEndpoint | UnixAddress;

/** An address as text: `example.com:80`, `[::1]:80`, `unix:/run/app.sock`, `stdin of sort`. */
export function formatAddress(address: StreamEnd | IpEndpoint): string {
  if ("name" in address) return address.name;
  if ("path" in address) return `unix:${address.path}`;
  const host = "host" in address ? address.host : address.address;
  return host.includes(":") ? `[${host}]:${address.port}` : `${host}:${address.port}`;
}

export function checkPort(name: string, port: unknown): number {
  if (Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65_535)
    return port as number;
  throw new InvalidArgument(`${name} is ${show(port)}. Give an integer from 0 to 65535.`);
}

/** @throws {InvalidArgument} for what is neither `{ host, port }` nor `{ path }`. `what` names the argument. */
export function checkAddress(what: string, address: Address): Address {
  if (typeof address === "object" && address !== null) {
    if ("path" in address) {
      if (typeof address.path === "string" && address.path !== "" && !address.path.includes("\0"))
        return address;
      throw new InvalidArgument(
        `path in the ${what} is ${show(address.path)}. Give the path of a socket.`,
      );
    }
    if (typeof address.host !== "string" || address.host === "" || /[\0\s/]/.test(address.host))
      throw new InvalidArgument(
        `host in the ${what} is ${show(address.host)}. Give a host name or an IP address.`,
      );
    checkPort(`port in the ${what}`, address.port);
    return address;
  }
  throw new InvalidArgument(`the ${what} is ${show(address)}. Give { host, port } or { path }.`);
}

/** 4 or 6 for an IP address, 0 for anything else. A zone (`fe80::1%eth0`) belongs to an address of family 6. */
export function ipFamily(host: string): 0 | 4 | 6 {
  if (/^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(host)) return 4;
  const [address = "", zone] = host.split("%", 2);
  if (zone === "" || !address.includes(":") || !/^[\da-f:.]+$/i.test(address)) return 0;
  return isIpv6(address) ? 6 : 0;
}

/** RFC 4291, section 2.2: eight groups, of which one run may be left out, the last two perhaps as an IPv4 address. */
function isIpv6(address: string): boolean {
  const last = address.slice(address.lastIndexOf(":") + 1);
  if (last.includes(".")) {
    if (ipFamily(last) !== 4) return false;
    return isIpv6(`${address.slice(0, -last.length)}0:0`);
  }
  const halves = address.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}
