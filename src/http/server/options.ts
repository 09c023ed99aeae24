import { checkCount, checkFunction, show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { DRAIN_MS, type ListenSocketOptions } from "../../io/net/listen-socket.ts";
import { checkTlsServerOptions } from "../../io/net/tls.ts";
import type { TlsServerOptions } from "../../io/net/tls-options.ts";
import { isToken } from "../wire/characters.ts";
import { checkFlag, checkKnown, checkLimitMs } from "../check-options.ts";
import { limitsOf, type WireLimits } from "../wire/limits.ts";
import { ProxyTrust, type ProxyHeader, type TrustedProxies } from "./proxy-trust.ts";
import type { Reply } from "./reply.ts";
import type { HttpRequest } from "./request.ts";

/** Answers requests. Each call is a task of its own. */
export type Handler = (request: HttpRequest) => Reply | PromiseLike<Reply>;

/** Where a server listens, and what it lets clients do. Durations are milliseconds. */
export interface ServeOptions extends ListenSocketOptions {
  /** Default: all addresses of the machine, IPv4 and IPv6. */
  readonly host?: string;
  /** Default 0: the platform chooses. */
  readonly port?: number;
  /** The path of a Unix socket to listen at, in place of host and port. */
  readonly path?: string;
  /** Makes it a server for https. */
  readonly tls?: TlsServerOptions;
  /** So many connections at the same time, at most; further ones are reset. Default: no bound. */
  readonly maxConnections?: number;
  /** So many requests are handled at the same time, at most. Default: no bound. */
  readonly maxRequests?: number;
  /** So many requests wait beyond `maxRequests`; further ones get 503. Default 100. */
  readonly maxQueuedRequests?: number;
  /** For how long a request waits before it gets 503. Default 1,000. */
  readonly queueMs?: number;
  /** How many bytes of a body are read by the whole (`text`, `json`, `bytes`, `form`); beyond it is 413. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** For how long a handler may run; then it is cancelled, and the client gets 503. Default `Infinity`. */
  readonly handlerMs?: number;
  /**
   * How long a handler that was cancelled may take to end. Then its client gets 503 or, where the reply had begun, is cut off, and the log is told;
   * the handler counts as in flight until it ends. Default 5,000.
   */
  readonly handlerGraceMs?: number;
  /** For how long the head of a request may take, from its first byte; on a new connection from its beginning. Default 10,000. */
  readonly headMs?: number;
  /** For how long a connection may be without a request. Default 60,000. */
  readonly idleMs?: number;
  /** So many bytes a second must come of a body that is waited for, as an average of five seconds. Default 240. */
  readonly minBodyBytesPerSecond?: number;
  /** How long a client may take for each part, of at most 64 KiB, of a reply. Default 60,000. */
  readonly sendMs?: number;
  /** How long `close` lets requests end by themselves before it cancels them. Default 30,000. */
  readonly drainMs?: number;
  /** How long `close` lets a connection without a request go on, for one that is on its way. Default 250. */
  readonly closeGraceMs?: number;
  /** Whether a client that ends its data may still wait for an answer. By default it counts as one that has left. */
  readonly allowHalfClose?: boolean;
  /** The proxies to believe about the client's address, scheme and host. Default: none. */
  readonly trustProxy?: TrustedProxies;
  /** The fields that they set. Default `"x-forwarded"`. */
  readonly proxyHeader?: ProxyHeader;
  /** The field in which a trusted proxy gives a request its id. Default `"x-request-id"`. */
  readonly requestIdHeader?: string;
  /** Whether each request is reported to the runtime's log, as `TSY_HTTP_ACCESS`. Default false. */
  readonly accessLog?: boolean;
  /** How much of a message is taken before it is refused. */
  readonly limits?: Partial<WireLimits>;
  /** Told of an error that a handler threw, other than `HttpError` and what the client is to blame for. Default: a warning in the log. */
  readonly onError?: (error: unknown, request: HttpRequest) => void;
}

/** The options of a server, checked, with what holds where nothing was said. */
export interface ServePlan {
  readonly handler: Handler;
  readonly tls: TlsServerOptions | null;
  readonly limits: WireLimits;
  readonly trust: ProxyTrust | null;
  readonly requestIdHeader: string;
  readonly onError: ((error: unknown, request: HttpRequest) => void) | null;
  readonly accessLog: boolean;
  readonly allowHalfClose: boolean;
  readonly maxConnections: number;
  readonly maxRequests: number;
  readonly maxQueuedRequests: number;
  readonly maxBodyBytes: number;
  readonly minBodyBytesPerSecond: number;
  readonly handshakeMs: number;
  readonly headMs: number;
  readonly idleMs: number;
  readonly queueMs: number;
  readonly handlerMs: number;
  readonly handlerGraceMs: number;
  readonly sendMs: number;
  readonly drainMs: number;
  readonly closeGraceMs: number;
  readonly bodyCheckMs: number;
  readonly lingerMs: number;
  readonly farewellMs: number;
}

const HANDSHAKE_MS = 10_000;
const HEAD_MS = 10_000;
const IDLE_MS = 60_000;
const SEND_MS = 60_000;
const CLOSE_GRACE_MS = 250;
const HANDLER_GRACE_MS = 5_000;
const QUEUE_MS = 1_000;
const MAX_QUEUED_REQUESTS = 100;
const MAX_BODY_BYTES = 1_048_576;
const MIN_BODY_BYTES_PER_SECOND = 240;
/** How often the rate of a body is looked at. */
const BODY_CHECK_MS = 5_000;
/** For how long what a client still sends is dropped, so that it gets to hear the reply. */
const LINGER_MS = 5_000;
/** How long a connection that is being closed waits for the client to close it, too. */
const FAREWELL_MS = 1_000;

/**
 * The plan of what messages call `caller`, which has the options `known`.
 *
 * @throws {InvalidArgument} which names the option.
 */
export function planOf(
  caller: string,
  handler: Handler,
  options: ServeOptions,
  known: ReadonlySet<string> = serveOptions,
): ServePlan {
  checkFunction(`handler of ${caller}`, handler);
  checkKnown(caller, options, known);
  if (options.onError !== undefined) checkFunction(`onError of ${caller}`, options.onError);
  if (options.tls !== undefined) checkTlsServerOptions(caller, options.tls);
  const { trustProxy, proxyHeader = "x-forwarded", requestIdHeader = "x-request-id" } = options;
  return {
    ...countsOf(caller, options),
    ...durationsOf(caller, options),
    handler,
    tls: options.tls ?? null,
    limits: limitsOf(caller, options.limits ?? {}),
    trust: trustProxy === undefined ? null : new ProxyTrust(trustProxy, proxyHeader),
    requestIdHeader: checkFieldName(`requestIdHeader of ${caller}`, requestIdHeader),
    onError: options.onError ?? null,
    accessLog: checkFlag(`accessLog of ${caller}`, options.accessLog ?? false),
    allowHalfClose: checkFlag(`allowHalfClose of ${caller}`, options.allowHalfClose ?? false),
  };
}

/** The names of all options. */
const serveOptions: ReadonlySet<keyof ServeOptions> = new Set<keyof ServeOptions>([
  "host",
  "port",
  "path",
  "tls",
  "maxConnections",
  "maxRequests",
  "maxQueuedRequests",
  "queueMs",
  "maxBodyBytes",
  "handlerMs",
  "handlerGraceMs",
  "headMs",
  "idleMs",
  "minBodyBytesPerSecond",
  "sendMs",
  "drainMs",
  "closeGraceMs",
  "allowHalfClose",
  "trustProxy",
  "proxyHeader",
  "requestIdHeader",
  "accessLog",
  "limits",
  "onError",
  "backlog",
  "reusePort",
  "ipv6Only",
  "noDelay",
  "keepAliveMs",
]);

function checkFieldName(name: string, value: string): string {
  if (typeof value === "string" && isToken(value)) return value;
  throw new InvalidArgument(`${name} is ${show(value)}. Give the name of a header field.`);
}

function countsOf(caller: string, options: ServeOptions) {
  const count = (name: keyof ServeOptions, otherwise: number, least: 0 | 1): number => {
    const value = options[name];
    return value === undefined ? otherwise : checkCount(`${name} of ${caller}`, value as number, least);
  };
  return {
    maxConnections: count("maxConnections", Infinity, 0),
    maxRequests: count("maxRequests", Infinity, 1),
    maxQueuedRequests: count("maxQueuedRequests", MAX_QUEUED_REQUESTS, 0),
    maxBodyBytes: count("maxBodyBytes", MAX_BODY_BYTES, 0),
    minBodyBytesPerSecond: count("minBodyBytesPerSecond", MIN_BODY_BYTES_PER_SECOND, 0),
  };
}

function durationsOf(caller: string, options: ServeOptions) {
  const duration = (name: keyof ServeOptions, otherwise: number): number =>
    options[name] === undefined ? otherwise : checkLimitMs(`${name} of ${caller}`, options[name]);
  // That one is the socket's affair.
  duration("keepAliveMs", Infinity);
  const handshakeMs = options.tls?.handshakeMs ?? HANDSHAKE_MS;
  return {
    handshakeMs: checkLimitMs(`handshakeMs in tls of ${caller}`, handshakeMs),
    headMs: duration("headMs", HEAD_MS),
    idleMs: duration("idleMs", IDLE_MS),
    queueMs: duration("queueMs", QUEUE_MS),
    handlerMs: duration("handlerMs", Infinity),
    handlerGraceMs: duration("handlerGraceMs", HANDLER_GRACE_MS),
    sendMs: duration("sendMs", SEND_MS),
    drainMs: duration("drainMs", DRAIN_MS),
    closeGraceMs: duration("closeGraceMs", CLOSE_GRACE_MS),
    bodyCheckMs: BODY_CHECK_MS,
    lingerMs: LINGER_MS,
    farewellMs: FAREWELL_MS,
  };
}
