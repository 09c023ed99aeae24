/**
 * The seam between the client's core, which puts one request on one connection, and what is built around it: redirects, cookies,
 * credentials, proxies, retries. Each of those is a {@link Middleware}, or a pure function.
 */
import type { Resolver } from "../../io/net/resolver.ts";
import type { TlsClientOptions } from "../../io/net/tls-options.ts";
import type { Transport } from "../../io/stream/transport.ts";
import type { BodyInit, FormFields, OutgoingBody } from "../body/outgoing-body.ts";
import { picture, pictured } from "../picture.ts";
import type { HeadersInit } from "../wire/fields.ts";
import type { WireLimits } from "../wire/limits.ts";
import { RequestHeaders } from "./request-headers.ts";
import type { HttpResponse } from "./response.ts";
import type { Target } from "./target.ts";

/** Puts a request on its way, and gives the response once its head is there. */
export type Send = (request: ClientRequest) => Promise<HttpResponse>;

/**
 * Stands around the sending of a request: it may change the request, send it with `next` (several times, or never), and change the
 * response. A response that it does not hand on is its to close.
 */
export type Middleware = (request: ClientRequest, next: Send) => Promise<HttpResponse>;

/** What may differ between a request and the one it was made from. */
export interface RequestChanges {
  readonly method?: string;
  readonly url?: Target;
  readonly headers?: RequestHeaders;
  readonly body?: OutgoingBody | null;
  readonly attempt?: number;
  readonly options?: ResolvedOptions;
}

/** One request, on its way through the middleware to a connection. */
export class ClientRequest {
  readonly method: string;
  readonly url: Target;
  readonly body: OutgoingBody | null;
  readonly options: ResolvedOptions;
  #attempt = 1;
  #headers: RequestHeaders | null = null;
  /** @internal When the whole began, of which it may be a later step; -1 before. */
  beganAt: number = -1;

  constructor(method: string, url: Target, body: OutgoingBody | null, options: ResolvedOptions) {
    this.method = method;
    this.url = url;
    this.body = body;
    this.options = options;
  }

  /** 1 for the first time, one more for each retry. */
  get attempt(): number {
    return this.#attempt;
  }

  /**
   * The fields of its head, to be read and changed: the client's and the call's. `Host`, the framing of the body and `Connection` are
   * not among them: those are written by the connection.
   */
  get headers(): RequestHeaders {
    return (this.#headers ??= RequestHeaders.fromText(this.options.fields));
  }

  /** Its fields as they are written; those of the options where nobody has asked for `headers`. */
  get fields(): string {
    return this.#headers === null ? this.options.fields : this.#headers.text;
  }

  /** The same request but for `changes`. Its headers are a copy. */
  with(changes: RequestChanges): ClientRequest {
    const { method = this.method, url = this.url, body = this.body, options = this.options } = changes;
    const changed = new ClientRequest(method, url, body, options);
    changed.#headers = changes.headers ?? this.#headers?.clone() ?? null;
    changed.#attempt = changes.attempt ?? this.#attempt;
    changed.beganAt = this.beganAt;
    return changed;
  }
}

// Without its options: those have credentials.
pictured(ClientRequest, ({ method, url, attempt, headers, body }) =>
  picture("ClientRequest", { method, url: url.href, attempt, headers, body: shown(body) }),
);

function shown(body: OutgoingBody | null): string | null {
  if (body === null) return null;
  const { lengthBytes, contentType } = body;
  const length = lengthBytes === null ? "a stream" : `${lengthBytes} bytes`;
  return contentType === null ? length : `${length}, ${contentType}`;
}

/** How the bytes of a request get to its origin. Connections with the same key serve each other's requests. */
export interface Route {
  readonly key: string;
  /** Whether the request line has the whole URL: for a plain request by way of a proxy. */
  readonly hasAbsoluteTarget: boolean;
  /** Fields for each request that goes this way, each with its line end: `Proxy-Authorization`. */
  readonly fields: string;
  /**
   * Opens a connection, and gives what `take` makes of it; that is called in the turn in which the network hands the connection over, and
   * starts it. It is called in the background, in the context of the one who asked, and cancelled at `connectMs`.
   */
  open<T>(take: (transport: Transport) => T): Promise<T>;
}

/** Where cookies are kept: `tough-cookie`'s `CookieJar` is such a thing. */
export interface CookieStore {
  getCookieString(url: string): Promise<string>;
  setCookie(cookie: string, url: string, options?: { readonly ignoreError?: boolean }): Promise<unknown>;
}

/** Who asks: by user name and password, or by a token. Sent to the origin of the request alone. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  | { readonly bearer: string };

/** A proxy: its URL, which may hold credentials. */
export interface ProxyOptions {
  readonly url: string | URL;
  readonly credentials?: Credentials;
  readonly tls?: TlsClientOptions;
}

/** A proxy by its URL or with options; `"environment"` is for that of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. */
export type ProxySetting = string | URL | ProxyOptions;

/** What can be said for all requests of a client, and for one. */
export interface ExchangeOptions {
  /** Fields of the head. Those of the call replace the client's of the same name; `undefined` takes one away. */
  readonly headers?: HeadersInit;
  /** How long the whole may take, from the call to the last byte of the body, redirects and retries included, in milliseconds. Default 300,000. */
  readonly totalMs?: number;
  /** How long to wait for a connection that is free, where `maxConnections` is reached, in milliseconds. Default `Infinity`. */
  readonly poolMs?: number;
  /** How long it may take to connect, the look-up of the name and the TLS handshake included, in milliseconds. Default 30,000. */
  readonly connectMs?: number;
  /** How long the server may take from the last byte of the request to the first of its response, in milliseconds. Default `Infinity`. */
  readonly firstByteMs?: number;
  /** How long it may send nothing in the midst of its response, in milliseconds. Default `Infinity`. */
  readonly gapMs?: number;
  /** Whether a status of 400 or more is thrown, as a {@link StatusError}. Default false. */
  readonly throwOnStatus?: boolean;
  /** Whether bodies are decompressed. Default true; with false the coded bytes are the body. */
  readonly decompress?: boolean;
  /** How many bytes a body may have that is read whole. Default 64 MiB. */
  readonly maxBodyBytes?: number;
  /** Whether a request is sent anew whose kept connection turned out to be dead. Default true. */
  readonly retryDeadConnections?: boolean;
  /**
   * Sends the head alone, and the body once the server asks for it or has said nothing for so long, in milliseconds. Default: not. Where it
   * answers 417 the request is sent once more without asking, if nothing of the body was sent and it can be sent again.
   */
  readonly expectContinueMs?: number;
  /** How many redirects are followed. Default 10; 0 hands the first one out. */
  readonly maxRedirects?: number;
  /**
   * Who asks. Default: whoever the URL names. It is sent to the origin of the request alone, not behind redirects to others; that of a
   * client with a `baseUrl` to the origin of that one alone.
   */
  readonly auth?: Credentials | null;
  /** The proxy to go by; `"environment"` for what the variables of the process say. Default null: none. */
  readonly proxy?: ProxySetting | null;
}

/** How an `HttpClient` works. */
export interface HttpClientOptions extends ExchangeOptions {
  /** What relative URLs are relative to. */
  readonly baseUrl?: string | URL;
  /** How many connections it has at most. Default 100. */
  readonly maxConnections?: number;
  /** And to one origin. Default `Infinity`. */
  readonly maxConnectionsPerOrigin?: number;
  /** How long a connection is kept for the next request, unless the server says less, in milliseconds. Default 15,000. */
  readonly keepAliveMs?: number;
  /** How it does TLS. */
  readonly tls?: TlsClientOptions;
  /** How much of a response's head, and of what frames its body, is taken before it is refused. */
  readonly limits?: Partial<WireLimits>;
  /** The socket to which all connections go, whatever the host. */
  readonly unixSocket?: string;
  /** Who finds the addresses of hosts. Default: that of `withResolver`, else the network's with a cache before it. */
  readonly resolver?: Resolver;
  /** The IP address of this machine to connect from. */
  readonly localAddress?: string;
  /** After how long the next address of a host is tried as well, in milliseconds. Default 250. */
  readonly attemptDelayMs?: number;
  /** Where cookies are kept. Default: nowhere. */
  readonly cookies?: CookieStore;
  /** What stands around each request, the first outermost. */
  readonly middleware?: readonly Middleware[];
  /** What sends requests in place of connections: a `MockTransport`, for tests. */
  readonly transport?: Send;
}

/** What one request says. */
export interface RequestOptions extends ExchangeOptions {
  /** Parameters for the query of the URL, added to those it has. */
  readonly query?: Iterable<readonly [string, string]> | Readonly<Record<string, QueryValue>>;
  /** The body. One of `body`, `json` and `form`. */
  readonly body?: BodyInit | OutgoingBody;
  /** A value to send as JSON. */
  readonly json?: unknown;
  /** Fields to send as an HTML form does. */
  readonly form?: FormFields;
}

/** `undefined` leaves the parameter away, an array repeats it. */
export type QueryValue = string | number | boolean | undefined | ReadonlyArray<string | number | boolean>;

/** The options of the client and of the call, in one; what was not said has its default. */
export interface ResolvedOptions {
  /** Client's and call's fields of the head, checked, each with its line end. */
  readonly fields: string;
  readonly totalMs: number;
  readonly poolMs: number;
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly gapMs: number;
  readonly throwOnStatus: boolean;
  readonly decompress: boolean;
  readonly maxBodyBytes: number;
  readonly retryDeadConnections: boolean;
  /** `null` where the body is sent at once. */
  readonly expectContinueMs: number | null;
  readonly maxRedirects: number;
  readonly auth: Credentials | null;
  readonly proxy: ProxySetting | null;
  readonly cookies: CookieStore | null;
  readonly middleware: readonly Middleware[];
}
