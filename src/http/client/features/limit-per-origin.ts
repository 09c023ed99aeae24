import type { ClientRequest, Middleware, Send } from "../exchange.ts";
import type { HttpResponse } from "../response.ts";
import { checkKnown } from "../../check-options.ts";
import { forEachStep } from "./assemble.ts";
import { OriginLimits, type OriginLimitsOptions } from "./origin-limits.ts";

/**
 * Middleware that bounds how many requests are under way to each origin (scheme, host and port), and how often one is sent. Those beyond
 * wait, first come, first served. A request is under way until the body of its response has come, or is closed: whoever keeps an unread
 * response keeps its place. Redirects and retries count for the origin that they go to.
 *
 * Cancel safety: a cancelled wait has no place.
 * @throws {InvalidArgument} for figures that make no sense.
 * @example
 * import { HttpClient, limitPerOrigin, serve } from "tsyncio/http";
 * import { map } from "tsyncio";
 * let now = 0;
 * await using server = await serve(() => {
 *   if (++now > 2) console.log("never");
 *   now--;
 *   return "hello";
 * });
 * await using http = new HttpClient({ middleware: [limitPerOrigin({ concurrency: 2, rate: { limit: 1_000, intervalMs: 1_000 } })] });
 * const pages = await map([1, 2, 3, 4], () => http.get(server.url).text());
 * console.log(pages.length); // 4
 */
export function limitPerOrigin(options: OriginLimitsOptions): Middleware {
  checkKnown("limitPerOrigin", options, names);
  const limits = new OriginLimits(options);
  return forEachStep((request, next) => limited(request, next, limits));
}

const names: ReadonlySet<string> = new Set(["concurrency", "rate"]);

async function limited(request: ClientRequest, next: Send, limits: OriginLimits): Promise<HttpResponse> {
  const hold = await limits.enter(request.url.origin);
  let response: HttpResponse;
  try {
    response = await next(request);
  } catch (error) {
    hold.release();
    throw error;
  }
  response.whenOver(() => hold.release());
  return response;
}
