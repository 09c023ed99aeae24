/**
 * Which proxy leads to a URL: one that the program names, or what the environment says.
 *
 * The environment, by the habits of curl: `http_proxy` for http, `https_proxy` for https, else `all_proxy`; `no_proxy` lists hosts that
 * are reached directly (proxy-bypass.ts). The lower-case name wins over the upper-case one, also where it is empty: it says "none".
 * `HTTP_PROXY` in upper case is not read where `REQUEST_METHOD` is set: in a CGI program it is what the client sent as a field `Proxy`.
 */
import { show } from "../../../base/check.ts";
import { InvalidArgument } from "../../../base/tsyncio-error.ts";
import type { Environment } from "../../platform.ts";
import { basicCredentials, userInfoOf, withoutUserInfo } from "./credentials.ts";
import { parseNoProxy, type Bypass } from "./proxy-bypass.ts";

/** A proxy as the client uses it. */
export interface ProxyTarget {
  /** `http` or `https`: how the proxy itself is reached. */
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
  /** The value of `Proxy-Authorization`; null without one. */
  readonly authorization: string | null;
  /** The proxy as text, without name and password: part of a connection's key. */
  readonly href: string;
}

/** Says which proxy leads to a URL; null for none. */
export type ProxyChoice = (url: URL) => ProxyTarget | null;

/**
 * Reads the address of a proxy: `http://proxy.example:3128`, `https://user:password@proxy.example`, `proxy.example:3128`.
 *
 * @param what names the place it comes from, for messages.
 * @throws {InvalidArgument}
 */
export function parseProxy(what: string, text: string | URL): ProxyTarget {
  const url = typeof text === "string" ? parsed(text) : text;
  if (!(url instanceof URL) || url.hostname === "" || url.port === "0")
    throw new InvalidArgument(
      `${what} is no address of a proxy (it is not shown, as it may hold a password). Write http://host:port, or https://host:port.`,
    );
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new InvalidArgument(
      `${what} has the scheme ${show(url.protocol)}. A proxy is reached by http or https; SOCKS is not spoken.`,
    );
  const isSecure = url.protocol === "https:";
  const login = userInfoOf(url);
  return {
    isSecure,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
    authorization: login === null ? null : basicCredentials(login),
    href: withoutUserInfo(url).origin,
  };
}

/**
 * What the environment says about proxies. Read once: later changes of it are not seen.
 *
 * @throws {InvalidArgument} which names the variable whose value is no address of a proxy.
 */
export function proxiesOf(environment: Environment): ProxyChoice {
  const isCgi = environment["REQUEST_METHOD"] !== undefined;
  const all = proxyIn(environment, "all_proxy", "ALL_PROXY");
  const http = proxyIn(environment, "http_proxy", isCgi ? null : "HTTP_PROXY");
  const https = proxyIn(environment, "https_proxy", "HTTPS_PROXY");
  const noProxy = environment["no_proxy"] ?? environment["NO_PROXY"] ?? "";
  const bypass: Bypass = parseNoProxy(noProxy);
  return (url) => {
    const isSecure = url.protocol === "https:";
    const own = isSecure ? https : http;
    const proxy = own === undefined ? (all ?? null) : own;
    if (proxy === null) return null;
    const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
    return bypass(url.hostname, port) ? null : proxy;
  };
}

/** The proxy that a pair of variables names: null where it says "none", `undefined` where neither is set. */
function proxyIn(
  environment: Environment,
  lower: string,
  upper: string | null,
): ProxyTarget | null | undefined {
  const fromLower = environment[lower];
  const name = fromLower === undefined ? upper : lower;
  const value = name === null ? undefined : environment[name];
  if (value === undefined) return undefined;
  return value.trim() === "" ? null : parseProxy(`the environment variable ${name}`, value.trim());
}

function parsed(text: string): URL | null {
  const withScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  return URL.canParse(withScheme) ? new URL(withScheme) : null;
}
