import { checkCount, checkDuration, checkFunction } from "../../base/check.ts";
import { formatAddress } from "./address.ts";
import { currentNetwork } from "./network.ts";
import type { ConnectionHandler } from "./connections.ts";
import {
  checkListenAddress,
  DRAIN_MS,
  listenSettings,
  openListener,
  type ListenAddress,
  type ListenSocketOptions,
} from "./listen-socket.ts";
import { Server } from "./server.ts";
import { checkTlsServer } from "./tls.ts";
import type { TlsServerOptions } from "./tls-options.ts";

/** How a server listens, and how it ends. */
export interface ListenOptions extends ListenSocketOptions {
  /** Makes every connection a TLS one. */
  readonly tls?: TlsServerOptions;
  /** So many connections at the same time, at most; further ones are reset, and counted as refused. Default: no bound. */
  readonly maxConnections?: number;
  /** How long `close` lets connections end by themselves before it cancels them. Default 30,000. */
  readonly drainMs?: number;
  /** Told of an error that a handler threw, other than a connection that was lost or ended too soon. Default: a warning in the log. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Listens, and runs `handler` for each connection, in a task of its own. Resolves when connections are accepted.
 *
 * The stream is closed when its handler returns or is cancelled, and cut when it throws an error. An error of a handler ends its connection only: what the peer
 * brings about (a lost connection, data that ends too soon or is over a limit, a failed handshake) is counted, anything else goes to
 * `onError`. The server lives under the runtime, not under the caller's scope: leave it by `await using`, or call `close`. Handlers run in
 * the context of the caller.
 *
 * Cancel safety: a cancelled call listens no more.
 * @throws {AddressInUse} when somebody else listens there.
 * @throws {ListenFailed} when the platform does not let us, for another reason.
 * @throws {UnknownHost} when the host has no address.
 * @example
 * import { connect, listen } from "tsyncio/io";
 * await using server = await listen({ host: "127.0.0.1", port: 0 }, (stream) => stream.write("hello"));
 * await using stream = await connect(server.address);
 * console.log(await stream.readText()); // hello
 */
export function listen(
  address: ListenAddress,
  handler: ConnectionHandler,
  options: ListenOptions = {},
): Promise<Server> {
  const at = checkListenAddress(address);
  checkFunction("handler of listen", handler);
  if (options.onError !== undefined) checkFunction("onError of listen", options.onError);
  const settings = listenSettings("listen", options);
  const network = currentNetwork();
  if (options.tls !== undefined) checkTlsServer("listen", options.tls, network);
  const server = new Server({
    handler,
    open: (events) => openListener(network, at, settings, events),
    tls: options.tls ?? null,
    maxConnections: checkCount("maxConnections of listen", options.maxConnections ?? Infinity, 0),
    drainMs: checkDuration("drainMs of listen", options.drainMs ?? DRAIN_MS),
    onError: options.onError ?? null,
  });
  return server.start(`server at ${formatAddress(at)}`).then(() => server);
}
