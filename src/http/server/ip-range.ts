/** IP addresses as numbers, and ranges of them: `10.0.0.0/8`, `fd00::/8`. */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { ipFamily } from "../../io/net/address.ts";

const BITS = 128;
/** Where IPv4 lies among the addresses of IPv6. */
const MAPPED = 0xffffn << 32n;

/** The number of an address, those of IPv4 as mapped into IPv6; null for what is none. A zone (`%eth0`) is left out. */
export function ipNumber(text: string): bigint | null {
  const address = text.split("%")[0] ?? "";
  const family = ipFamily(address);
  if (family === 0) return null;
  return family === 4 ? MAPPED | ofParts(address.split("."), 8n, 10) : ofIpv6(address);
}

function ofParts(parts: readonly string[], bits: bigint, radix: 10 | 16): bigint {
  return parts.reduce((sum, part) => (sum << bits) | BigInt(parseInt(part, radix)), 0n);
}

function ofIpv6(address: string): bigint {
  const [left = "", right] = address.split("::");
  const before = groupsOf(left);
  const after = groupsOf(right ?? "");
  const gap = right === undefined ? 0 : 8 - before.length - after.length;
  return ofParts([...before, ...Array<string>(gap).fill("0"), ...after], 16n, 16);
}

/** The groups of a part of an address; an IPv4 address at its end is two. */
function groupsOf(part: string): string[] {
  if (part === "") return [];
  const groups = part.split(":");
  const last = groups.at(-1) ?? "";
  if (!last.includes(".")) return groups;
  const number = ofParts(last.split("."), 8n, 10);
  return [...groups.slice(0, -1), (number >> 16n).toString(16), (number & 0xffffn).toString(16)];
}

/** Addresses that have their first bits in common. */
export class IpRange {
  readonly #first: bigint;
  readonly #shift: bigint;

  /** @throws {InvalidArgument} for what is neither an address nor a range; `name` is what it was given as. */
  constructor(name: string, text: string) {
    const [address = "", length, more] = String(text).split("/");
    const number = ipNumber(address);
    const most = ipFamily(address) === 4 ? 32 : BITS;
    const bits = length === undefined ? most : Number(length);
    const isLength = length === undefined || (/^[0-9]{1,3}$/.test(length) && bits <= most);
    if (number === null || !isLength || more !== undefined)
      throw new InvalidArgument(
        `${name} has ${show(text)}. Give IP addresses, and ranges of them such as "10.0.0.0/8".`,
      );
    this.#shift = BigInt(most - bits);
    this.#first = number >> this.#shift;
  }

  has(address: bigint): boolean {
    return address >> this.#shift === this.#first;
  }
}
