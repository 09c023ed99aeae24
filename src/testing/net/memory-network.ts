import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { RingBuffer } from "../../base/ring-buffer.ts";
import { currentScope } from "../../kernel/current.ts";
import { ipFamily, type Endpoint, type IpEndpoint } from "../../io/net/address.ts";
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
import { End } from "./end.ts";
import { Machine } from "./machine.ts";
import { connectEnds, MachineNetwork } from "./machine-network.ts";
import { soon, type Packet } from "./packet.ts";
import type { Party, Receiver } from "./party.ts";
import { familyOf, type Flow, type Wire } from "./wire.ts";

/** How a network in memory is set up. */
export interface MemoryNetworkOptions {
  /**
   * The addresses of host names; an empty list makes a name unknown. A name that is not in it is given an address of its own
   * (10.0.0.1, 10.0.0.2, ...), unless it ends in `.invalid`.
   */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  /** Bytes that a connection holds in each direction before its writer has to wait. Default 65,536. */
  readonly windowBytes?: number;
}

const DEFAULT_WINDOW_BYTES = 65_536;

/** Delivers in the next turn of the event loop; in a simulation, when the guide chooses it. */
class MemoryFlow implements Flow {
  readonly #to: Receiver;
  readonly #packets: RingBuffer<Packet> = new RingBuffer();
  #isScheduled = false;

  constructor(to: Receiver) {
    this.#to = to;
  }

  send(packet: Packet): void {
    this.#packets.push(packet);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    soon(this.#to, () => this.#deliver());
  }

  /** What is sent meanwhile comes in a later turn: a large write does not hold up the others. */
  #deliver(): void {
    this.#isScheduled = false;
    for (let left = this.#packets.size; left > 0; left--) this.#to.arrive(this.#packets.shift());
    if (this.#packets.size > 0) this.#schedule();
  }
}

/** One machine that has every address. */
class MemoryWire implements Wire {
  readonly windowBytes: number;
  readonly #machine: Machine;
  readonly #names: Readonly<Record<string, readonly string[]>>;
  readonly #given = new Map<string, string>();

  constructor(machine: Machine, names: Readonly<Record<string, readonly string[]>>, windowBytes: number) {
    this.#machine = machine;
    this.#names = names;
    this.windowBytes = windowBytes;
  }

  resolve(name: string): readonly ResolvedAddress[] | null {
    const key = name.toLowerCase().replace(/\.$/, "");
    const listed = Object.hasOwn(this.#names, key) ? this.#names[key] : undefined;
    const addresses = listed ?? (ipFamily(key) > 0 ? [key] : this.#made(key));
    if (addresses.length === 0) return null;
    return addresses.map((address) => ({ address, family: familyOf(address) }));
  }

  machineAt(): Machine {
    return this.#machine;
  }

  addressOf(_from: Machine, to: string): string {
    return to;
  }

  flow(_from: Receiver, to: Receiver): Flow {
    return new MemoryFlow(to);
  }

  carryDatagram(_from: Party, to: Party, _bytes: Uint8Array, arrive: () => void): void {
    soon(to, arrive);
  }

  #made(name: string): readonly string[] {
    if (name === "localhost" || name.endsWith(".localhost")) return ["127.0.0.1"];
    if (name === "invalid" || name.endsWith(".invalid")) return [];
    let address = this.#given.get(name);
    if (address === undefined) {
      const number = this.#given.size + 1;
      address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
      this.#given.set(name, address);
    }
    return [address];
  }
}

/**
 * A network in memory, for tests: TCP, TLS, Unix sockets and UDP without the platform, in real time, under `virtual` and in
 * `simulate`. It loses nothing, and has no faults; the simulated hosts of `simulate` have a network that does.
 *
 * All host names are places on it. TLS is without cryptography: names, protocols, and the certificates of `testCertificate`
 * are checked; real certificates count as good ones.
 *
 * @example
 * import { connect, listen, withNetwork } from "tsyncio/io";
 * import { MemoryNetwork } from "tsyncio/testing";
 * await withNetwork(new MemoryNetwork(), async () => {
 *   await using server = await listen({ host: "shop", port: 80 }, (stream) => stream.write("hello"));
 *   await using stream = await connect({ host: "shop", port: 80 });
 *   console.log(await stream.readText()); // hello
 * });
 */
export class MemoryNetwork implements Network {
  readonly #network: MachineNetwork;

  /** @throws {InvalidArgument} when `names` has what is no IP address, or `windowBytes` is not positive. */
  constructor(options: MemoryNetworkOptions = {}) {
    const { names = {}, windowBytes = DEFAULT_WINDOW_BYTES } = options;
    checkNames(names);
    if (!(windowBytes > 0))
      throw new InvalidArgument(`windowBytes is ${show(windowBytes)}. Give a positive number of bytes.`);
    const machine = new Machine("memory");
    const lowerCase = Object.fromEntries(
      Object.entries(names).map(([name, list]) => [name.toLowerCase(), list]),
    );
    this.#network = new MachineNetwork(machine, new MemoryWire(machine, lowerCase, windowBytes));
  }

  resolve(name: string): Begin<readonly ResolvedAddress[]> {
    return this.#network.resolve(name);
  }

  connect(to: Endpoint, settings: ConnectSettings): Begin<Transport> {
    return this.#network.connect(to, settings);
  }

  listen(at: Endpoint, settings: ListenSettings, events: ListenerEvents): Begin<ListeningSocket> {
    return this.#network.listen(at, settings, events);
  }

  bind(at: IpEndpoint, settings: UdpSettings, events: DatagramEvents): Begin<DatagramSocket> {
    return this.#network.bind(at, settings, events);
  }

  secureClient(plain: Transport, unread: Uint8Array | null, options: TlsClientOptions): Begin<Transport> {
    return this.#network.secureClient(plain, unread, options);
  }

  secureServer(plain: Transport, unread: Uint8Array | null, options: TlsServerOptions): Begin<Transport> {
    return this.#network.secureServer(plain, unread, options);
  }
}

function checkNames(names: Readonly<Record<string, readonly string[]>>): void {
  for (const [name, addresses] of Object.entries(names)) {
    const isList = Array.isArray(addresses);
    const wrong = isList ? addresses.find((address) => ipFamily(address) === 0) : addresses;
    if (isList && wrong === undefined) continue;
    throw new InvalidArgument(
      `the addresses of ${show(name)} contain ${show(wrong)}. Give an array of IP addresses.`,
    );
  }
}

/** Two transports that are the ends of one connection. Neither has been started. */
export function memoryTransports(windowBytes: number = DEFAULT_WINDOW_BYTES): [Transport, Transport] {
  const { engine } = currentScope();
  const machine = new Machine("memory");
  const wire = new MemoryWire(machine, {}, windowBytes);
  const [first, second] = [{ name: "one end of a pipe in memory" }, { name: "the other end of it" }];
  const one = new End({ ...first, machine, engine, local: first, remote: second });
  const other = new End({ ...second, machine, engine, local: second, remote: first });
  connectEnds(wire, one, other);
  return [one, other];
}
