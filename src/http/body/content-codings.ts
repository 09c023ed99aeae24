/** The codings of a content, as the fields of a message name them. */
import { show } from "../../base/check.ts";
import { httpPlatform } from "../platform.ts";
import type { Coding } from "./decoder.ts";
import { ContentCodingFailed } from "./errors.ts";

/** What a message names. Deflate is known to come in two forms, and its first bytes tell which. */
const named: ReadonlyMap<string, Coding> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
  ["br", "br"],
  ["zstd", "zstd"],
]);

/** Each layer multiplies what a few bytes can become, and costs a decoder. */
const MOST_CODINGS = 5;

/**
 * The codings that the value of a field `Content-Encoding` names, in the order in which they were applied.
 *
 * @throws {ContentCodingFailed} for one that cannot be undone here, and for too many.
 */
export function codingsIn(value: string, body: string): Coding[] {
  const codings: Coding[] = [];
  for (const part of value.split(",")) {
    const name = part.trim().toLowerCase();
    if (name === "" || name === "identity") continue;
    const coding = named.get(name);
    if (coding === undefined || !httpPlatform().decoders.has(coding))
      throw new ContentCodingFailed(
        `${body} is coded by ${show(name)}, which is not known here`,
        name,
        "unknown",
      );
    if (codings.push(coding) > MOST_CODINGS)
      throw new ContentCodingFailed(
        `${body} is coded more than ${MOST_CODINGS} times over`,
        name,
        "unknown",
      );
  }
  return codings;
}

let accepted: string | null = null;

/** The value of a field `Accept-Encoding` that names what can be undone here. */
export function acceptedCodings(): string {
  accepted ??= (["gzip", "deflate", "br", "zstd"] as const)
    .filter((coding) => httpPlatform().decoders.has(coding))
    .join(", ");
  return accepted;
}
