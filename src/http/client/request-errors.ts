/** What can become of a request other than a response. Each error says of which request, how far it had come, and when. */
import { TsyncioError } from "../../base/tsyncio-error.ts";
import type { ErrorCode } from "../../base/error-registry.ts";
import { reasonOf } from "../../io/errors.ts";
import type { HttpHeaders } from "../wire/fields.ts";

/** How far a request had come. */
export type RequestPhase = "queue" | "connect" | "send" | "head" | "body";

/** When things happened, in milliseconds since the call; null for what did not happen. */
export interface RequestTimings {
  /** The call, as an instant of `currentRuntime().now()`. */
  readonly startedAt: number;
  /** It had a connection. */
  readonly connectionMs: number | null;
  /** The last byte of the request had been handed on. */
  readonly sentMs: number | null;
  /** The head of the response was there. */
  readonly headMs: number | null;
  /** The last byte of the response was there. */
  readonly endMs: number | null;
  /** Whether the connection had been kept: it had served another request, or was made for one that went away. */
  readonly isReused: boolean;
}

/** Of which request an error tells. */
export interface RequestFacts {
  readonly method: string;
  /** Without name and password. */
  readonly url: string;
  /** 1 for the first time it was sent. */
  readonly attempt: number;
  readonly phase: RequestPhase;
  /** Whether anything of it may have reached the server. */
  readonly wasSent: boolean;
  readonly timings: RequestTimings;
}

const doing: Readonly<Record<RequestPhase, string>> = {
  queue: "while it waited for a connection",
  connect: "while its connection was made",
  send: "while it was sent",
  head: "while it waited for the response",
  body: "while the body of the response came",
};

/** What all errors about one request have in common. */
export abstract class HttpRequestError extends TsyncioError implements RequestFacts {
  readonly method: string;
  readonly url: string;
  readonly attempt: number;
  readonly phase: RequestPhase;
  readonly wasSent: boolean;
  readonly timings: RequestTimings;

  constructor(code: ErrorCode, what: string, facts: RequestFacts, options?: ErrorOptions) {
    super(code, `${nameOf(facts)} ${what}`, options);
    this.method = facts.method;
    this.url = facts.url;
    this.attempt = facts.attempt;
    this.phase = facts.phase;
    this.wasSent = facts.wasSent;
    this.timings = facts.timings;
  }
}

function nameOf({ method, url, attempt }: RequestFacts): string {
  return `${method} ${url}${attempt === 1 ? "" : ` (attempt ${attempt})`}`;
}

/** A request failed: no connection came about, it was lost, or what came on it was no HTTP. `cause` is what happened. */
export class HttpRequestFailed extends HttpRequestError {
  static readonly code = "TSY_HTTP_REQUEST_FAILED";

  constructor(facts: RequestFacts, cause: unknown, advice: string = "") {
    const reason = cause instanceof TsyncioError ? cause.message : reasonOf(cause);
    super(HttpRequestFailed.code, `failed ${doing[facts.phase]}: ${reason}${advice}`, facts, { cause });
  }
}

/** Which limit of a request passed. */
export type RequestLimit = "totalMs" | "poolMs" | "connectMs" | "firstByteMs" | "gapMs";

/** One of a request's limits has passed. */
export class HttpTimeout extends HttpRequestError {
  static readonly code = "TSY_HTTP_TIMEOUT";
  /** The option that says it. */
  readonly limit: RequestLimit;
  readonly limitMs: number;

  constructor(facts: RequestFacts, limit: RequestLimit, limitMs: number) {
    super(
      HttpTimeout.code,
      `took too long: its limit ${limit} of ${limitMs} ms passed ${doing[facts.phase]}. ${adviceFor(limit)}`,
      facts,
    );
    this.limit = limit;
    this.limitMs = limitMs;
  }
}

function adviceFor(limit: RequestLimit): string {
  if (limit !== "poolMs") return `Raise ${limit} if it may take longer.`;
  return "All connections were in use: read or close each response, for one that is neither read nor closed holds its connection; or raise maxConnections.";
}

/** What a {@link StatusError} shows of the response. */
export interface StatusDetails {
  readonly status: number;
  readonly reason: string;
  readonly headers: HttpHeaders;
  /** The first characters of the body, where it is text that has come already. */
  readonly excerpt: string;
}

/** A response with a status of 400 or more, where `throwOnStatus` asks for an error. The response is closed. */
export class StatusError extends HttpRequestError {
  static readonly code = "TSY_HTTP_STATUS";
  readonly status: number;
  readonly reason: string;
  readonly headers: HttpHeaders;
  /** The first 1,000 characters of the body, where they had come. */
  readonly excerpt: string;

  constructor(facts: RequestFacts, { status, reason, headers, excerpt }: StatusDetails) {
    const said = excerpt === "" ? "" : ` The body begins ${JSON.stringify(excerpt.slice(0, 80))}.`;
    super(StatusError.code, `was answered with ${status} ${reason}`.trimEnd() + `.${said}`, facts);
    this.status = status;
    this.reason = reason;
    this.headers = headers;
    this.excerpt = excerpt;
  }
}
