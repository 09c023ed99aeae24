/**
 * What answers requests in a test in place of servers. Nothing is sent, and nothing waits but the delays that are asked for, which are of the
 * runtime's clock: in a test under virtual time they take none.
 */
import { TsyncioError } from "../../../base/tsyncio-error.ts";
import { currentScope } from "../../../kernel/current.ts";
import { withTimeoutOr } from "../../../flow/time-limit.ts";
import { refusal } from "../../../kernel/park.ts";
import { adapterCore, type AdapterOptions } from "../../server/adapters/adapter-core.ts";
import { callDirectly } from "../../server/adapters/direct-call.ts";
import type { Handler } from "../../server/options.ts";
import type { ClientRequest, Send } from "../exchange.ts";
import { HttpTimeout } from "../request-errors.ts";
import type { HttpResponse } from "../response.ts";
import { authorized } from "./authorization.ts";
import { callOf, factsOf, responseOf } from "./mock-messages.ts";
import { checkReply, MockRoute, type MockCall, type MockPattern, type MockReply } from "./mock-routes.ts";

/** A test asked for something that its `MockTransport` has no route for. */
export class NoMockRoute extends TsyncioError {
  static readonly code = "TSY_NO_MOCK_ROUTE";
  readonly method: string;
  readonly url: string;

  constructor(method: string, url: string, routes: readonly string[]) {
    const known = routes.length === 0 ? "It has no routes." : `It has ${routes.join(", ")}.`;
    super(
      NoMockRoute.code,
      `the mock transport has no route for ${method} ${url}. ${known} Add one with on(method, url, reply).`,
    );
    this.method = method;
    this.url = url;
  }
}

/** So many routes are listed in an error. */
const MOST_LISTED = 20;

/**
 * Answers the requests of an `HttpClient` in a test, and remembers them. Redirects, cookies, middleware and limits work as ever: it stands in
 * the place of the connections.
 *
 * @example
 * import { HttpClient, MockTransport } from "tsyncio/http";
 * const mock = new MockTransport();
 * mock.on("GET", "https://shop.example/items/*", { json: { name: "cake" } });
 * mock.on("POST", "/orders", ({ text }) => ({ status: 201, body: `ordered ${text}` }));
 * await using http = new HttpClient({ baseUrl: "https://shop.example", transport: mock.send });
 * console.log(await http.get("/items/7").text()); // {"name":"cake"}
 * console.log(await http.post("/orders", { body: "cake" }).text()); // ordered cake
 * console.log(mock.calls.map(({ method, url }) => `${method} ${url}`).at(-1)); // POST https://shop.example/orders
 */
export class MockTransport {
  readonly #routes: MockRoute[] = [];
  readonly #calls: MockCall[] = [];

  /** What an `HttpClient` takes as its `transport`. */
  readonly send: Send = (request) => this.#answer(request);

  /** The requests so far, in their order, those that found no route included. */
  get calls(): readonly MockCall[] {
    return this.#calls;
  }

  /**
   * Answers requests by `method` (or `"*"`, any) to what `pattern` says: a URL or a path, in which `*` stands for any text, and which means any
   * query unless it has one; a RegExp for the whole URL; or a function. Of several routes the first that matches answers. Of several
   * replies each is given once, and the last one from then on.
   *
   * @throws {InvalidArgument} for what is no route or reply.
   */
  on(method: string, pattern: MockPattern, ...replies: readonly MockReply[]): this {
    this.#routes.push(new MockRoute(method, pattern, replies));
    return this;
  }

  /**
   * Answers requests to what `pattern` says, by any method, by a handler as `serve` takes one: what the program under test asks, another part
   * of it may answer. The handler is a task; it is cancelled with the request.
   *
   * @throws {InvalidArgument} for what is no route, and options that make no sense.
   * @example
   * import { HttpClient, MockTransport } from "tsyncio/http";
   * const mock = new MockTransport().mount("http://shop.example/*", ({ method, path }) => `${method} ${path}`);
   * await using http = new HttpClient({ transport: mock.send });
   * console.log(await http.get("http://shop.example/cake").text()); // GET /cake
   */
  mount(pattern: MockPattern, handler: Handler, options: AdapterOptions = {}): this {
    const core = adapterCore("mount", handler, options);
    return this.on("*", pattern, async ({ method, url, headers, bytes }) => {
      const made = await callDirectly(core, { method, url: new URL(url), fields: headers, bytes });
      const { status, reason, fields, trailers } = made;
      return {
        status,
        headers: fields,
        body: made.bytes,
        ...(reason === null ? {} : { reason }),
        ...(trailers === null ? {} : { trailers }),
      };
    });
  }

  /** The routes as they are listed in errors, and how often each has answered. */
  stats(): Readonly<{
    calls: number;
    routes: readonly { readonly name: string; readonly calls: number }[];
  }> {
    return {
      calls: this.#calls.length,
      routes: this.#routes.map(({ name, calls }) => ({ name, calls })),
    };
  }

  async #answer(request: ClientRequest): Promise<HttpResponse> {
    const refused = refusal();
    if (refused !== null) return refused;
    const startedAt = currentScope().engine.host.now();
    const call = await callOf(authorized(request));
    this.#calls.push(call);
    const route = this.#routes.find((each) => each.matches(request.method, request.url.url));
    if (route === undefined)
      throw new NoMockRoute(
        call.method,
        call.url,
        this.#routes.slice(0, MOST_LISTED).map(({ name }) => name),
      );
    return withinLimits(request, startedAt, async () => {
      let reply = route.next();
      while (typeof reply === "function") {
        reply = await reply(call);
        checkReply(reply);
      }
      return responseOf(reply, request, startedAt);
    });
  }
}

/** As a connection does: a reply that is late for `totalMs` or `firstByteMs` is a timeout. */
async function withinLimits(
  request: ClientRequest,
  startedAt: number,
  answer: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const { totalMs, firstByteMs } = request.options;
  const leftMs = request.beganAt + totalMs - startedAt;
  const response = await withTimeoutOr(Math.min(leftMs, firstByteMs), answer, null);
  if (response !== null) return response;
  const facts = factsOf(request, {}, startedAt);
  throw leftMs <= firstByteMs
    ? new HttpTimeout(facts, "totalMs", totalMs)
    : new HttpTimeout(facts, "firstByteMs", firstByteMs);
}
