/** Redirects: sends a request on from place to place until a response is no redirect. What each step changes is in redirect-step.ts. */
import type { ClientRequest, Send } from "../exchange.ts";
import { RequestHeaders } from "../request-headers.ts";
import type { HttpResponse } from "../response.ts";
import { Target } from "../target.ts";
import { isCredentialField } from "./credentials.ts";
import { RedirectRefused, TooManyRedirects } from "./redirect-errors.ts";
import { isBodyField, redirectStep, wayOf, type RedirectStep } from "./redirect-step.ts";

type Go = Extract<RedirectStep, { kind: "go" }>;

/**
 * Follows the redirects that begin with `response`, the answer to `request`; `maxRedirects` of them at most. Those on the way are in the
 * history of the response that is returned, closed.
 *
 * Cancel safety: a cancelled call has closed the responses it got.
 * @throws {TooManyRedirects}
 * @throws {RedirectRefused}
 */
export async function followRedirects(
  request: ClientRequest,
  response: HttpResponse,
  send: Send,
): Promise<HttpResponse> {
  const history: HttpResponse[] = [];
  let current = request;
  let answer = response;
  for (;;) {
    const step = nextStep(current, answer);
    if (step.kind === "stay") {
      answer.setHistory(history);
      return answer;
    }
    // What was sent to a redirect's end is in its history; the body is of no use to anybody.
    await answer.close();
    if (step.kind === "refuse")
      throw new RedirectRefused(answer.facts, {
        status: answer.status,
        location: answer.headers.get("location") ?? "",
        why: step.why,
      });
    history.push(answer);
    if (history.length > request.options.maxRedirects) {
      const places = [request.url.url, ...history.slice(1).map(({ url }) => new URL(url)), step.url];
      throw new TooManyRedirects(answer.facts, request.options.maxRedirects, wayOf(places));
    }
    current = redirected(current, step);
    answer = await send(current);
  }
}

/** Whether a response may be a redirect: the client's core asks, to leave the others alone. */
export function mayRedirect(status: number): boolean {
  return status >= 301 && status <= 308;
}

function nextStep(request: ClientRequest, { status, headers }: HttpResponse): RedirectStep {
  return redirectStep(plain(request), status, mayRedirect(status) ? headers.getAll("location") : []);
}

function plain({ method, url, body }: ClientRequest): Parameters<typeof redirectStep>[0] {
  return { method, url: url.url, isBodyRepeatable: body === null ? null : body.isRepeatable };
}

/** The request that a redirect asks for. Who asks is told to nobody but the origin that it was meant for. */
function redirected(request: ClientRequest, step: Go): ClientRequest {
  const { options, body } = request;
  const left = ([name]: readonly [string, string]): boolean =>
    (step.dropsBody && isBodyField(name)) || (step.changesOrigin && isCredentialField(name));
  const headers = new RequestHeaders([...request.headers].filter((field) => !left(field)));
  return request.with({
    method: step.method,
    url: new Target(step.url),
    headers,
    body: step.dropsBody ? null : body,
    options: step.changesOrigin && options.auth !== null ? { ...options, auth: null } : options,
    attempt: 1,
  });
}
