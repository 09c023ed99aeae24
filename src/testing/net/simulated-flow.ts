/**
 * One direction of a connection over a simulated link.
 *
 * Packets arrive in their order, each after its latency; that of a connection is no bound on another one's. While its machines are cut
 * off from each other, or the receiver's is down, packets are held, as TCP sends them again and again; after `giveUpMs` the
 * sender counts the connection as lost.
 *
 * States of the head of the queue:  on its way (`#alarm`) -> held (`#giveUp`) -> on its way -> arrived.
 */
import type { HostTimer } from "../../kernel/host.ts";
import type { VirtualClock } from "../virtual-clock.ts";
import type { Carriage } from "./links.ts";
import type { Packet } from "./packet.ts";
import type { Receiver } from "./party.ts";
import type { Flow } from "./wire.ts";

/** What a flow asks of its network. */
export interface FlowNetwork {
  readonly clock: VirtualClock;
  readonly giveUpMs: number;
  carriage(from: Receiver, to: Receiver, packet: Packet): Carriage;
  /** Whether nothing gets through now. */
  isHeld(flow: SimulatedFlow): boolean;
  /** Notes that the flow wants to be told when something may get through again. */
  hold(flow: SimulatedFlow): void;
  /** A packet was sent: a fault may strike. */
  sent(flow: SimulatedFlow, packet: Packet): void;
  /** A packet is about to arrive: a fault may strike. False when it does not arrive. */
  arriving(flow: SimulatedFlow, packet: Packet): boolean;
}

interface OnTheWay {
  readonly packet: Packet;
  atMs: number;
}

export class SimulatedFlow implements Flow {
  readonly from: Receiver;
  readonly to: Receiver;
  readonly #network: FlowNetwork;
  #queue: OnTheWay[] = [];
  #lastMs = 0;
  #isBroken = false;
  #alarm: HostTimer | null = null;
  #giveUp: HostTimer | null = null;

  constructor(network: FlowNetwork, from: Receiver, to: Receiver) {
    this.#network = network;
    this.from = from;
    this.to = to;
  }

  send(packet: Packet): void {
    if (this.#isBroken) return;
    const { delayMs, parts } = this.#network.carriage(this.from, this.to, packet);
    for (const part of parts) {
      this.#lastMs = Math.max(this.#lastMs, this.#network.clock.nowMs + delayMs);
      this.#queue.push({ packet: part, atMs: this.#lastMs });
    }
    this.#arm();
    this.#network.sent(this, packet);
  }

  /** Nothing arrives for so long. */
  stall(ms: number): void {
    this.#lastMs = Math.max(this.#lastMs, this.#network.clock.nowMs + ms);
    for (const one of this.#queue) one.atMs = this.#lastMs;
    this.#alarm?.cancel();
    this.#alarm = null;
    this.#arm();
  }

  /** Loses what is on its way. */
  drop(): void {
    this.#queue = [];
    this.#alarm?.cancel();
    this.#giveUp?.cancel();
    this.#alarm = null;
    this.#giveUp = null;
  }

  /** Loses what is on its way, and whatever is sent before the ends hear of it: nothing may arrive after a gap. */
  break(): void {
    this.drop();
    this.#isBroken = true;
  }

  /** Something may get through again. */
  release(): void {
    this.#giveUp?.cancel();
    this.#giveUp = null;
    this.#arm();
  }

  #arm(): void {
    const [head] = this.#queue;
    if (head === undefined || this.#alarm !== null || this.#giveUp !== null) return;
    const { clock } = this.#network;
    this.#alarm = clock.setAlarm(() => this.#deliver(), Math.max(0, head.atMs - clock.nowMs), this.from);
  }

  #deliver(): void {
    this.#alarm = null;
    const { clock } = this.#network;
    while (!this.#network.isHeld(this)) {
      const [head] = this.#queue;
      if (head === undefined || head.atMs > clock.nowMs) {
        this.#arm();
        return;
      }
      this.#queue.shift();
      if (this.#network.arriving(this, head.packet))
        this.to.engine.guard(() => this.to.arrive(head.packet));
    }
    if (this.#queue.length > 0) this.#hold();
  }

  #hold(): void {
    const { clock, giveUpMs } = this.#network;
    this.#network.hold(this);
    if (giveUpMs === Infinity) return;
    this.#giveUp = clock.setAlarm(
      () => {
        this.drop();
        const error = this.from.machine.error("ETIMEDOUT", "read", "");
        this.from.engine.guard(() => this.from.lose(error));
      },
      giveUpMs,
      this.from,
    );
  }
}
