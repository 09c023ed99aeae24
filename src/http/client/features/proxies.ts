/** The proxies of a client: which one a request goes by, as its options or the environment say. */
import { show } from "../../../base/check.ts";
import { InvalidArgument } from "../../../base/tsyncio-error.ts";
import type { TlsClientOptions } from "../../../io/net/tls-options.ts";
import { checkKnown } from "../../check-options.ts";
import { httpPlatform } from "../../platform.ts";
import type { ProxyOptions, ResolvedOptions } from "../exchange.ts";
import type { Target } from "../target.ts";
import { authorizationOf } from "./authorization.ts";
import { parseProxy, proxiesOf, type ProxyChoice, type ProxyTarget } from "./proxy-environment.ts";

/** What can be said about proxies in the options. */
export type ProxySetting = ResolvedOptions["proxy"];

/** The proxy of a request, and how TLS is done with it where it is reached by https. */
export interface ChosenProxy {
  readonly proxy: ProxyTarget;
  readonly tls: TlsClientOptions;
}

const noTls: TlsClientOptions = {};
/** Addresses that are remembered as they were read; a program names few. */
const MOST_KNOWN = 100;

/** Reads each address once, and the environment when it is first asked for. */
export class Proxies {
  #environment: ProxyChoice | null = null;
  readonly #known = new Map<string, ChosenProxy>();
  readonly #ofOptions = new WeakMap<ProxyOptions, ChosenProxy>();

  /**
   * The proxy by which `target` is reached; null for none.
   *
   * @throws {InvalidArgument} for what is no address of a proxy.
   */
  for(target: Target, setting: ProxySetting): ChosenProxy | null {
    if (setting === null) return null;
    if (setting === "environment") {
      const proxy = this.#ofEnvironment()(target.url);
      return proxy === null ? null : { proxy, tls: noTls };
    }
    return typeof setting === "string" || setting instanceof URL
      ? this.#named(String(setting))
      : this.#withOptions(setting);
  }

  #ofEnvironment(): ProxyChoice {
    return (this.#environment ??= proxiesOf(httpPlatform().environment()));
  }

  #named(text: string): ChosenProxy {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const chosen = named(text);
    if (this.#known.size < MOST_KNOWN) this.#known.set(text, chosen);
    return chosen;
  }

  #withOptions(options: ProxyOptions): ChosenProxy {
    const known = this.#ofOptions.get(options);
    if (known !== undefined) return known;
    const chosen = written(options);
    this.#ofOptions.set(options, chosen);
    return chosen;
  }
}

function named(text: string): ChosenProxy {
  return { proxy: parseProxy("the option proxy", text), tls: noTls };
}

function written(options: ProxyOptions): ChosenProxy {
  if (typeof options !== "object")
    throw new InvalidArgument(
      `proxy is ${show(options)}. Give the URL of a proxy, { url, credentials, tls }, "environment", or null.`,
    );
  checkKnown("the option proxy", options, names);
  const { url, credentials, tls = noTls } = options;
  const proxy = parseProxy("url of the option proxy", url);
  return credentials === undefined
    ? { proxy, tls }
    : { proxy: { ...proxy, authorization: authorizationOf(credentials) }, tls };
}

const names: ReadonlySet<string> = new Set(["url", "credentials", "tls"]);

/**
 * The environment is read when it is first asked for.
 *
 * @throws {InvalidArgument} for what is no address of a proxy.
 */
export function checkProxy(setting: ProxySetting): void {
  if (setting === null || setting === "environment") return;
  if (typeof setting === "string" || setting instanceof URL) named(String(setting));
  else written(setting);
}
