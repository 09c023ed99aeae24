import { show } from "../../base/check.ts";
import type { StreamEnd } from "../../io/net/address.ts";
import type { TlsInfo, Transport } from "../../io/stream/transport.ts";
import { iterating } from "../../io/stream/iteration.ts";
import type { LimitOption } from "../../io/stream/stream-options.ts";
import type { BodyLimit } from "../body/body-limit.ts";
import type { IncomingBody } from "../body/incoming-body.ts";
import type { StandardSchema } from "../body/standard-schema.ts";
import type { HttpHeaders } from "../wire/fields.ts";
import type { RequestHead } from "../wire/request-head.ts";
import { resolveTarget } from "../wire/target.ts";
import { HttpError } from "./http-error.ts";
import { addressOf, type ClientOrigin, type ProxyTrust } from "./proxy-trust.ts";

/** What a server makes of the requests that come to it. */
export interface RequestRules {
  /** Null where no proxy is trusted. */
  readonly trust: ProxyTrust | null;
  /** The field in which a trusted proxy gives the request its id; in lower case. */
  readonly idHeader: string;
  nextId(): string;
}

/** The two ends of a connection, and what they agreed on. */
export type Ends = Pick<Transport, "local" | "remote" | "tls">;

/** Where a request comes from: a connection, a call of `fetch`, a test. */
export interface RequestSource {
  readonly body: IncomingBody;
  /** The fields behind the body, once they have come. */
  readonly trailers: HttpHeaders | null;
  readonly ends: Ends;
  readonly rules: RequestRules;
}

/** What an id from outside may look like: it goes into logs, and into the fields of other requests. */
const ID = /^[A-Za-z0-9._:/+=@-]{1,128}$/;

/**
 * A request, as a handler gets it. Everything is taken apart when it is asked for, and the body is read once.
 *
 * @example
 * import { serve } from "tsyncio/http";
 * import { connect } from "tsyncio/io";
 * await using server = await serve(async (request) => {
 *   const name = request.query.get("name");
 *   return `${request.method} ${request.path}: ${name} says ${await request.text()}`;
 * });
 * await using stream = await connect(server.address);
 * await stream.write("POST /greet?name=Ann HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
 * console.log((await stream.readText()).split("\r\n\r\n")[1]); // POST /greet: Ann says hello
 */
export class HttpRequest {
  readonly #head: RequestHead;
  readonly #source: RequestSource;
  #id: string | null = null;
  #query: URLSearchParams | null = null;
  #url: URL | null = null;
  #origin: ClientOrigin | null = null;
  /** What reading the body failed with last. */
  #fault: unknown = null;

  /** @internal */
  constructor(head: RequestHead, source: RequestSource) {
    this.#head = head;
    this.#source = source;
  }

  /** `GET`, `POST` and so on, as the client wrote it: upper and lower case differ. */
  get method(): string {
    return this.#head.method;
  }

  /** As the client wrote it: `/path?query`, sometimes with scheme and host before it, or `*`. */
  get target(): string {
    return this.#head.target;
  }

  /** The path of the target, percent-encoded as the client wrote it. Below the path of a framework (`toNodeHandler`): what is left behind that. */
  get path(): string {
    const { path } = this.#head;
    const end = path.indexOf("?");
    return end < 0 ? path : path.slice(0, end);
  }

  /** The query of the target, taken apart. */
  get query(): URLSearchParams {
    const { path } = this.#head;
    const start = path.indexOf("?");
    return (this.#query ??= new URLSearchParams(start < 0 ? "" : path.slice(start)));
  }

  /**
   * The whole URL that was asked for: of {@link scheme}, {@link host} and the target.
   *
   * @throws {HttpError} of status 400 where the host that the client gives is none for a URL.
   */
  get url(): URL {
    return (this.#url ??= this.#makeUrl());
  }

  get headers(): HttpHeaders {
    return this.#head.headers;
  }

  get version(): "1.0" | "1.1" {
    return this.#head.version === 11 ? "1.1" : "1.0";
  }

  /** An id for logs: that of a trusted proxy (`requestIdHeader`), else one of our own. */
  get id(): string {
    return (this.#id ??= this.#givenId() ?? this.#source.rules.nextId());
  }

  /** The peer's end of the connection: that of a proxy where there is one. */
  get remote(): StreamEnd {
    return this.#source.ends.remote;
  }

  get local(): StreamEnd {
    return this.#source.ends.local;
  }

  /** What was agreed on in the TLS handshake; null without TLS. */
  get tls(): TlsInfo | null {
    return this.#source.ends.tls;
  }

  /** The IP address of the client: what trusted proxies say (`trustProxy`), else the peer's. `unix` for a Unix socket. */
  get clientAddress(): string {
    return this.#clientOrigin.address;
  }

  /** How the client came: what trusted proxies say, else by whether there is TLS. */
  get scheme(): "http" | "https" {
    return this.#clientOrigin.scheme ?? (this.tls === null ? "http" : "https");
  }

  /** The host, with its port where it has one, that the client asked for: what trusted proxies say, else the field `Host`. */
  get host(): string {
    return this.#clientOrigin.host ?? this.#head.host;
  }

  /** The fields behind a body in chunks; null without them, and before the body has come. */
  get trailers(): HttpHeaders | null {
    return this.#source.trailers;
  }

  /** The body, for whoever reads it piece by piece. It is sent no faster than it is read, and has no limit there. */
  get body(): IncomingBody {
    return this.#source.body;
  }

  /** The whole body as text. The client gets 413 where it is too long, and nobody catches that. Throws as {@link IncomingBody} does. */
  text(options?: BodyLimit): Promise<string> {
    return this.#heard(this.body.text(options));
  }

  /** The whole body as JSON, checked by `schema` where one is given. The client gets 400 where it is none, and nobody catches that. */
  json(options?: BodyLimit): Promise<unknown>;
  json<T>(schema: StandardSchema<T>, options?: BodyLimit): Promise<T>;
  json<T>(first?: BodyLimit | StandardSchema<T>, options?: BodyLimit): Promise<unknown> {
    return this.#heard(this.body.json(first as StandardSchema<T>, options));
  }

  /** The whole body as bytes. */
  bytes(options?: BodyLimit): Promise<Uint8Array> {
    return this.#heard(this.body.bytes(options));
  }

  /** The whole body as the fields of a form. */
  form(options?: BodyLimit): Promise<URLSearchParams> {
    return this.#heard(this.body.form(options));
  }

  /** Iterates over the lines of the body, as they come. */
  lines(options?: LimitOption): AsyncIterableIterator<string, undefined> {
    const lines = this.body.lines(options);
    return iterating(() => this.#heard(lines.next()));
  }

  /** @internal Whether `error` came from reading the body: the client is to blame for it then. */
  isOfBody(error: unknown): boolean {
    return error !== null && (error === this.#fault || error === this.body.fault);
  }

  get #clientOrigin(): ClientOrigin {
    return (this.#origin ??= this.#findOrigin());
  }

  /** The path stands behind the host, so that one that begins with two slashes is no host. */
  #makeUrl(): URL {
    const { method, target } = this.#head;
    const { path } = resolveTarget(method, target, null);
    const host = this.host === "" ? "localhost" : this.host;
    try {
      return new URL(`${this.scheme}://${host}${path.startsWith("/") ? path : "/"}`);
    } catch {
      throw new HttpError(400, `the host ${show(host)} is none for a URL`);
    }
  }

  #findOrigin(): ClientOrigin {
    const { ends, rules } = this.#source;
    const { remote } = ends;
    if (rules.trust !== null) return rules.trust.originOf(this.headers, remote);
    return { address: addressOf(remote), scheme: null, host: null };
  }

  #givenId(): string | null {
    const { rules, ends } = this.#source;
    if (rules.trust === null || !rules.trust.trusts(ends.remote)) return null;
    const given = this.headers.get(rules.idHeader);
    return given !== null && ID.test(given) ? given : null;
  }

  /** Remembers what goes wrong. A copy of the same error from elsewhere, a client inside the handler say, is nobody's fault here. */
  #heard<T>(reading: Promise<T>): Promise<T> {
    reading.catch((error: unknown) => {
      this.#fault = error;
    });
    return reading;
  }
}
