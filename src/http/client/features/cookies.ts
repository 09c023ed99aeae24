/** Cookies on their way: those of a store go with each request, those that a response sets go into it. */
import { until } from "../../../flow/until.ts";
import type { ClientRequest, CookieStore, Send } from "../exchange.ts";
import type { HttpResponse } from "../response.ts";

/**
 * Sends a request with the cookies that `store` has for its URL, and keeps those that come back. Cookies that the request has of its own
 * go first and win over those of the store of the same name.
 */
export async function sendWithCookies(
  store: CookieStore,
  request: ClientRequest,
  next: Send,
): Promise<HttpResponse> {
  const { href } = request.url;
  const kept = await until(store.getCookieString(href));
  const response = await next(kept === "" ? request : withCookies(request, kept));
  try {
    for (const cookie of response.headers.getAll("set-cookie"))
      await until(store.setCookie(cookie, href, { ignoreError: true }));
  } catch (error) {
    await response.close();
    throw error;
  }
  return response;
}

function withCookies(request: ClientRequest, kept: string): ClientRequest {
  const copy = request.with({ headers: request.headers.clone() });
  copy.headers.set("cookie", joined(request.headers.getAll("cookie").join("; "), kept));
  return copy;
}

/** Both, but those of `kept` whose name is among `own`. */
export function joined(own: string, kept: string): string {
  if (own === "") return kept;
  const names = new Set(pairsOf(own).map(nameOf));
  return [own, ...pairsOf(kept).filter((pair) => !names.has(nameOf(pair)))].join("; ");
}

function pairsOf(text: string): string[] {
  return text.split(/; */).filter((pair) => pair !== "");
}

function nameOf(pair: string): string {
  return (pair.split("=", 1)[0] ?? "").trim();
}
