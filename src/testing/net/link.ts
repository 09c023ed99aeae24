import { checkDuration, show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";

/** How two simulated hosts are linked. */
export interface LinkOptions {
  /**
   * How long a packet is on its way, in virtual milliseconds: as a rule the least, and by choice of the schedule up to the most.
   * Default [1, 10]; within one host 0.
   */
  readonly latencyMs?: number | readonly [least: number, most: number];
  /** What a connection carries in each direction. Default `Infinity`. */
  readonly bytesPerSecond?: number;
}

/** How the network between simulated hosts is. */
export interface NetworkOptions extends LinkOptions {
  /** Sets the link between two hosts, by their names, instead of all links that have none of their own. */
  readonly between?: readonly [string, string];
  /** After how long a sender whose packets do not get through counts the connection as lost. Default 30,000. */
  readonly giveUpMs?: number;
}

/** {@link LinkOptions} with every default in its place. */
export interface Link {
  readonly leastMs: number;
  readonly mostMs: number;
  readonly bytesPerMs: number;
}

const DEFAULT_LATENCY_MS: readonly [number, number] = [1, 10];

/** Within a machine everything arrives at once. */
export const LOOPBACK: Link = { leastMs: 0, mostMs: 0, bytesPerMs: Infinity };
export const DEFAULT_LINK: Link = linkOf({});

/** @throws {InvalidArgument} for latencies that are none, or a rate that is not positive. */
export function linkOf({ latencyMs = DEFAULT_LATENCY_MS, bytesPerSecond = Infinity }: LinkOptions): Link {
  const [least, most] = typeof latencyMs === "number" ? [latencyMs, latencyMs] : latencyMs;
  const [leastMs, mostMs] = [
    checkDuration("latencyMs of a link", least),
    checkDuration("latencyMs of a link", most),
  ];
  if (leastMs > mostMs || mostMs === Infinity)
    throw new InvalidArgument(
      `latencyMs of a link is from ${show(least)} to ${show(most)}. Give the least first, and finite numbers of milliseconds.`,
    );
  if (!(bytesPerSecond > 0))
    throw new InvalidArgument(
      `bytesPerSecond of a link is ${show(bytesPerSecond)}. Give a positive number.`,
    );
  return { leastMs, mostMs, bytesPerMs: bytesPerSecond / 1_000 };
}
