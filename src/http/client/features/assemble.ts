/**
 * The order in which a client's features stand around the sending of a request, from the outside in:
 *
 *     middleware of the user -> redirects -> expectation -> middleware for each step -> cookies -> core
 *
 * What a middleware of the user adds to a request is seen by the redirects, which take it away where it must not go: a token that a
 * middleware sets reaches no other origin. What counts or delays requests to an origin stands inside ({@link forEachStep}), and so do
 * cookies, which each step has of its own.
 */
import { checkFunction, show } from "../../../base/check.ts";
import { InvalidArgument } from "../../../base/tsyncio-error.ts";
import { ClientRequest, type Middleware, type ResolvedOptions, type Send } from "../exchange.ts";
import { HttpResponse } from "../response.ts";
import { sendWithCookies } from "./cookies.ts";
import { sendExpecting } from "./expectation.ts";
import { followRedirects, mayRedirect } from "./redirects.ts";

const steps = new WeakSet<Middleware>();

/**
 * Marks a middleware to stand around each request that is sent, redirects included, not around the whole. It sees where each one goes;
 * credentials that it adds are its own affair, also where a redirect leads to another origin.
 *
 * @example
 * import { forEachStep, HttpClient, reply, serve } from "tsyncio/http";
 * await using server = await serve(
 *   ({ path }) => (path === "/b" ? "there" : reply("", { status: 302, headers: { location: "/b" } })),
 *   { host: "127.0.0.1" },
 * );
 * const paths: string[] = [];
 * const watch = forEachStep((request, next) => {
 *   paths.push(request.url.path);
 *   return next(request);
 * });
 * await using http = new HttpClient({ baseUrl: server.url, middleware: [watch] });
 * await http.get("/a").text();
 * console.log(paths.join(" ")); // /a /b
 */
export function forEachStep(middleware: Middleware): Middleware {
  checkFunction("middleware of forEachStep", middleware);
  const marked: Middleware = (request, next) => middleware(request, next);
  steps.add(marked);
  return marked;
}

/** Whether anything but redirects stands around the sending of a request. */
export function hasFeatures({ cookies, middleware, expectContinueMs }: ResolvedOptions): boolean {
  return cookies !== null || middleware.length > 0 || expectContinueMs !== null;
}

/** `core`, which sends one request and no more, with all that the options put around it. */
export function assemble(options: ResolvedOptions, core: Send): Send {
  const { cookies, middleware, maxRedirects, expectContinueMs } = options;
  const withCookies: Send =
    cookies === null ? core : (request) => sendWithCookies(cookies, request, core);
  const once = around(
    middleware.filter((each) => steps.has(each)),
    withCookies,
  );
  const step: Send = expectContinueMs === null ? once : (request) => sendExpecting(request, once);
  return around(
    middleware.filter((each) => !steps.has(each)),
    maxRedirects === 0 ? step : (request) => following(request, step),
  );
}

async function following(request: ClientRequest, step: Send): Promise<HttpResponse> {
  const response = await step(request);
  return mayRedirect(response.status) ? followRedirects(request, response, step) : response;
}

/** `send` with each middleware around it, the first outermost. */
function around(middleware: readonly Middleware[], send: Send): Send {
  return middleware.reduceRight<Send>((next, each) => (request) => through(each, request, next), send);
}

async function through(each: Middleware, request: ClientRequest, next: Send): Promise<HttpResponse> {
  const response: unknown = await each(request, (given) => next(checked(each, given)));
  if (response instanceof HttpResponse) return response;
  throw new InvalidArgument(
    `${nameOf(each)} gave ${show(response)}. Return the response that next(request) gives.`,
  );
}

function checked(each: Middleware, request: unknown): ClientRequest {
  if (request instanceof ClientRequest) return request;
  throw new InvalidArgument(`${nameOf(each)} called next with ${show(request)}. Give it the request.`);
}

function nameOf({ name }: Middleware): string {
  return name === "" ? "a middleware" : `the middleware ${name}`;
}
