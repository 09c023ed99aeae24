import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { show } from "../../base/check.ts";

/** What ends a piece of a stream: a text or bytes, or several of which the one that ends first counts. */
export type Separator = string | Uint8Array;

const encoder = new TextEncoder();

/** The separators as bytes. @throws {InvalidArgument} for none, and for an empty one. */
export function checkSeparators(separators: Separator | readonly Separator[]): readonly Uint8Array[] {
  const list = Array.isArray(separators)
    ? (separators as readonly Separator[])
    : [separators as Separator];
  const bytes = list.map((one) => (typeof one === "string" ? encoder.encode(one) : one));
  if (bytes.length > 0 && bytes.every((one) => one instanceof Uint8Array && one.length > 0)) return bytes;
  throw new InvalidArgument(
    `separator of readUntil is ${show(separators)}. Give a text or bytes of at least one byte, or an array of such.`,
  );
}

/** Where the first of the separators to end does so in `bytes`, counting from its start; -1 where none is complete. */
export function endOfFirst(bytes: Uint8Array, separators: readonly Uint8Array[], from: number): number {
  let earliest = -1;
  for (const separator of separators) {
    const at = indexOf(bytes, separator, Math.max(0, from - separator.length + 1));
    const end = at === -1 ? -1 : at + separator.length;
    if (end !== -1 && (earliest === -1 || end < earliest)) earliest = end;
  }
  return earliest;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const first = wanted[0] as number;
  const last = bytes.length - wanted.length;
  for (let at = bytes.indexOf(first, from); at !== -1 && at <= last; at = bytes.indexOf(first, at + 1)) {
    let matching = 1;
    while (matching < wanted.length && bytes[at + matching] === wanted[matching]) matching++;
    if (matching === wanted.length) return at;
  }
  return -1;
}
