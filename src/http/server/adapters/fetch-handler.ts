/**
 * A handler of ours as a function from a web `Request` to a `Response`: for `Bun.serve`, `Deno.serve`, other servers, and tests.
 *
 * The promise of the response is kept by the task that handles the request, which lives until the body has been taken.
 */
import type { NamedEnd, StreamEnd } from "../../../io/net/address.ts";
import type { TlsInfo } from "../../../io/stream/transport.ts";
import { refusal } from "../../../kernel/park.ts";
import { inRoot } from "../../../kernel/root-context.ts";
import type { Handler } from "../options.ts";
import type { Ends } from "../request.ts";
import { adapterCore, headOf, type AdapterOptions } from "./adapter-core.ts";
import { FetchInput, FetchOutput } from "./fetch-messages.ts";
import { Visit } from "./visit.ts";

/** Answers a web request. What a server gives besides it is asked for the client's address. */
export type FetchHandler = (request: Request, server?: unknown) => Promise<Response>;

/**
 * Makes a handler of ours a function as web servers take it: `Bun.serve({ fetch: toFetch(handler) })`, `Deno.serve(toFetch(handler))`, or a
 * test that calls it. Each request is a task in the background of the caller's runtime; it is cancelled, with all that it began, when
 * `request.signal` aborts, when the body of the response is cancelled, and when the task that called is cancelled before there is one.
 * A streamed body is made no faster than it is read. Trailer fields are left out: a `Response` has none.
 *
 * @throws {InvalidArgument} for options that make no sense.
 * @example
 * import { toFetch } from "tsyncio/http";
 * const fetch = toFetch(({ method, path, query }) => ({ method, path, name: query.get("name") }));
 * const response = await fetch(new Request("http://localhost/items?name=cake"));
 * console.log(response.status, await response.text()); // 200 {"method":"GET","path":"/items","name":"cake"}
 */
export function toFetch(handler: Handler, options: AdapterOptions = {}): FetchHandler {
  const core = adapterCore("toFetch", handler, options);
  return async (request, server) => {
    const refused = refusal();
    if (refused !== null) return refused;
    const url = new URL(request.url);
    const { signal } = request;
    const output = new FetchOutput(signal);
    const head = headOf({
      method: request.method,
      target: url.pathname + url.search,
      version: 11,
      fields: request.headers,
      host: url.host,
      hasBody: request.body !== null,
    });
    const input = new FetchInput(request.body);
    const visit = new Visit(core, head, endsOf(url, request, server), { input, output });
    output.visit = visit;
    const leave = (): void => visit.left();
    if (signal.aborted) leave();
    else inRoot(() => signal.addEventListener("abort", leave, { once: true }));
    visit.start(() => signal.removeEventListener("abort", leave));
    try {
      return await output.response.wait();
    } catch (error) {
      leave();
      throw error;
    }
  };
}

const unknownEnd: NamedEnd = { name: "unknown" };
const unknownTls: TlsInfo = {
  protocol: "unknown",
  alpnProtocol: null,
  serverName: null,
  isPeerTrusted: false,
  peerCertificate: null,
};

function endsOf(url: URL, request: Request, server: unknown): Ends {
  const tls = url.protocol === "https:" ? unknownTls : null;
  return { local: unknownEnd, remote: remoteOf(request, server), tls };
}

/** Deno gives `{ remoteAddr }`; Bun its server, which knows the address of a request. */
function remoteOf(request: Request, server: unknown): StreamEnd {
  if (typeof server !== "object" || server === null) return unknownEnd;
  const { remoteAddr, requestIP } = server as {
    readonly remoteAddr?: { readonly hostname?: string; readonly port?: number };
    readonly requestIP?: (request: Request) => { readonly address: string; readonly port: number } | null;
  };
  if (typeof requestIP === "function") {
    const found = requestIP.call(server, request);
    return found === null ? unknownEnd : { host: found.address, port: found.port };
  }
  const { hostname, port } = remoteAddr ?? {};
  return hostname === undefined || port === undefined ? unknownEnd : { host: hostname, port };
}
