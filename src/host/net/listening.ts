import { createServer, type Server, type Socket } from "node:net";
import { formatAddress, type Address, type Endpoint } from "../../io/net/address.ts";
import type { Begin, ListenerEvents, ListeningSocket, ListenSettings } from "../../io/net/network.ts";
import { keepAlive } from "./connecting.ts";
import { hostAddress, nowhere } from "./endpoints.ts";
import { SocketTransport } from "./socket-transport.ts";
import { explainInUse } from "./stale-socket.ts";
import { readAhead } from "./stream-state.ts";

/** A listening socket. Closed before it listens, it never does. */
export function listenSocket(
  at: Endpoint,
  settings: ListenSettings,
  events: ListenerEvents,
): Begin<ListeningSocket> {
  return (done, failed) => {
    const server = createServer({
      allowHalfOpen: true,
      noDelay: settings.noDelay,
      ...keepAlive(settings.keepAliveMs),
    });
    let isOver = false;
    const refused = (error: Error): void => {
      if (isOver) return;
      explainInUse(error, at, (explained) => {
        if (isOver) return;
        isOver = true;
        failed(explained);
      });
    };
    server.on("error", refused);
    server.listen(listenOptions(at, settings), () => {
      if (isOver) {
        server.close();
        return;
      }
      isOver = true;
      server.off("error", refused);
      done(new PlatformListener(server, at, events));
    });
    return () => {
      isOver = true;
      server.close();
    };
  };
}

function listenOptions(at: Endpoint, settings: ListenSettings): object {
  const { backlog, ipv6Only, reusePort } = settings;
  if ("path" in at) return { path: at.path, backlog };
  return { host: at.address, port: at.port, backlog, ipv6Only, ...(reusePort ? { reusePort } : {}) };
}

class PlatformListener implements ListeningSocket {
  readonly address: Address;
  readonly #server: Server;
  readonly #events: ListenerEvents;
  #isClosing = false;

  constructor(server: Server, at: Endpoint, events: ListenerEvents) {
    this.#server = server;
    this.#events = events;
    this.address = addressOf(server, at);
    server.on("connection", (socket: Socket) => this.#connected(socket));
    // Errors of a socket that listens are those of accepting: it goes on.
    server.on("error", (error) => events.failed(error));
    server.on("close", () => this.#closed());
  }

  /**
   * The platform waits for the connections before it says that a server is closed; the address is free as soon as its handle is, which
   * is before the next turn.
   */
  close(done: () => void): void {
    this.#isClosing = true;
    this.#server.close();
    setImmediate(() => setImmediate(done));
  }

  keepAlive(yes: boolean): void {
    if (yes) this.#server.ref();
    else this.#server.unref();
  }

  #connected(socket: Socket): void {
    const remote =
      "path" in this.address ? this.address : hostAddress(socket.remoteAddress, socket.remotePort);
    readAhead(socket, false);
    this.#events.connected(new SocketTransport(socket, remote ?? nowhere, null));
  }

  #closed(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#events.lost(new Error(`the socket at ${formatAddress(this.address)} was closed`));
  }
}

function addressOf(server: Server, at: Endpoint): Address {
  if ("path" in at) return at;
  const found = server.address();
  const port = typeof found === "object" && found !== null ? found.port : at.port;
  return { host: at.address, port };
}
