/**
 * Which hosts are reached without a proxy: what `NO_PROXY` says.
 *
 * There is no standard; this is what curl, Go, Python and others agree on, and where they differ, what excludes more.
 * - `*` alone: all hosts.
 * - `example.com` and `.example.com`: that host and all below it. `*.example.com`: those below it.
 * - `10.0.0.5`, `::1`, `[::1]`: an address, in whatever form it is written. `10.0.0.0/8`, `fd00::/8`: a block of them.
 * - Each with `:port`: for that port alone (an IPv6 address in brackets then).
 * - Entries are separated by commas or white space; an entry that means nothing matches nothing.
 */
import { ipFamily } from "../../../io/net/address.ts";

/** Says for a host as `URL.hostname` has it, and a port, whether it is reached directly. */
export type Bypass = (hostname: string, port: number) => boolean;

/** What a `NO_PROXY` of this text lets pass by the proxy. */
export function parseNoProxy(text: string): Bypass {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== "");
  const matches = entries.map(parseEntry);
  return (hostname, port) => {
    const host = hostname
      .replace(/^\[|\]$/g, "")
      .replace(/\.$/, "")
      .toLowerCase();
    return matches.some((matchesHost) => matchesHost(host, port));
  };
}

function parseEntry(entry: string): Bypass {
  if (entry === "*") return () => true;
  const [, host = "", portText] =
    /^(\[[^\]]*\](?:\/\d+)?|[^:]*|.*:.*:.*?)(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const matchesHost = hostMatcher(host.replace(/[[\]]/g, "").toLowerCase());
  if (portText === undefined) return matchesHost;
  const wanted = Number(portText);
  return (name, port) => port === wanted && matchesHost(name, port);
}

function hostMatcher(entry: string): Bypass {
  const [address = "", prefix] = entry.split("/");
  const block = addressBits(address);
  if (block !== null) return blockMatcher(block, prefix);
  if (prefix !== undefined) return () => false;
  const name = entry.replace(/^\*?\./, "").replace(/\.$/, "");
  if (name === "") return () => false;
  const isOnlyBelow = entry.startsWith("*.");
  return (host) => (!isOnlyBelow && host === name) || host.endsWith(`.${name}`);
}

function blockMatcher(block: string, prefix: string | undefined): Bypass {
  const length = prefix === undefined ? block.length : Number(prefix);
  if (!Number.isInteger(length) || prefix === "" || length > block.length) return () => false;
  const start = block.slice(0, length);
  return (host) => {
    const bits = addressBits(host);
    return bits !== null && bits.length === block.length && bits.startsWith(start);
  };
}

/** An IP address as its bits, 32 or 128 of them; null for a name. An IPv4 address within an IPv6 one counts as IPv4. */
function addressBits(host: string): string | null {
  const family = ipFamily(host);
  if (family === 0) return null;
  if (family === 4)
    return host
      .split(".")
      .map((part) => bitsOf(Number(part), 8))
      .join("");
  const bits = ipv6Groups(host.split("%")[0] ?? "")
    .map((group) => bitsOf(group, 16))
    .join("");
  return bits.startsWith(MAPPED) ? bits.slice(MAPPED.length) : bits;
}

const MAPPED = "0".repeat(80) + "1".repeat(16);

function ipv6Groups(address: string): number[] {
  const [left = "", right] = address.split("::").map((half) => half);
  const head = groupsOf(left);
  if (right === undefined) return head;
  const tail = groupsOf(right);
  return [...head, ...Array.from<number>({ length: 8 - head.length - tail.length }).fill(0), ...tail];
}

function groupsOf(half: string): number[] {
  if (half === "") return [];
  return half.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function bitsOf(value: number, width: number): string {
  return value.toString(2).padStart(width, "0");
}
