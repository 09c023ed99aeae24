import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { currentNetwork } from "../../io/net/network.ts";
import { currentScope } from "../../kernel/current.ts";
import { refusal } from "../../kernel/park.ts";
import type { Scope } from "../../kernel/scope.ts";
import { Disposed } from "../../sync/errors.ts";
import { acceptedCodings } from "../body/content-codings.ts";
import type { OutgoingBody } from "../body/outgoing-body.ts";
import { picture, pictured } from "../picture.ts";
import { isToken } from "../wire/characters.ts";
import { ConnectionPool } from "./connection-pool.ts";
import {
  ClientRequest,
  type HttpClientOptions,
  type RequestOptions,
  type ResolvedOptions,
  type Route,
  type Send,
} from "./exchange.ts";
import { assemble, hasFeatures } from "./features/assemble.ts";
import { authorized, withAuthAtHome } from "./features/authorization.ts";
import { followRedirects, mayRedirect } from "./features/redirects.ts";
import { clientDefaults, poolOptions, resolve, type PoolOptions } from "./options.ts";
import { bodyOf, disposing, withQuery } from "./request-body.ts";
import type { HttpResponse } from "./response.ts";
import { ResponsePromise } from "./response-promise.ts";
import { parseTarget, Targets, type Target } from "./target.ts";
import { Ways } from "./ways.ts";

/** Figures about a client. */
export interface HttpClientStats {
  /** Connections that are open or on their way: never more than `maxConnections`. */
  readonly open: number;
  /** Of these: waiting for a request. */
  readonly idle: number;
  /** Of these: on their way. */
  readonly connecting: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

/**
 * Sends HTTP requests, and keeps connections for the next ones.
 *
 * A client belongs to whoever leaves it by `await using`, or calls `close`; its connections live as long as it does, whichever task made it or
 * used it first. Each request obeys the deadline and the cancellation of whoever waits for it.
 *
 * @example
 * import { HttpClient, serve } from "tsyncio/http";
 * await using server = await serve(({ method, path }) => ({ method, path }), { port: 0, host: "127.0.0.1" });
 * await using http = new HttpClient({ baseUrl: server.url });
 * console.log(await http.get("/items").json()); // { method: 'GET', path: '/items' }
 * const response = await http.post("/items", { json: { name: "pen" } });
 * console.log(response.status); // 200
 */
export class HttpClient implements AsyncDisposable {
  /** @internal */ readonly options: PoolOptions;
  readonly #given: HttpClientOptions;
  readonly #defaults: ResolvedOptions;
  readonly #targets: Targets;
  #pools: ConnectionPool[] = [];
  readonly #ways: Ways;
  readonly #core: Send;
  #pool: ConnectionPool | null = null;
  #isClosed = false;

  /** @throws {InvalidArgument} */
  constructor(options: HttpClientOptions = {}) {
    this.#defaults = clientDefaults(options, acceptedCodings());
    this.options = poolOptions(options);
    this.#given = options;
    this.#targets = new Targets(
      options.baseUrl === undefined ? null : parseTarget(options.baseUrl, null),
    );
    this.#ways = new Ways(options);
    this.#core = options.transport ?? ((request) => this.#send(request, false));
  }

  /** Asks for what is at `url`. */
  get(url: string | URL, options?: RequestOptions): ResponsePromise {
    return this.#request("GET", url, options);
  }

  /** Asks for the head of what is at `url`. */
  head(url: string | URL, options?: RequestOptions): ResponsePromise {
    return this.#request("HEAD", url, options);
  }

  post(url: string | URL, options?: RequestOptions): ResponsePromise {
    return this.#request("POST", url, options);
  }

  put(url: string | URL, options?: RequestOptions): ResponsePromise {
    return this.#request("PUT", url, options);
  }

  patch(url: string | URL, options?: RequestOptions): ResponsePromise {
    return this.#request("PATCH", url, options);
  }

  delete(url: string | URL, options?: RequestOptions): ResponsePromise {
    return this.#request("DELETE", url, options);
  }

  /**
   * Sends a request: on a kept connection to the URL's origin, else on a new one, else when one becomes free, first come, first served.
   *
   * A body with `GET` or `HEAD` is sent as given; the RFC gives it no meaning.
   *
   * Cancel safety: a cancelled request is over; its connection is closed where it had one. The server may have done what it asks for.
   * @throws {InvalidArgument} at once, for what cannot be a request.
   * @throws {HttpRequestFailed} when no connection comes about, or it is lost, or the response is no HTTP.
   * @throws {HttpTimeout} when one of the limits of its options passes.
   * @throws {StatusError} for a status of 400 or more with `throwOnStatus`.
   * @throws {Disposed} when the client is closed.
   */
  request(method: string, url: string | URL, options?: RequestOptions): ResponsePromise {
    if (typeof method !== "string" || !isToken(method) || method === "CONNECT")
      throw new InvalidArgument(
        `method is ${show(method)}. Give the name of a method, such as "GET"; CONNECT is what proxies are for.`,
      );
    return this.#request(method, url, options);
  }

  /**
   * Closes all connections; requests on their way fail with {@link Disposed}. Twice is the same as once.
   *
   * Cancel safety: not a cancellation point.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    const closings = this.#pools.map((pool) => pool.close());
    for (const closing of closings) await closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): HttpClientStats {
    const sum = { open: 0, idle: 0, connecting: 0, waiting: 0 };
    for (const pool of this.#pools) {
      const { open, idle, connecting, waiting } = pool.stats();
      sum.open += open;
      sum.idle += idle;
      sum.connecting += connecting;
      sum.waiting += waiting;
    }
    return sum;
  }

  #request(method: string, url: string | URL, given: RequestOptions | undefined): ResponsePromise {
    let options = this.#defaults;
    let target = this.#targets.of(url);
    let body: OutgoingBody | null = null;
    if (given !== undefined) {
      options = resolve(this.#defaults, given, "a request");
      target = withQuery(target, given);
      body = bodyOf(given);
    }
    if (options.auth !== null && given?.auth === undefined)
      options = withAuthAtHome(options, this.#targets.base, target);
    const promise = this.#start(new ClientRequest(method, target, body, options));
    return new ResponsePromise(body === null || body.whole !== null ? promise : disposing(promise, body));
  }

  #start(request: ClientRequest): Promise<HttpResponse> {
    const { options } = request;
    const isPlain = !hasFeatures(options) && this.#given.transport === undefined;
    const promise = isPlain ? this.#send(request, options.maxRedirects > 0) : this.#sendAround(request);
    return options.throwOnStatus ? checked(promise) : promise;
  }

  /** Sends a request with all that stands around it. */
  #sendAround(request: ClientRequest): Promise<HttpResponse> {
    const scope = currentScope();
    request.beganAt = scope.engine.host.now();
    return refusal(scope) ?? assemble(request.options, this.#core)(request);
  }

  /** Sends one request, and nothing before or after it but the redirects that it `follows`. */
  #send(request: ClientRequest, follows: boolean): Promise<HttpResponse> {
    const prepared = request.body === null ? null : request.body.prepare();
    return prepared === null
      ? this.#sendNow(request, follows)
      : this.#sendPrepared(request, follows, prepared);
  }

  async #sendPrepared(
    request: ClientRequest,
    follows: boolean,
    prepared: Promise<void>,
  ): Promise<HttpResponse> {
    await prepared;
    return this.#sendNow(request, follows);
  }

  #sendNow(request: ClientRequest, follows: boolean): Promise<HttpResponse> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#isClosed)
      return Promise.reject(new Disposed("a request was made by an HttpClient that is closed."));
    const { options, url } = request;
    const known = options.auth === null && url.credentials === null ? request : authorized(request);
    // What cannot be sent is refused before it has a connection.
    void known.fields;
    const route = options.proxy === null ? null : this.#ways.routeTo(url, options.proxy);
    return this.#poolOf(scope).send(known, { route, follows }, scope);
  }

  /** @internal */ redirected(
    request: ClientRequest,
    response: HttpResponse,
  ): Promise<HttpResponse> | null {
    if (!mayRedirect(response.status) || !response.headers.has("location")) return null;
    return followRedirects(request, response, (next) => this.#send(next, false));
  }

  /** @internal */ directTo(target: Target): Pick<Route, "open"> {
    return this.#ways.directTo(target);
  }

  static {
    pictured(this, (client) =>
      picture("HttpClient", { baseUrl: client.#targets.base?.href ?? null, ...client.stats() }),
    );
  }

  /** The pool of the calling code's runtime and network. Nearly always there is one. */
  #poolOf({ engine }: Scope): ConnectionPool {
    const last = this.#pool;
    const network = currentNetwork();
    if (last !== null && last.runtime === engine && last.network === network) return last;
    let pool = this.#pools.find((each) => each.network === network && each.runtime === engine);
    if (pool === undefined) {
      pool = new ConnectionPool(network, this);
      // A program that has many runtimes, one after the other, as tests do, leaves none of them behind here.
      this.#pools = [...this.#pools.filter((each) => !each.isUnused), pool];
    }
    this.#pool = pool;
    return pool;
  }
}

async function checked(promise: Promise<HttpResponse>): Promise<HttpResponse> {
  const response = await promise;
  return response.status >= 400 ? response.refuse() : response;
}
