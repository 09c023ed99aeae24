/**
 * The network between the simulated hosts of a run.
 *
 * Each host is a machine with an address; its name is known to all. How late a packet is, and in how many parts bytes arrive, are choices of
 * kind "network", of which 0 is the least latency and the whole packet; faults are choices of kind "fault". So one tape has all of
 * it, beside the order of wake-ups.
 *
 * Invariant: a fault strikes between two deliveries, or after a packet was sent; what it does to an end reaches that end in a step of
 * its own.
 */
import { checkDuration } from "../../base/check.ts";
import type { Observed } from "../../kernel/instrument.ts";
import type { Network, ResolvedAddress } from "../../io/net/network.ts";
import type { Chooser } from "../course.ts";
import type { FaultOptions, Faults } from "../faults.ts";
import type { Trace } from "../trace.ts";
import type { VirtualClock } from "../virtual-clock.ts";
import { linkOf, type NetworkOptions } from "./link.ts";
import type { Machine } from "./machine.ts";
import { MachineNetwork } from "./machine-network.ts";
import { Links, type Carriage } from "./links.ts";
import { Machines } from "./machines.ts";
import { Partitions } from "./partitions.ts";
import { Strikes, type Strike } from "./network-faults.ts";
import type { Packet } from "./packet.ts";
import type { Party, Receiver } from "./party.ts";
import { SimulatedFlow, type FlowNetwork } from "./simulated-flow.ts";
import type { Flow, Wire } from "./wire.ts";

/** What the network needs of its run. */
export interface NetworkRun extends Chooser {
  readonly clock: VirtualClock;
  readonly step: number;
  readonly faults: Faults | null;
  readonly trace: Trace | null;
  injected(who: Observed, done: string, what: string, step: number): void;
}

/** Ends the code on a machine. `silently`: its peers are not told. */
export type Crash = (silently: boolean) => void;

const WINDOW_BYTES = 65_536;
const GIVE_UP_MS = 30_000;
const STALL_MS = 3_000;
const PARTITION_MS = 45_000;
const network: Observed = { name: "the network", path: "the network" };

export class SimulatedNetwork implements Wire, FlowNetwork {
  readonly windowBytes: number = WINDOW_BYTES;
  readonly clock: VirtualClock;
  giveUpMs: number = GIVE_UP_MS;
  /** That of the body, which is there before all others. */
  readonly testMachine: Machine;
  readonly #run: NetworkRun;
  readonly #strikes: Strikes;
  readonly #machines: Machines;
  readonly #partitions: Partitions = new Partitions();
  readonly #crashes = new Map<Machine, Crash>();
  readonly #links: Links;
  readonly #flows = new WeakMap<Receiver, SimulatedFlow>();
  #hasStruck = false;

  constructor(run: NetworkRun, { network: faults = false, crashHosts = false }: FaultOptions) {
    this.#run = run;
    this.clock = run.clock;
    this.#strikes = new Strikes(run, faults, crashHosts);
    this.#links = new Links(run);
    this.#machines = new Machines((error) => this.blame(error));
    this.testMachine = this.#machines.add("the test");
  }

  /** A machine for a host that joins. */
  addMachine(name: string): Machine {
    return this.#machines.add(name);
  }

  /** The network as a machine sees it. */
  seenFrom(machine: Machine): Network {
    return new MachineNetwork(machine, this);
  }

  /** The code on a machine can crash from now on. */
  mayCrash(machine: Machine, crash: Crash): void {
    this.#crashes.set(machine, crash);
  }

  /** All that a crash does to a machine's part of the network. */
  crash(machine: Machine, silently: boolean): void {
    this.#crashes.delete(machine);
    machine.crash(silently);
  }

  /** The machine runs again. */
  restart(machine: Machine): void {
    machine.isDown = false;
    this.#partitions.release();
  }

  /** What a program is told of a fault; what it makes of that is not the program's fault. */
  blame(error: unknown): void {
    if (this.#hasStruck) this.#run.faults?.blame(error);
  }

  /** Sets how links are. @throws {InvalidArgument} */
  configure({ between, giveUpMs, ...options }: NetworkOptions): void {
    const link = linkOf(options);
    if (giveUpMs !== undefined) this.giveUpMs = checkDuration("giveUpMs of the network", giveUpMs);
    const pair = between?.map((name) => this.#machines.named(name)) as [Machine, Machine] | undefined;
    this.#links.set(link, pair ?? null);
  }

  /** Cuts the hosts of one side off from those of the other. Returns what ends it. */
  partition(one: readonly string[], other: readonly string[]): () => void {
    const named = (name: string): Machine => this.#machines.named(name);
    return this.#partitions.cut(one.map(named), other.map(named));
  }

  /** Ends all partitions. */
  heal(): void {
    this.#partitions.heal();
  }

  resolve(name: string): readonly ResolvedAddress[] | null {
    return this.#machines.resolve(name);
  }

  machineAt(address: string, from: Machine): Machine | null {
    return this.#machines.at(address, from);
  }

  addressOf(from: Machine, to: string): string {
    return this.#machines.addressOf(from, to);
  }

  flow(from: Receiver, to: Receiver): Flow {
    const flow = new SimulatedFlow(this, from, to);
    this.#flows.set(from, flow);
    return flow;
  }

  carryDatagram(from: Party, to: Party, bytes: Uint8Array, arrive: () => void): void {
    const [sender, receiver] = [from.machine, to.machine];
    const strike = this.#strikes.choose(["loss", "copies", ...this.#strikesOn(sender, receiver)], from);
    const what = `a datagram ${sender.name} > ${receiver.name}`;
    if (strike === "loss") this.#struck("is lost", `${what} is lost`);
    else this.#sendDatagram(from, to, bytes, arrive);
    if (strike === "copies") {
      this.#struck("comes twice", `${what} comes twice`);
      this.#sendDatagram(from, to, bytes, arrive);
    }
    if (strike !== null) this.#strikeMachines(strike, sender, receiver);
  }

  carriage(from: Party, to: Party, packet: Packet, isDatagram: boolean = false): Carriage {
    const carriage = this.#links.carriage(from, to, packet, isDatagram);
    if (carriage.remark !== null) this.#note(...carriage.remark);
    return carriage;
  }

  isHeld({ from, to }: SimulatedFlow): boolean {
    return to.machine.isDown || this.#partitions.isCut(from.machine, to.machine);
  }

  hold(flow: SimulatedFlow): void {
    this.#partitions.hold(flow);
  }

  sent(flow: SimulatedFlow, packet: Packet): void {
    const { from, to } = flow;
    // What answers a fault is not struck again.
    if (packet === "reset" || packet === "refused") return;
    const ofMachines = this.#strikesOn(from.machine, to.machine);
    const strike = this.#strikes.choose(["reset", "stall", ...ofMachines], from);
    if (strike === "reset") this.#reset(flow);
    else if (strike === "stall") {
      this.#struck("stalls", `the connection ${from.name} stalls`);
      flow.stall(STALL_MS);
    } else if (strike !== null) this.#strikeMachines(strike, from.machine, to.machine);
  }

  arriving({ from, to }: SimulatedFlow, packet: Packet): boolean {
    const what = typeof packet === "string" ? packet : `${packet.length} bytes`;
    this.#run.trace?.add(network, `${from.name}: ${what}`);
    const { machine } = to;
    const strike = this.#crashes.has(machine)
      ? this.#strikes.choose(["crash", "silent crash"], to)
      : null;
    if (strike === null) return true;
    this.#crashNow(machine, strike);
    return !machine.isDown;
  }

  /** What can strike when something is sent, besides what strikes the packet. */
  #strikesOn(from: Machine, to: Machine): readonly Strike[] {
    const crashes: readonly Strike[] = this.#crashes.has(from) ? ["crash", "silent crash"] : [];
    return from === to || this.#partitions.isCut(from, to) ? crashes : ["partition", ...crashes];
  }

  #strikeMachines(strike: Strike, from: Machine, to: Machine): void {
    if (strike === "crash" || strike === "silent crash") {
      const { step } = this.#run;
      // Not in the middle of the operation that sends.
      queueMicrotask(() => this.#crashNow(from, strike, step));
    }
    if (strike !== "partition") return;
    this.#struck("partition", `${from.name} and ${to.name} are cut off from each other`);
    const heal = this.#partitions.cut([from], [to]);
    this.clock.setAlarm(heal, PARTITION_MS, network);
  }

  #crashNow(machine: Machine, strike: Strike, step: number = this.#run.step): void {
    const crash = this.#crashes.get(machine);
    if (crash === undefined) return;
    const silently = strike === "silent crash";
    const what = `${machine.name} crashes${silently ? ", and its peers are not told" : ""}`;
    this.#struck("crash", what, step);
    crash(silently);
  }

  #reset(flow: SimulatedFlow): void {
    const { from, to } = flow;
    this.#struck("reset", `the connection ${from.name} is reset`);
    flow.break();
    this.#flows.get(to)?.break();
    const { leastMs } = this.#links.between(from.machine, to.machine);
    for (const end of [from, to]) {
      const lose = (): void => end.lose(end.machine.error("ECONNRESET", "read", ""));
      this.clock.setAlarm(() => end.engine.guard(lose), leastMs, end);
    }
  }

  #struck(done: string, what: string, step?: number): void {
    this.#hasStruck = true;
    this.#note(`fault: ${done}`, what, step);
  }

  #note(done: string, what: string, step: number = this.#run.step): void {
    this.#run.injected(network, done, what, step);
  }

  #sendDatagram(from: Party, to: Party, bytes: Uint8Array, arrive: () => void): void {
    const { delayMs } = this.carriage(from, to, bytes, true);
    const deliver = (): void => {
      if (to.machine.isDown || this.#partitions.isCut(from.machine, to.machine)) return;
      to.engine.guard(arrive);
    };
    this.clock.setAlarm(deliver, delayMs, from);
  }
}
