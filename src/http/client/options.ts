/** The options of a client and of a request: checked, and with their defaults. */
import { checkCount, checkFunction, show } from "../../base/check.ts";
import { checkFlag, checkKnown, checkLimitMs } from "../check-options.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { fieldLine, fieldsText, HttpHeaders, type HeadersInit } from "../wire/fields.ts";
import type { ExchangeOptions, HttpClientOptions, ResolvedOptions } from "./exchange.ts";
import { limitsOf, type WireLimits } from "../wire/limits.ts";
import { authorizationOf } from "./features/authorization.ts";
import { checkProxy } from "./features/proxies.ts";
import { ownFields } from "./request-headers.ts";

const TOTAL_MS = 300_000;
const CONNECT_MS = 30_000;
const KEEP_ALIVE_MS = 15_000;
const MAX_BODY_BYTES = 67_108_864;
const MAX_CONNECTIONS = 100;
const MAX_REDIRECTS = 10;

/** What a client says for all its requests, where they say nothing else. */
const standard: ResolvedOptions = {
  fields: "",
  totalMs: TOTAL_MS,
  poolMs: Infinity,
  connectMs: CONNECT_MS,
  firstByteMs: Infinity,
  gapMs: Infinity,
  throwOnStatus: false,
  decompress: true,
  maxBodyBytes: MAX_BODY_BYTES,
  retryDeadConnections: true,
  expectContinueMs: null,
  maxRedirects: MAX_REDIRECTS,
  auth: null,
  proxy: null,
  cookies: null,
  middleware: [],
};

/** Bounds of the pool, and how connections are kept. */
export interface PoolOptions {
  readonly maxConnections: number;
  readonly maxPerOrigin: number;
  readonly keepAliveMs: number;
  readonly limits: WireLimits;
}

const optionNames: readonly string[] =
  "headers totalMs poolMs connectMs firstByteMs gapMs throwOnStatus decompress maxBodyBytes retryDeadConnections expectContinueMs maxRedirects auth proxy".split(
    " ",
  );
const clientNames: ReadonlySet<string> = new Set([
  ...optionNames,
  "attemptDelayMs",
  "baseUrl",
  "cookies",
  "keepAliveMs",
  "limits",
  "localAddress",
  "maxConnections",
  "maxConnectionsPerOrigin",
  "middleware",
  "resolver",
  "tls",
  "transport",
  "unixSocket",
]);
const requestNames: ReadonlySet<string> = new Set([...optionNames, "body", "form", "json", "query"]);

/** @throws {InvalidArgument} for what is no object, or has an option of another name. */
export function checkNames(caller: string, options: object, kind: "client" | "request"): void {
  checkKnown(caller, options, kind === "client" ? clientNames : requestNames);
}

/** `accepted`: the codings that bodies are decoded from. */
export function clientDefaults(options: HttpClientOptions, accepted: string): ResolvedOptions {
  const fields = `Accept: */*\r\n${accepted === "" ? "" : fieldLine("Accept-Encoding", accepted)}User-Agent: tsyncio\r\n`;
  const resolved = resolve({ ...standard, fields }, options, "HttpClient");
  const { middleware = [], cookies = null, transport, attemptDelayMs } = options;
  if (!Array.isArray(middleware))
    throw new InvalidArgument(
      `middleware of HttpClient is ${show(middleware)}. Give an array of functions.`,
    );
  if (attemptDelayMs !== undefined) checkLimitMs("attemptDelayMs of HttpClient", attemptDelayMs);
  if (transport !== undefined) checkFunction("transport of HttpClient", transport);
  if (cookies !== null && typeof cookies.getCookieString !== "function")
    throw new InvalidArgument(`cookies of HttpClient is ${show(cookies)}. Give a CookieJar.`);
  for (const each of middleware) checkFunction("each middleware of HttpClient", each);
  if (resolved.auth !== null) authorizationOf(resolved.auth);
  checkProxy(resolved.proxy);
  return { ...resolved, cookies, middleware };
}

export function poolOptions(options: HttpClientOptions): PoolOptions {
  const {
    maxConnections = MAX_CONNECTIONS,
    maxConnectionsPerOrigin = Infinity,
    keepAliveMs = KEEP_ALIVE_MS,
    limits = {},
  } = options;
  return {
    maxConnections: checkCount("maxConnections of HttpClient", maxConnections),
    maxPerOrigin: checkCount("maxConnectionsPerOrigin of HttpClient", maxConnectionsPerOrigin),
    keepAliveMs: checkLimitMs("keepAliveMs of HttpClient", keepAliveMs),
    limits: limitsOf("HttpClient", limits),
  };
}

type Shared = Exclude<keyof ExchangeOptions, "headers">;

/** The options of a client, and over them those of a call. */
export function resolve(
  under: ResolvedOptions,
  options: ExchangeOptions,
  caller: string,
): ResolvedOptions {
  checkNames(caller, options, caller === "HttpClient" ? "client" : "request");
  const of = <K extends Shared>(
    name: K,
    check: (what: string, value: unknown) => ResolvedOptions[K],
  ): ResolvedOptions[K] => {
    const value = options[name];
    return value === undefined ? under[name] : check(`${name} of ${caller}`, value);
  };
  const { headers, auth = under.auth, proxy = under.proxy } = options;
  return {
    fields: headers === undefined ? under.fields : mergedFields(under.fields, headers, caller),
    totalMs: of("totalMs", checkLimitMs),
    poolMs: of("poolMs", checkLimitMs),
    connectMs: of("connectMs", checkLimitMs),
    firstByteMs: of("firstByteMs", checkLimitMs),
    gapMs: of("gapMs", checkLimitMs),
    throwOnStatus: of("throwOnStatus", checkFlag),
    decompress: of("decompress", checkFlag),
    maxBodyBytes: of("maxBodyBytes", checkMost),
    retryDeadConnections: of("retryDeadConnections", checkFlag),
    expectContinueMs: of("expectContinueMs", checkLimitMs),
    maxRedirects: of("maxRedirects", checkMost),
    auth,
    proxy,
    cookies: under.cookies,
    middleware: under.middleware,
  };
}

function checkMost(name: string, value: unknown): number {
  return checkCount(name, value as number, 0);
}

/** Fields, and over them those of `init`: theirs replace those of the same name, and `undefined` takes them away. */
function mergedFields(under: string, init: HeadersInit, caller: string): string {
  if (typeof init !== "object" || init === null)
    throw new InvalidArgument(
      `headers of ${caller} is ${show(init)}. Give a record, pairs, or HttpHeaders.`,
    );
  const headers = HttpHeaders.from(init);
  const replaced = new Set<string>();
  for (const [name] of headers) {
    if (ownFields.has(name))
      throw new InvalidArgument(
        `headers of ${caller} has ${show(name)}, which the client writes itself. Leave it away.`,
      );
    replaced.add(name);
  }
  if (!(Symbol.iterator in init)) for (const name in init) replaced.add(name.toLowerCase());
  const kept = under
    .split("\r\n")
    .filter((line) => line !== "" && !replaced.has(line.slice(0, line.indexOf(":")).toLowerCase()));
  return kept.map((line) => `${line}\r\n`).join("") + fieldsText(headers);
}
