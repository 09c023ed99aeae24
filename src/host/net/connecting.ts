import { connect, type Socket } from "node:net";
import type { Endpoint } from "../../io/net/address.ts";
import type { Begin, ConnectSettings } from "../../io/net/network.ts";
import type { Transport } from "../../io/stream/transport.ts";
import { hearOut } from "./hear-out.ts";
import { ignoreError, SocketTransport } from "./socket-transport.ts";

/** One attempt. No name is resolved, and no second address is tried: both are decided above. */
export function connectSocket(to: Endpoint, settings: ConnectSettings): Begin<Transport> {
  return (done, failed) => {
    let isOver = false;
    const socket = openSocket(to, settings);
    const fail = (error: unknown): void => {
      if (isOver) return;
      isOver = true;
      giveUp(socket);
      failed(error);
    };
    // On some runtimes a refused socket closes without an error.
    const closed = (): void => fail(new Error("the socket was closed while it was connecting"));
    socket.on("error", fail).on("close", closed);
    socket.once("connect", () => {
      if (isOver) return;
      isOver = true;
      const remote = "path" in to ? to : { host: to.address, port: to.port };
      const transport = new SocketTransport(socket, remote, null);
      hearOut(socket);
      socket.off("error", fail).off("close", closed);
      done(transport);
    });
    return () => {
      isOver = true;
      giveUp(socket);
    };
  };
}

function openSocket(to: Endpoint, settings: ConnectSettings): Socket {
  const { noDelay, keepAliveMs, localAddress, localPort } = settings;
  if ("path" in to) return connect({ path: to.path, allowHalfOpen: true });
  return connect({
    host: to.address,
    port: to.port,
    family: to.family,
    allowHalfOpen: true,
    autoSelectFamily: false,
    noDelay,
    ...keepAlive(keepAliveMs),
    ...(localAddress === null ? {} : { localAddress }),
    ...(localPort === 0 ? {} : { localPort }),
  });
}

/** What the platform calls it. */
export function keepAlive(ms: number): { keepAlive?: boolean; keepAliveInitialDelay?: number } {
  return ms === Infinity ? {} : { keepAlive: true, keepAliveInitialDelay: ms };
}

/** Closes a socket whose outcome nobody wants. */
function giveUp(socket: Socket): void {
  socket.removeAllListeners("error").on("error", ignoreError);
  socket.destroy();
}
