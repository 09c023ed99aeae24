/** How a client's connections are opened: directly, or by a proxy. */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { checkConnectOptions, Connector, type ConnectOptions } from "../../io/net/connect.ts";
import type { TlsClientOptions } from "../../io/net/tls-options.ts";
import type { HttpClientOptions, ProxySetting, Route } from "./exchange.ts";
import { Proxies } from "./features/proxies.ts";
import { proxyRoute } from "./features/proxy-route.ts";
import type { Target } from "./target.ts";

/** What is offered to a server that speaks several protocols. */
const ALPN: readonly string[] = ["http/1.1"];

export class Ways {
  readonly #unixSocket: string | null;
  readonly #tls: TlsClientOptions;
  readonly #options: Omit<ConnectOptions, "tls">;
  readonly #proxies: Proxies = new Proxies();

  /**
   * What the first connection would find wrong is found now.
   *
   * @throws {InvalidArgument}
   */
  constructor({ unixSocket, tls, resolver, localAddress, attemptDelayMs }: HttpClientOptions) {
    if (unixSocket !== undefined && (typeof unixSocket !== "string" || unixSocket === ""))
      throw new InvalidArgument(
        `unixSocket of HttpClient is ${show(unixSocket)}. Give the path of a socket.`,
      );
    this.#unixSocket = unixSocket ?? null;
    this.#tls = tls ?? {};
    this.#options = {
      ...(resolver === undefined ? {} : { resolver }),
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(attemptDelayMs === undefined ? {} : { attemptDelayMs }),
    };
    const options = { ...this.#options, tls: this.#tls };
    checkConnectOptions("HttpClient", { host: "localhost", port: 443 }, options);
  }

  /** Called in the scope of the one who asks. */
  directTo({ host, port, isSecure }: Target): Pick<Route, "open"> {
    const tls = isSecure ? { serverName: host.replace(/\.$/, ""), ...this.#tls } : null;
    const address = this.#unixSocket === null ? { host, port } : { path: this.#unixSocket };
    return new Connector(address, this.#with(tls));
  }

  /** Null for the direct way. Called in the scope of the one who asks. */
  routeTo(target: Target, proxy: ProxySetting): Route | null {
    const chosen = this.#proxies.for(target, proxy);
    if (chosen === null) return null;
    return proxyRoute(
      target,
      chosen,
      this.#tls,
      (address, tls) => new Connector(address, this.#with(tls)),
    );
  }

  #with(tls: TlsClientOptions | null): ConnectOptions {
    return { ...this.#options, tls: tls === null ? false : { alpnProtocols: ALPN, ...tls } };
  }
}
