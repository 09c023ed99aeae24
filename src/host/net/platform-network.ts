/** The network of a real process, on `node:net`, `node:tls`, `node:dgram` and `node:dns`, which Node, Bun and Deno share. */
import { lookup } from "node:dns";
import type { Endpoint, IpEndpoint } from "../../io/net/address.ts";
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
import { connectSocket } from "./connecting.ts";
import { bindDatagrams } from "./datagrams.ts";
import { listenSocket } from "./listening.ts";
import { prepareServer, secureClient, secureServer } from "./securing.ts";

export class PlatformNetwork implements Network {
  /** By the resolver of the operating system, which also knows its hosts file. It cannot be interrupted: its answer is ignored. */
  resolve(name: string): Begin<readonly ResolvedAddress[]> {
    return (done, failed) => {
      let isWanted = true;
      lookup(name, { all: true, order: "verbatim" }, (error, found) => {
        if (!isWanted) return;
        if (error !== null) failed(error);
        else done(found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })));
      });
      return () => {
        isWanted = false;
      };
    };
  }

  connect(to: Endpoint, settings: ConnectSettings): Begin<Transport> {
    return connectSocket(to, settings);
  }

  listen(at: Endpoint, settings: ListenSettings, events: ListenerEvents): Begin<ListeningSocket> {
    return listenSocket(at, settings, events);
  }

  bind(at: IpEndpoint, settings: UdpSettings, events: DatagramEvents): Begin<DatagramSocket> {
    return bindDatagrams(at, settings, events);
  }

  secureClient(plain: Transport, unread: Uint8Array | null, options: TlsClientOptions): Begin<Transport> {
    return secureClient(plain, unread, options);
  }

  prepareServer(options: TlsServerOptions): void {
    prepareServer(options);
  }

  secureServer(plain: Transport, unread: Uint8Array | null, options: TlsServerOptions): Begin<Transport> {
    return secureServer(plain, unread, options);
  }
}
