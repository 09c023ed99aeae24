/** Requests without a client: what stands around the sending of one, over a mock. */
import { assemble } from "../../../../src/http/client/features/assemble.ts";
import {
  ClientRequest,
  type HttpClientOptions,
  type Send,
} from "../../../../src/http/client/exchange.ts";
import { clientDefaults } from "../../../../src/http/client/options.ts";
import type { HttpResponse } from "../../../../src/http/client/response.ts";
import { parseTarget } from "../../../../src/http/client/target.ts";
import { outgoingBody, type BodyInit } from "../../../../src/http/body/outgoing-body.ts";

/** A request as a client with these options makes it. */
export function requestOf(
  method: string,
  url: string,
  options: HttpClientOptions & { body?: BodyInit } = {},
): ClientRequest {
  const { body, ...rest } = options;
  const resolved = clientDefaults(rest, "");
  return new ClientRequest(
    method,
    parseTarget(url, null),
    body === undefined ? null : outgoingBody(body),
    resolved,
  );
}

/** Sends it through all that its options put around `core`. */
export function sendThrough(core: Send, request: ClientRequest): Promise<HttpResponse> {
  return assemble(request.options, core)(request);
}
