/** Transports of the platform without streams: what they deliver, in its order. */
import { PlatformNetwork } from "../../../src/host/net/platform-network.ts";
import type {
  Begin,
  ConnectSettings,
  ListeningSocket,
  ListenSettings,
} from "../../../src/io/net/network.ts";
import type { Endpoint } from "../../../src/io/net/address.ts";
import type { Transport, TransportSink } from "../../../src/io/stream/transport.ts";
import { inRoot } from "../../../src/kernel/root-context.ts";
import { systemCodeOf } from "../../../src/io/errors.ts";

export const network: PlatformNetwork = new PlatformNetwork();
export const connectSettings: ConnectSettings = {
  noDelay: true,
  keepAliveMs: Infinity,
  localAddress: null,
  localPort: 0,
};
export const listenSettings: ListenSettings = {
  noDelay: true,
  keepAliveMs: Infinity,
  backlog: 128,
  reusePort: false,
  ipv6Only: false,
};
export const loopback: Endpoint = { address: "127.0.0.1", family: 4, port: 0 };

export const ended = <T>(begin: Begin<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    inRoot(() => begin(resolve, reject));
  });

export type Delivery = "arrived" | "ended" | "drained" | "closed";

/** Notes what is delivered to it. */
export class Recorder implements TransportSink {
  readonly deliveries: string[] = [];
  readonly #waits: Array<{ readonly isMet: () => boolean; readonly resolve: () => void }> = [];
  bytes = 0;
  /** Called in each delivery. */
  onDelivery: () => void = () => {};
  last: Uint8Array | null = null;

  arrived(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.last = bytes;
    this.#note("arrived");
  }

  ended(): void {
    this.#note("ended");
  }

  drained(): void {
    this.#note("drained");
  }

  closed(error: unknown): void {
    this.#note(error === null ? "closed" : `closed ${systemCodeOf(error)}`);
  }

  /** The kinds, without the repetitions of "arrived". */
  get kinds(): string[] {
    return this.deliveries.filter((each, i, all) => each !== "arrived" || all[i - 1] !== "arrived");
  }

  heard(start: Delivery): Promise<void> {
    return this.until(() => this.deliveries.some((each) => each.startsWith(start)));
  }

  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#waits.push({ isMet, resolve }));
  }

  #note(delivery: string): void {
    this.deliveries.push(delivery);
    this.onDelivery();
    for (const wait of this.#waits) if (wait.isMet()) wait.resolve();
  }
}

export interface End {
  readonly transport: Transport;
  readonly heard: Recorder;
}

export interface Pair extends AsyncDisposable {
  readonly listener: ListeningSocket;
  readonly client: End;
  readonly server: End;
}

export function started(transport: Transport): End {
  const heard = new Recorder();
  transport.start(heard);
  return { transport, heard };
}

export function endpointOf({ address }: ListeningSocket): Endpoint {
  if ("path" in address) return address;
  return { address: address.host, family: address.host.includes(":") ? 6 : 4, port: address.port };
}

export const closed = (listener: ListeningSocket): Promise<void> =>
  new Promise((resolve) => {
    listener.close(resolve);
  });

/** Two ends of a connection, started. */
export async function connected(at: Endpoint = loopback): Promise<Pair> {
  const accepted = Promise.withResolvers<End>();
  const listener = await ended(
    network.listen(at, listenSettings, {
      connected: (transport) => accepted.resolve(started(transport)),
      failed: accepted.reject,
      lost: accepted.reject,
    }),
  );
  const client = started(await ended(network.connect(endpointOf(listener), connectSettings)));
  const server = await accepted.promise;
  return {
    listener,
    client,
    server,
    async [Symbol.asyncDispose]() {
      for (const { transport, heard } of [client, server]) {
        transport.destroy(false);
        await heard.heard("closed");
      }
      await closed(listener);
    },
  };
}
