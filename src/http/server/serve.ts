import { formatAddress, type Address } from "../../io/net/address.ts";
import { checkListenAddress, listenSettings, openListener } from "../../io/net/listen-socket.ts";
import { currentNetwork } from "../../io/net/network.ts";
import { ServerCore } from "./core.ts";
import { HttpServer } from "./http-server.ts";
import { checkTlsServer } from "../../io/net/tls.ts";
import { planOf, type Handler, type ServeOptions } from "./options.ts";

/**
 * Listens, and has `handler` answer each request, in a task of its own. Resolves when connections are accepted.
 *
 * The task is cancelled, with all that it began, when its client leaves, when it takes longer than `handlerMs`, and when the server is closed
 * and the time for that is over; what must outlive the request belongs in `withShield` or in `currentRuntime().background`. What a handler
 * throws is answered: {@link HttpError} as it says, what is wrong with the body of the request by 4xx, anything else by 500 without details
 * and one record in the log. One that does not end though it is cancelled is not waited for longer than `handlerGraceMs`: its client gets 503, and
 * the log is told. The server lives under the runtime, not under the caller's scope: leave it by `await using`, or call `close`.
 * Handlers run in the context of the caller.
 *
 * Cancel safety: a cancelled call listens no more.
 * @throws {AddressInUse} when somebody else listens there.
 * @throws {ListenFailed} when the platform does not let us, for another reason.
 * @throws {UnknownHost} when the host has no address.
 * @example
 * import { serve } from "tsyncio/http";
 * import { connect } from "tsyncio/io";
 * await using server = await serve(() => ({ hello: "world" }), { host: "127.0.0.1" });
 * await using stream = await connect(server.address);
 * await stream.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
 * console.log((await stream.readText()).split("\r\n\r\n")[1]); // {"hello":"world"}
 */
export async function serve(handler: Handler, options: ServeOptions = {}): Promise<HttpServer> {
  const plan = planOf("serve", handler, options);
  const at = addressOf(options);
  const settings = listenSettings("serve", options);
  const network = currentNetwork();
  if (options.tls !== undefined) checkTlsServer("serve", options.tls, network);
  const server = new HttpServer(new ServerCore(plan), at, network, (events) =>
    openListener(network, at, settings, events),
  );
  await server.start(`serve at ${formatAddress(at)}`);
  return server;
}

function addressOf({ host, port = 0, path }: ServeOptions): Address {
  if (path !== undefined) return checkListenAddress({ path });
  return checkListenAddress(host === undefined ? { port } : { host, port });
}
