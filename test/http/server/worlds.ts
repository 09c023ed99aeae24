/** Where a server is tried: on the platform's network, and in memory under virtual time. */
import { it } from "node:test";
import { serve, type Handler, type HttpServer, type ServeOptions } from "../../../src/http.ts";
import { withNetwork } from "../../../src/io.ts";
import { MemoryNetwork, virtual, type VirtualTime } from "../../../src/testing.ts";
import { RawClient } from "./raw-client.ts";

/** A test on both networks. */
export function law(what: string, body: () => Promise<void>): void {
  it(`${what} (on the platform's network)`, body);
  it(
    `${what} (in memory)`,
    virtual(() => withNetwork(new MemoryNetwork(), body)),
  );
}

/** A test in memory, under virtual time. `windowBytes`: how much is on its way, at most. */
export function timed(
  what: string,
  body: (time: VirtualTime) => Promise<void>,
  windowBytes: number = 65_536,
): void {
  it(
    what,
    virtual((time) => withNetwork(new MemoryNetwork({ windowBytes }), () => body(time))),
  );
}

export function local(handler: Handler, options: ServeOptions = {}): Promise<HttpServer> {
  return serve(handler, { host: "127.0.0.1", ...options });
}

export function client(server: HttpServer): Promise<RawClient> {
  return RawClient.to(server.address);
}

/** Serves, and runs `body` with one client. */
export async function withServer(
  handler: Handler,
  body: (client: RawClient, server: HttpServer) => Promise<void>,
  options: ServeOptions = {},
): Promise<void> {
  await using server = await local(handler, { closeGraceMs: 0, ...options });
  await using one = await client(server);
  await body(one, server);
}
