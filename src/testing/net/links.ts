/** The links between machines, and how they carry a packet. */
import type { Chooser } from "../course.ts";
import { DEFAULT_LINK, LOOPBACK, type Link } from "./link.ts";
import type { Machine } from "./machine.ts";
import type { Packet } from "./packet.ts";
import type { Party } from "./party.ts";

/** How a packet is carried: how late, in which parts, and what is out of the ordinary about it. */
export interface Carriage {
  readonly delayMs: number;
  readonly parts: readonly Packet[];
  /** In a word, and in full; null where all is ordinary. */
  readonly remark: readonly [done: string, what: string] | null;
}

/** How much of the range of latencies a packet is late, by choice. Place 0 is the least. */
const LATENESS = [0, 0.3, 1];

export class Links {
  readonly #chooser: Chooser;
  #default: Link = DEFAULT_LINK;
  readonly #ofPairs = new Map<string, Link>();

  constructor(chooser: Chooser) {
    this.#chooser = chooser;
  }

  /** Sets the link of a pair, or that of all that have none of their own. */
  set(link: Link, pair: readonly [Machine, Machine] | null): void {
    if (pair === null) this.#default = link;
    else this.#ofPairs.set(keyOf(...pair), link);
  }

  between(one: Machine, other: Machine): Link {
    if (one === other) return LOOPBACK;
    return this.#ofPairs.get(keyOf(one, other)) ?? this.#default;
  }

  /** Chooses how `packet` is carried: late, in two parts, or (0) neither. A datagram stays whole. */
  carriage(from: Party, to: Party, packet: Packet, isDatagram: boolean): Carriage {
    const link = this.between(from.machine, to.machine);
    const bytes = typeof packet === "string" ? 0 : packet.length;
    const places = link.mostMs > link.leastMs ? LATENESS.length : 1;
    const of = places + (bytes > 1 && !isDatagram ? 2 : 0);
    const choice = of < 2 ? 0 : this.#chooser.choose("network", of, [from]);
    const late = choice < places ? (LATENESS[choice] ?? 0) : 0;
    const delayMs = link.leastMs + late * (link.mostMs - link.leastMs) + bytes / link.bytesPerMs;
    if (choice < places || typeof packet === "string") {
      const remark = choice === 0 ? null : (["is late", `${from.name} takes ${delayMs} ms`] as const);
      return { delayMs, parts: [packet], remark };
    }
    const at = choice === places ? bytes >> 1 : 1;
    return {
      delayMs,
      parts: [packet.slice(0, at), packet.slice(at)],
      remark: ["in two parts", `${from.name} delivers ${bytes} bytes as ${at} and ${bytes - at}`],
    };
  }
}

function keyOf(one: Machine, other: Machine): string {
  return [one.name, other.name].toSorted().join(" - ");
}
