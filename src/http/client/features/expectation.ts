import type { ClientRequest, Send } from "../exchange.ts";
import type { HttpResponse } from "../response.ts";

/**
 * Sends a request whose body waits to be asked for. Some server on the way may not know of such: it answers 417, and the request is sent once
 * more without the expectation (RFC 9110, section 10.1.1). Where the body was on its way already, or can be sent but once, the 417 is
 * handed out.
 */
export async function sendExpecting(request: ClientRequest, send: Send): Promise<HttpResponse> {
  const response = await send(request);
  const { body, options, attempt } = request;
  if (response.status !== 417 || !response.isBodyHeld || body?.isRepeatable !== true) return response;
  await response.close();
  return send(request.with({ attempt: attempt + 1, options: { ...options, expectContinueMs: null } }));
}
