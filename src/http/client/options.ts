/** The options of a client and of a request: checked, and with their defaults. */
import { checkCount, checkDuration, checkFunction, show } from "../../base/check.ts";
import { checkFlag, checkKnown } from "../check-options.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { fieldLine, fieldsText, HttpHeaders, type HeadersInit } from "../wire/fields.ts";
import type { ExchangeOptions, HttpClientOptions, ResolvedOptions } from "./exchange.ts";
import { limitsOf, type WireLimits } from "../wire/limits.ts";
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
  const { middleware = [], cookies = null, transport } = options;
  if (!Array.isArray(middleware))
    throw new InvalidArgument(
      `middleware of HttpClient is ${show(middleware)}. Give an array of functions.`,
    );
  if (transport !== undefined) checkFunction("transport of HttpClient", transport);
  if (cookies !== null && typeof cookies.getCookieString !== "function")
    throw new InvalidArgument(`cookies of HttpClient is ${show(cookies)}. Give a CookieJar.`);
  for (const each of middleware) checkFunction("each middleware of HttpClient", each);
  return { ...resolved, cookies, middleware };
}

export function poolOptions(options: HttpClientOptions): PoolOptions {
  const { maxConnections = MAX_CONNECTIONS, maxConnectionsPerOrigin = Infinity } = options;
  return {
    maxConnections: checkCount("maxConnections of HttpClient", maxConnections),
    maxPerOrigin: checkCount("maxConnectionsPerOrigin of HttpClient", maxConnectionsPerOrigin),
    keepAliveMs: checkDuration("keepAliveMs of HttpClient", options.keepAliveMs ?? KEEP_ALIVE_MS),
    limits: limitsOf("HttpClient", options.limits ?? {}),
  };
}

/** The options of a client, and over them those of a call. */
export function resolve(
  under: ResolvedOptions,
  options: ExchangeOptions,
  caller: string,
): ResolvedOptions {
  checkNames(caller, options, caller === "HttpClient" ? "client" : "request");
  const duration = (name: "totalMs" | "poolMs" | "connectMs" | "firstByteMs" | "gapMs"): number => {
    const value = options[name];
    return value === undefined ? under[name] : checkDuration(`${name} of ${caller}`, value);
  };
  const flag = (name: "throwOnStatus" | "decompress" | "retryDeadConnections"): boolean =>
    checkFlag(`${name} of ${caller}`, options[name] ?? under[name]);
  const { headers, auth = under.auth, proxy = under.proxy, maxBodyBytes, maxRedirects } = options;
  return {
    fields: headers === undefined ? under.fields : mergedFields(under.fields, headers, caller),
    totalMs: duration("totalMs"),
    poolMs: duration("poolMs"),
    connectMs: duration("connectMs"),
    firstByteMs: duration("firstByteMs"),
    gapMs: duration("gapMs"),
    throwOnStatus: flag("throwOnStatus"),
    decompress: flag("decompress"),
    maxBodyBytes: checkCount(`maxBodyBytes of ${caller}`, maxBodyBytes ?? under.maxBodyBytes, 0),
    retryDeadConnections: flag("retryDeadConnections"),
    expectContinueMs:
      options.expectContinueMs === undefined
        ? under.expectContinueMs
        : checkDuration(`expectContinueMs of ${caller}`, options.expectContinueMs),
    maxRedirects: checkCount(`maxRedirects of ${caller}`, maxRedirects ?? under.maxRedirects, 0),
    auth,
    proxy,
    cookies: under.cookies,
    middleware: under.middleware,
  };
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
