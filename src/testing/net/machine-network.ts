/** The `Network` of one machine in memory: what is the same on a network in memory and on a simulated one. */
import { currentScope } from "../../kernel/current.ts";
import type { Engine } from "../../kernel/engine.ts";
import { formatAddress, type Address, type Endpoint, type IpEndpoint } from "../../io/net/address.ts";
import type {
  Begin,
  ConnectSettings,
  DatagramEvents,
  DatagramSocket,
  ListenerEvents,
  ListeningSocket,
  ListenSettings,
  Network,
  ResolvedAddress,
  UdpSettings,
} from "../../io/net/network.ts";
import type { TlsClientOptions, TlsServerOptions } from "../../io/net/tls-options.ts";
import type { Transport } from "../../io/stream/transport.ts";
import { MemoryDatagrams } from "./datagrams.ts";
import { End } from "./end.ts";
import { Listener, type Machine } from "./machine.ts";
import { systemError } from "./system-error.ts";
import { beginClient, beginServer } from "./tls.ts";
import { soon } from "./packet.ts";
import type { Wire } from "./wire.ts";

export class MachineNetwork implements Network {
  readonly #machine: Machine;
  readonly #wire: Wire;

  constructor(machine: Machine, wire: Wire) {
    this.#machine = machine;
    this.#wire = wire;
  }

  resolve(name: string): Begin<readonly ResolvedAddress[]> {
    const unknown = systemError("ENOTFOUND", "getaddrinfo", name);
    return this.#answer<readonly ResolvedAddress[]>(this.#wire.resolve(name, this.#machine) ?? unknown);
  }

  connect(to: Endpoint, settings: ConnectSettings): Begin<Transport> {
    const { engine } = currentScope();
    return (done, failed) => {
      const end = this.#open(to, settings, engine);
      if (end === null)
        return this.#answerIn<Transport>(
          engine,
          systemError("EHOSTUNREACH", "connect", formatAddress(to)),
        )(done, failed);
      end.attempt = { done, failed };
      end.signal("open");
      return () => {
        end.attempt = null;
        end.destroy(true);
      };
    };
  }

  listen(at: Endpoint, settings: ListenSettings, events: ListenerEvents): Begin<ListeningSocket> {
    const { engine } = currentScope();
    return (done, failed) => {
      const { listeners } = this.#machine;
      const place = listeners.chosen(at);
      const name = `${this.#machine.name} listening at ${formatAddress(place ?? at)}`;
      const listener = new Listener(name, engine, place ?? at, {
        isShared: settings.reusePort,
        ipv6Only: settings.ipv6Only,
        backlog: settings.backlog,
        events,
      });
      const error = this.#placeError(at, place !== null && listeners.take(listener), "listen");
      if (error !== null) return this.#answerIn<ListeningSocket>(engine, error)(done, failed);
      const stop = (): void => {
        listeners.leave(listener);
        listener.close();
      };
      const socket: ListeningSocket = {
        address: addressOf(listener.at),
        close: (whenDone) => {
          stop();
          soon(listener, whenDone);
        },
        keepAlive: () => {},
      };
      const callOff = this.#answerIn<ListeningSocket>(engine, socket)(done, failed);
      return () => {
        callOff();
        stop();
      };
    };
  }

  bind(at: IpEndpoint, settings: UdpSettings, events: DatagramEvents): Begin<DatagramSocket> {
    const { engine } = currentScope();
    return (done, failed) => {
      const { datagrams } = this.#machine;
      const place = datagrams.chosen(at) as IpEndpoint | null;
      const name = `${this.#machine.name} datagrams at ${formatAddress(place ?? at)}`;
      const socket = new MemoryDatagrams(name, place ?? at, {
        engine,
        machine: this.#machine,
        wire: this.#wire,
        isShared: settings.reusePort || settings.reuseAddress,
        ipv6Only: settings.ipv6Only,
        events,
      });
      const error = this.#placeError(at, place !== null && datagrams.take(socket), "bind");
      const callOff = this.#answerIn<DatagramSocket>(engine, error ?? socket)(done, failed);
      return () => {
        callOff();
        if (error === null) datagrams.leave(socket);
      };
    };
  }

  secureClient(plain: Transport, unread: Uint8Array | null, options: TlsClientOptions): Begin<Transport> {
    return beginClient(currentScope().engine, plain, unread, options);
  }

  secureServer(plain: Transport, unread: Uint8Array | null, options: TlsServerOptions): Begin<Transport> {
    return beginServer(currentScope().engine, plain, unread, options);
  }

  /** The near end of a connection to be; null where no machine has that address. */
  #open(to: Endpoint, settings: ConnectSettings, engine: Engine): End | null {
    const wire = this.#wire;
    const machine = "path" in to ? this.#machine : wire.machineAt(to.address, this.#machine);
    if (machine === null) return null;
    const far = addressOf(to);
    const near: Address = "path" in to ? far : this.#nearAddress(to, settings);
    const here = this.#machine.name;
    const there = "path" in to ? to.path : `${machine.name}:${to.port}`;
    const client = new End({
      name: `${here} > ${there}`,
      machine: this.#machine,
      engine,
      local: near,
      remote: far,
    });
    const server = new End({ name: `${there} > ${here}`, machine, engine, local: far, remote: near });
    connectEnds(wire, client, server);
    return client;
  }

  #nearAddress(to: IpEndpoint, { localAddress, localPort }: ConnectSettings): Address {
    const host = localAddress ?? this.#wire.addressOf(this.#machine, to.address);
    return { host, port: localPort === 0 ? this.#machine.listeners.ephemeral() : localPort };
  }

  #placeError(at: Endpoint, isTaken: boolean, syscall: string): Error | null {
    const isOurs =
      "path" in at ||
      isAny(at.address) ||
      this.#wire.machineAt(at.address, this.#machine) === this.#machine;
    const code = isOurs ? "EADDRINUSE" : "EADDRNOTAVAIL";
    return isOurs && isTaken ? null : systemError(code, syscall, formatAddress(at));
  }

  #answer<T>(answer: T | Error): Begin<T> {
    return this.#answerIn(currentScope().engine, answer);
  }

  #answerIn<T>(engine: Engine, answer: T | Error): Begin<T> {
    return (done, failed) => {
      let wanted = true;
      const name = `the network of ${this.#machine.name}`;
      soon({ name, path: name, engine }, () => {
        if (!wanted) return;
        if (answer instanceof Error) failed(answer);
        else done(answer);
      });
      return () => {
        wanted = false;
      };
    };
  }
}

function isAny(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

function addressOf(endpoint: Endpoint): Address {
  return "path" in endpoint ? { path: endpoint.path } : { host: endpoint.address, port: endpoint.port };
}

/** Joins two ends by a wire. */
export function connectEnds(wire: Wire, one: End, other: End): void {
  one.join(other, wire.flow(one, other), wire.windowBytes);
  other.join(one, wire.flow(other, one), wire.windowBytes);
}
