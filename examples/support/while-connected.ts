import type { ServerResponse } from "node:http";
import { withSignal } from "tsyncio";

/** What {@link whileConnected} throws when the client has left. */
export class ClientLeft extends Error {
  override readonly name = "ClientLeft";
}

/**
 * Runs `fn` for as long as somebody waits for the answer: all of it is cancelled when the client goes away. This is all that
 * it takes to use tsyncio in a handler of an existing `node:http`, Express or Fastify server.
 */
export function whileConnected<T>(response: ServerResponse, fn: () => Promise<T>): Promise<T> {
  const connection = new AbortController();
  response.once("close", () => connection.abort(new ClientLeft("the client has left")));
  return withSignal(connection.signal, fn);
}
