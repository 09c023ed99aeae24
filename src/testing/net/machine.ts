/**
 * A machine on a network in memory: who listens on it, and which connections end there.
 *
 * An address that stands for all of a machine's (`0.0.0.0`, `::`) is taken together with each of them, as on a platform.
 */
import type { Engine } from "../../kernel/engine.ts";
import type { Observed } from "../../kernel/instrument.ts";
import { formatAddress, type Endpoint, type StreamEnd, type IpEndpoint } from "../../io/net/address.ts";
import type { ListenerEvents } from "../../io/net/network.ts";
import type { Transport } from "../../io/stream/transport.ts";
import { soon, type Signal } from "./packet.ts";
import { systemError } from "./system-error.ts";

/** The ports from which the platform takes one where none is given: those of RFC 6335. */
const FIRST_FREE_PORT = 49_152;
const LAST_PORT = 65_535;

/** Something that has a place on a machine: a listening socket, or one for datagrams. */
export interface Occupant {
  readonly at: Endpoint;
  readonly isShared: boolean;
  readonly ipv6Only: boolean;
}

/** The places of one kind on a machine: those of streams, or those of datagrams. */
export class Ports<T extends Occupant> {
  readonly #occupants = new Map<number | string, T[]>();
  #next = FIRST_FREE_PORT;
  #turn = 0;

  /** The endpoint with a port that is free, where any will do; null when there is none. */
  chosen(at: Endpoint): Endpoint | null {
    if ("path" in at || at.port !== 0) return at;
    for (let tried = FIRST_FREE_PORT; tried <= LAST_PORT; tried++) {
      const port = this.#next;
      this.#next = port === LAST_PORT ? FIRST_FREE_PORT : port + 1;
      if (!this.#occupants.has(port)) return { ...at, port };
    }
    return null;
  }

  /** A port for the near end of a connection. Several connections may share one, since their far ends differ. */
  ephemeral(): number {
    const port = this.#next;
    this.#next = port === LAST_PORT ? FIRST_FREE_PORT : port + 1;
    return port;
  }

  /** False when somebody has the place, or one that overlaps with it. */
  take(newcomer: T): boolean {
    const key = keyOf(newcomer.at);
    const there = this.#occupants.get(key) ?? [];
    const inTheWay = (one: T): boolean =>
      !(one.isShared && newcomer.isShared) && (reaches(one, newcomer.at) || reaches(newcomer, one.at));
    if (there.some(inTheWay)) return false;
    this.#occupants.set(key, [...there, newcomer]);
    return true;
  }

  leave(occupant: T): void {
    const key = keyOf(occupant.at);
    const rest = (this.#occupants.get(key) ?? []).filter((one) => one !== occupant);
    if (rest.length === 0) this.#occupants.delete(key);
    else this.#occupants.set(key, rest);
  }

  /** Who is reached at an endpoint. Those who share it are reached in turn. */
  find(to: Endpoint): T | null {
    const found = (this.#occupants.get(keyOf(to)) ?? []).filter((one) => reaches(one, to));
    const exact = found.filter((one) => isSame(one.at, to));
    const best = exact.length > 0 ? exact : found;
    return best.length < 2 ? (best[0] ?? null) : (best[this.#turn++ % best.length] ?? null);
  }

  clear(): void {
    this.#occupants.clear();
  }
}

function keyOf(at: Endpoint): number | string {
  return "path" in at ? at.path : at.port;
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  if ("path" in one || "path" in other) return keyOf(one) === keyOf(other);
  return one.address === other.address;
}

function reaches(one: Occupant, to: Endpoint): boolean {
  if (isSame(one.at, to)) return true;
  if ("path" in one.at || "path" in to) return false;
  if (one.at.address === "0.0.0.0") return to.family === 4;
  return one.at.address === "::" && (to.family === 6 || !one.ipv6Only);
}

/** An end of a connection, as the machine sees it. */
export interface Arrival extends Transport {
  engine: Engine;
  readonly isGone: boolean;
  signal(signal: Signal): void;
  /** Nobody hears of it any more. */
  vanish(): void;
}

/** A socket that listens. Connections that were made wait in it until its owner's turn comes. */
export class Listener implements Occupant, Observed {
  readonly name: string;
  readonly engine: Engine;
  readonly at: Endpoint;
  readonly isShared: boolean;
  readonly ipv6Only: boolean;
  readonly #events: ListenerEvents;
  readonly #backlog: number;
  readonly #waiting: Arrival[] = [];
  #isScheduled = false;
  #isClosed = false;

  constructor(name: string, engine: Engine, at: Endpoint, options: ListenerOptions) {
    this.name = name;
    this.engine = engine;
    this.at = at;
    this.isShared = options.isShared;
    this.ipv6Only = options.ipv6Only;
    this.#backlog = Math.max(1, options.backlog);
    this.#events = options.events;
  }

  get path(): string {
    return this.name;
  }

  get task(): Observed {
    return this;
  }

  add(end: Arrival): void {
    end.engine = this.engine;
    this.#waiting.push(end);
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    for (const end of this.#waiting.splice(0)) end.destroy(true);
  }

  /** Hands over as many as the backlog holds: those who find it full come later. */
  #accept(): void {
    this.#isScheduled = false;
    for (const end of this.#waiting.splice(0, this.#backlog)) {
      if (!end.isGone) this.engine.guard(() => this.#events.connected(end));
      if (this.#isClosed) return;
    }
    if (this.#waiting.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    soon(this, () => this.#accept());
  }
}

export interface ListenerOptions {
  readonly isShared: boolean;
  readonly ipv6Only: boolean;
  readonly backlog: number;
  readonly events: ListenerEvents;
}

/** A socket for datagrams, as the machine sees it. */
export interface DatagramPlace extends Occupant {
  arrive(bytes: Uint8Array, from: IpEndpoint): void;
}

export class Machine implements Observed {
  readonly name: string;
  readonly listeners: Ports<Listener> = new Ports();
  readonly datagrams: Ports<DatagramPlace> = new Ports();
  /** The ends of connections that are neither destroyed nor lost. */
  readonly ends: Set<Arrival> = new Set();
  /** Nothing that is sent here arrives. */
  isDown = false;
  readonly #onError: ((error: Error) => void) | null;

  /** `onError` is shown each error that its connections end with. */
  constructor(name: string, onError: ((error: Error) => void) | null = null) {
    this.name = name;
    this.#onError = onError;
  }

  /** An error of the platform. */
  error(code: string, syscall: string, where: string): Error {
    const error = systemError(code, syscall, where);
    this.#onError?.(error);
    return error;
  }

  /** All code on it is gone. Its peers are told, unless it is silent: then it is down until it runs again. */
  crash(isSilent: boolean): void {
    this.isDown = isSilent;
    this.listeners.clear();
    this.datagrams.clear();
    for (const end of this.ends) {
      end.vanish();
      if (!isSilent) end.signal("reset");
    }
  }

  get path(): string {
    return this.name;
  }

  /** A connection was opened to here: somebody who listens gets it, or it is refused. */
  accept(end: Arrival): void {
    const listener = this.#listenerAt(end.local);
    if (listener === null) {
      end.signal("refused");
      end.vanish();
      return;
    }
    listener.add(end);
    end.signal("opened");
  }

  /** What the platform says where nobody listens. A path at which nothing is has no socket that could refuse. */
  refusal(remote: StreamEnd): Error {
    return this.error("path" in remote ? "ENOENT" : "ECONNREFUSED", "connect", formatAddress(remote));
  }

  #listenerAt(local: StreamEnd): Listener | null {
    if ("name" in local) return null;
    if ("path" in local) return this.listeners.find(local);
    const { host: address, port } = local;
    return this.listeners.find({ address, family: address.includes(":") ? 6 : 4, port });
  }
}
