/** A network that does what a test says, at the virtual instants that it says, and counts what is open. */
import { formatAddress, type Address, type Endpoint } from "../../../src/io/net/address.ts";
import type {
  Begin,
  ConnectSettings,
  DatagramEvents,
  DatagramSocket,
  ListeningSocket,
  Network,
  ResolvedAddress,
} from "../../../src/io/net/network.ts";
import type { IpEndpoint } from "../../../src/io/net/address.ts";
import type { Transport, TransportSink } from "../../../src/io/stream/transport.ts";
import { currentRuntime } from "../../../src/lowlevel.ts";
import type { Runtime } from "../../../src/kernel/runtime.ts";

/** How a question ends, and after how many virtual milliseconds; without either it never does. */
export interface Script<T> {
  readonly ms?: number;
  readonly value?: T;
  /** The code of a platform's error. */
  readonly code?: string;
}

export interface Scripts {
  readonly names?: Readonly<Record<string, Script<readonly ResolvedAddress[]>>>;
  /** By address: `10.0.0.1:80`. */
  readonly peers?: Readonly<Record<string, Script<true>>>;
  readonly handshake?: Script<true>;
  readonly datagrams?: (events: DatagramEvents) => void;
}

export const platformError = (code: string): Error =>
  Object.assign(new Error(`failed with ${code}`), { code });

export class ScriptedNetwork implements Network {
  readonly scripts: Scripts;
  /** What was begun, in order. */
  readonly begun: string[] = [];
  /** Questions and attempts that are neither over nor called off. */
  pending = 0;
  /** Transports and sockets that are open. */
  open = 0;
  settings: ConnectSettings | null = null;
  /** That of the test: networks are called in the root context. */
  readonly #runtime: Runtime = currentRuntime();

  constructor(scripts: Scripts) {
    this.scripts = scripts;
  }

  resolve(name: string): Begin<readonly ResolvedAddress[]> {
    return this.#play(
      `resolve ${name}`,
      this.scripts.names?.[name] ?? { ms: 0, code: "ENOTFOUND" },
      (value) => value,
    );
  }

  connect(to: Endpoint, settings: ConnectSettings): Begin<Transport> {
    this.settings = settings;
    const place = formatAddress(to);
    const remote = "path" in to ? to : { host: to.address, port: to.port };
    return this.#play(place, this.scripts.peers?.[place] ?? {}, () => this.#transport(remote));
  }

  listen(): Begin<ListeningSocket> {
    throw new Error("nobody listens in a scripted network");
  }

  bind(at: IpEndpoint, _settings: unknown, events: DatagramEvents): Begin<DatagramSocket> {
    return this.#play(`bind ${formatAddress(at)}`, { ms: 1, value: true }, () => {
      this.open++;
      return {
        address: { ...at, port: at.port || 1_000 },
        send: (_bytes: Uint8Array, to: IpEndpoint) =>
          this.#play<true, void>(`send ${formatAddress(to)}`, { ms: 1, value: true }, () => {}),
        close: (done: () => void) => {
          this.open--;
          this.#runtime.callLater(0, done);
        },
        keepAlive: () => {},
        events,
      } as DatagramSocket;
    });
  }

  secureClient(plain: Transport): Begin<Transport> {
    return this.#play(
      "handshake",
      this.scripts.handshake ?? {},
      () => plain,
      () => plain.destroy(false),
    );
  }

  secureServer(plain: Transport): Begin<Transport> {
    return this.secureClient(plain);
  }

  #play<S, T>(
    what: string,
    script: Script<S>,
    make: (value: S) => T,
    giveUp: () => void = () => {},
  ): Begin<T> {
    const runtime = this.#runtime;
    return (done, failed) => {
      this.begun.push(what);
      this.pending++;
      let isOver = false;
      const end = (): boolean => {
        if (isOver) return false;
        isOver = true;
        this.pending--;
        return true;
      };
      const timer = runtime.callLater(script.ms ?? Infinity, () => {
        if (!end()) return;
        if (script.code === undefined) done(make(script.value as S));
        else {
          giveUp();
          failed(platformError(script.code));
        }
      });
      return () => {
        timer.cancel();
        if (end()) giveUp();
      };
    };
  }

  #transport(remote: Address): Transport {
    this.open++;
    const runtime = this.#runtime;
    let sink: TransportSink | null = null;
    let isOpen = true;
    return {
      local: { host: "10.0.0.9", port: 9 },
      remote,
      tls: null,
      unsentBytes: 0,
      start: (its) => {
        sink = its;
      },
      write: () => true,
      writeText: () => true,
      pause: () => {},
      resume: () => {},
      end: () => {},
      destroy: () => {
        if (!isOpen) return;
        isOpen = false;
        this.open--;
        runtime.callSoon(() => sink?.closed(null));
      },
      keepAlive: () => {},
    };
  }
}
