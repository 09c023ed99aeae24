/**
 * The way of a request by a proxy. One in the clear is given to the proxy as it is, with the whole URL, and a connection to the proxy serves
 * all such requests; one by https goes through a tunnel, which is to one origin.
 */
import type { HostAddress } from "../../../io/net/address.ts";
import type { TakeTransport } from "../../../io/net/connect.ts";
import { currentNetwork } from "../../../io/net/network.ts";
import { shakeHands } from "../../../io/net/tls.ts";
import type { TlsClientOptions } from "../../../io/net/tls-options.ts";
import { ByteStream } from "../../../io/stream/byte-stream.ts";
import { fieldLine } from "../../wire/fields.ts";
import type { Route } from "../exchange.ts";
import type { Target } from "../target.ts";
import type { ChosenProxy } from "./proxies.ts";
import { openTunnel } from "./proxy-tunnel.ts";

/** Makes what opens connections, by the options of the client; with TLS where `tls` is not null. */
export type ConnectorTo = (
  address: HostAddress,
  tls: TlsClientOptions | null,
) => { open<T>(take: TakeTransport<T>): Promise<T> };

/** `tls`: how TLS is done with the origin. */
export function proxyRoute(
  target: Target,
  chosen: ChosenProxy,
  tls: TlsClientOptions,
  connectorTo: ConnectorTo,
): Route {
  const { proxy } = chosen;
  const { authorization } = proxy;
  const connector = connectorTo(
    { host: proxy.host, port: proxy.port },
    proxy.isSecure ? { serverName: proxy.host, ...chosen.tls } : null,
  );
  if (!target.isSecure)
    return {
      key: `by ${proxy.href}`,
      hasAbsoluteTarget: true,
      fields: authorization === null ? "" : fieldLine("Proxy-Authorization", authorization),
      open: (take) => connector.open(take),
    };
  const options = { serverName: target.host.replace(/\.$/, ""), ...tls };
  return {
    // Whoever has other credentials does not get into this one's tunnel.
    key: `${target.origin} by ${proxy.href} ${authorization ?? ""}`,
    hasAbsoluteTarget: false,
    fields: "",
    open: async (take) => {
      const plain = await connector.open((transport) => new ByteStream(transport));
      const { transport, unread } = await openTunnel(plain, target, proxy);
      return shakeHands(
        transport,
        options,
        currentNetwork().secureClient(transport, unread, options),
        take,
      );
    },
  };
}
