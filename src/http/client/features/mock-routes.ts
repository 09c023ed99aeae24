/** Which requests a `MockTransport` answers, and with what. */
import { show } from "../../../base/check.ts";
import { InvalidArgument } from "../../../base/tsyncio-error.ts";
import { checkKnown, checkLimitMs } from "../../check-options.ts";
import type { HeadersInit, HttpHeaders } from "../../wire/fields.ts";

/** A request that a `MockTransport` was given. */
export interface MockCall {
  readonly method: string;
  /** Without name, password and fragment. */
  readonly url: string;
  readonly headers: HttpHeaders;
  /** The whole body; empty without one. */
  readonly bytes: Uint8Array;
  /** The body as UTF-8. */
  readonly text: string;
  /** 1 for the first time it was sent. */
  readonly attempt: number;
}

/** What a mock answers, written out. */
export interface MockResponse {
  /** Default 200. */
  readonly status?: number;
  readonly reason?: string;
  readonly headers?: HeadersInit;
  readonly trailers?: HeadersInit;
  readonly body?: string | Uint8Array;
  /** A value to be sent as JSON, in place of `body`. */
  readonly json?: unknown;
  /** How long the answer takes, in milliseconds of the runtime's clock. */
  readonly delayMs?: number;
  /** Fails the request, as a connection would that broke for this reason. */
  readonly error?: Error;
  /** Whether the request had left when it failed. Default true. */
  readonly wasSent?: boolean;
}

/** What a route answers: text, bytes, an error to fail with, a written-out response, or a function that gives one of these. */
export type MockReply =
  | string
  | Uint8Array
  | Error
  | MockResponse
  | ((call: MockCall) => MockReply | Promise<MockReply>);

/** Which requests a route is for: see {@link MockTransport.on}. */
export type MockPattern = string | RegExp | ((url: URL) => boolean);

export class MockRoute {
  readonly method: string;
  /** The pattern as text, for messages. */
  readonly name: string;
  readonly #matches: (url: URL) => boolean;
  readonly #replies: readonly MockReply[];
  #used = 0;

  constructor(method: string, pattern: MockPattern, replies: readonly MockReply[]) {
    if (typeof method !== "string" || method === "")
      throw new InvalidArgument(`method of a mock's route is ${show(method)}. Give one, or "*" for all.`);
    if (replies.length === 0)
      throw new InvalidArgument(`the mock's route ${method} ${String(pattern)} has no reply. Give one.`);
    for (const reply of replies) checkReply(reply);
    this.method = method;
    this.name = `${method} ${typeof pattern === "function" ? `(${pattern.name || "a function"})` : String(pattern)}`;
    this.#matches = matcherOf(pattern);
    this.#replies = replies;
  }

  matches(method: string, url: URL): boolean {
    return (this.method === "*" || this.method === method) && this.#matches(url);
  }

  /** The replies in their order; the last one stays. */
  next(): MockReply {
    const at = Math.min(this.#used++, this.#replies.length - 1);
    return this.#replies[at] ?? "";
  }

  /** How often it has answered. */
  get calls(): number {
    return this.#used;
  }
}

const replyNames: ReadonlySet<string> = new Set(
  "status reason headers trailers body json delayMs error wasSent".split(" "),
);

/** @throws {InvalidArgument} for what is no reply. */
export function checkReply(reply: MockReply): void {
  if (typeof reply === "string" || typeof reply === "function") return;
  if (reply instanceof Uint8Array || reply instanceof Error) return;
  if (typeof reply !== "object" || reply === null)
    throw new InvalidArgument(
      `a mock's reply is ${show(reply)}. Give text, bytes, an Error, { status, headers, body, json, delayMs, error }, or a function.`,
    );
  checkParts(reply);
}

function checkParts(reply: MockResponse): void {
  checkKnown("a mock's reply", reply, replyNames);
  const { status = 200, delayMs = 0, json, body } = reply;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new InvalidArgument(`status of a mock's reply is ${show(status)}. Give one from 200 to 599.`);
  checkLimitMs("delayMs of a mock's reply", delayMs);
  if (json !== undefined && body !== undefined)
    throw new InvalidArgument("a mock's reply has both json and body. Give one of them.");
}

function matcherOf(pattern: MockPattern): (url: URL) => boolean {
  if (typeof pattern === "function") return pattern;
  if (pattern instanceof RegExp)
    return (url) => new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).test(url.href);
  if (typeof pattern !== "string" || pattern === "")
    throw new InvalidArgument(
      `pattern of a mock's route is ${show(pattern)}. Give a URL or a path, with * for any part; a RegExp; or a function.`,
    );
  const [place, query] = split(pattern);
  const isPath = place.startsWith("/");
  const whole = /^[^/]+:\/\/[^/]*$/.test(place) ? `${place}/` : place;
  const wanted = new RegExp(`^${whole.split("*").map(literal).join(".*")}$`);
  return (url) =>
    (query === undefined || url.search === `?${query}`) &&
    wanted.test(isPath ? url.pathname : url.origin + url.pathname);
}

function split(pattern: string): [string, string?] {
  const at = pattern.indexOf("?");
  return at === -1 ? [pattern] : [pattern.slice(0, at), pattern.slice(at + 1)];
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
