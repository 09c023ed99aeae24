/** Who takes part in what goes over a network in memory. */
import type { Engine } from "../../kernel/engine.ts";
import type { Observed } from "../../kernel/instrument.ts";
import type { Machine } from "./machine.ts";
import type { Packet } from "./packet.ts";

/** Somebody whom packets reach, as a step of the run where there is one. */
export interface Party extends Observed {
  /** The machine it is on. */
  readonly machine: Machine;
  /** The runtime that serves it. */
  readonly engine: Engine;
  /** Itself: it has a priority of its own among those who can go on. */
  readonly task: Observed;
}

/** An end of a connection, as the wire sees it. */
export interface Receiver extends Party {
  arrive(packet: Packet): void;
  /** The connection is lost, and the end is to hear of it. */
  lose(error: unknown): void;
}
