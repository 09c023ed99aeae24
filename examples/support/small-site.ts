/** A small web site on this machine, for examples that need pages to fetch. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { detached, sleep } from "tsyncio";

/** What a page answers, and after how long. */
export interface SmallPage {
  readonly body: string;
  readonly latencyMs?: number;
}

export interface SmallSite extends AsyncDisposable {
  /** Where it is, without a slash at the end. */
  readonly origin: string;
  /** How many requests it has had. */
  readonly requests: number;
}

/** Serves `pages` by their paths on a free port of the loopback interface. */
export async function openSmallSite(pages: Readonly<Record<string, SmallPage>>): Promise<SmallSite> {
  let requests = 0;
  const server = createServer(async (request, response) => {
    requests++;
    const page = pages[request.url ?? "/"];
    await sleep(page?.latencyMs ?? 0);
    response
      .writeHead(page === undefined ? 404 : 200, { "content-type": "text/html" })
      .end(page?.body ?? "");
  });
  const origin = await listen(server);
  return {
    origin,
    get requests(): number {
      return requests;
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

/**
 * Listens on a free port and gives the address.
 *
 * The handlers of a server run in the scope in which it was told to listen. Detached, they belong to no caller: they live on when
 * the caller has ended, and are not cancelled with it.
 */
export function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      const { port } = server.address() as AddressInfo;
      resolve(`http://127.0.0.1:${port}`);
    });
    detached(() => server.listen(0, "127.0.0.1"));
  });
}

/** Closes a server and the connections to it. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
