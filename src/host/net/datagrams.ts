import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { IpEndpoint } from "../../io/net/address.ts";
import type { Begin, DatagramEvents, DatagramSocket, UdpSettings } from "../../io/net/network.ts";

export function bindDatagrams(
  at: IpEndpoint,
  settings: UdpSettings,
  events: DatagramEvents,
): Begin<DatagramSocket> {
  return (done, failed) => {
    let isOver = false;
    const socket = createSocket({
      type: at.family === 6 ? "udp6" : "udp4",
      reuseAddr: settings.reuseAddress,
      ipv6Only: settings.ipv6Only,
      ...(settings.reusePort ? { reusePort: true } : {}),
    });
    const refused = (error: Error): void => {
      if (isOver) return;
      isOver = true;
      closeQuietly(socket);
      failed(error);
    };
    // Some runtimes give the error of a connect to its callback.
    const ready = (error?: Error | null): void => {
      if (error !== null && error !== undefined) refused(error);
      if (isOver) return;
      isOver = true;
      socket.off("error", refused);
      done(new PlatformDatagrams(socket, at, settings.peer !== undefined, events));
    };
    socket.on("error", refused);
    socket.bind({ address: at.address, port: at.port }, () => {
      if (isOver) return;
      if (settings.broadcast) socket.setBroadcast(true);
      if (settings.peer === undefined) ready();
      else socket.connect(settings.peer.port, settings.peer.address, ready as () => void);
    });
    return () => {
      isOver = true;
      closeQuietly(socket);
    };
  };
}

class PlatformDatagrams implements DatagramSocket {
  readonly address: IpEndpoint;
  readonly #socket: Socket;
  /** It sends to its peer only, and must not be given an address. */
  readonly #hasPeer: boolean;
  /** Sends under way. The platform forgets those that it has not begun when the socket is closed. */
  readonly #sends: Set<(error: Error | null) => void> = new Set();
  #isClosed = false;

  constructor(socket: Socket, at: IpEndpoint, hasPeer: boolean, events: DatagramEvents) {
    this.#socket = socket;
    this.#hasPeer = hasPeer;
    this.address = { address: at.address, family: at.family, port: socket.address().port };
    socket.on("message", (bytes: Uint8Array, from: RemoteInfo) => {
      if (!this.#isClosed) events.arrived(ownBytes(bytes), endpointOf(from));
    });
    socket.on("error", (error) => {
      if (!this.#isClosed) events.failed(error);
    });
  }

  send(bytes: Uint8Array, to: IpEndpoint): Begin<void> {
    return (done, failed) => {
      const sent = (error: Error | null | undefined): void => {
        if (!this.#sends.delete(sent)) return;
        if (error === null || error === undefined) done();
        else failed(error);
      };
      if (this.#hasPeer) this.#socket.send(bytes, sent);
      else this.#socket.send(bytes, to.port, to.address, sent);
      this.#sends.add(sent);
      return () => void this.#sends.delete(sent);
    };
  }

  close(done: () => void): void {
    this.#isClosed = true;
    this.#socket.close(() => {
      const closed = Object.assign(new Error("the socket was closed"), { code: "EBADF" });
      for (const sent of this.#sends) sent(closed);
      done();
    });
  }

  keepAlive(yes: boolean): void {
    if (yes) this.#socket.ref();
    else this.#socket.unref();
  }
}

const endpointOf = ({ address, family, port }: RemoteInfo): IpEndpoint => ({
  address,
  family: family === "IPv6" ? 6 : 4,
  port,
});

/** The bytes as a Uint8Array, whose methods are not those of a Buffer. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

/** Closes a socket that may not be bound yet, or closed already. */
function closeQuietly(socket: Socket): void {
  socket.removeAllListeners("error").on("error", () => {});
  try {
    socket.close();
  } catch {
    // It is closed.
  }
}
