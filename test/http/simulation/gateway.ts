/** A server between clients and the shop: it hands on requests and responses, piece by piece, by a client of its own. */
import { sleep, withShield } from "../../../src/index.ts";
import {
  HttpClient,
  HttpError,
  HttpRequestError,
  reply,
  serve,
  type Handler,
} from "../../../src/http.ts";
import { HostCrashed, type SimulatedHost } from "../../../src/testing.ts";
import { PORT, type Ledger } from "./shop.ts";

/** By then the rest of a response that nobody wants has come, or its connection is closed. */
const DRAINED_MS = 1_100;

/** The client is made by the first request, and serves all others. */
function handing(opened: HttpClient[]): Handler {
  return async (request) => {
    const http = (opened[0] ??= new HttpClient({
      baseUrl: "http://shop",
      maxConnections: 2,
      maxRedirects: 0,
    }));
    try {
      const { method, path } = request;
      const options = method === "POST" || method === "PUT" ? { body: request.body } : {};
      const { status, headers, body } = await http.request(method, path, options);
      const location = headers.get("location");
      return reply(body, { status, headers: location === null ? {} : { location } });
    } catch (error) {
      if (error instanceof HttpRequestError) throw new HttpError(502, "the shop does not answer");
      throw error;
    }
  };
}

/** Runs the gateway until it is cancelled, and again after each crash of its host. */
export async function keepGateway(host: SimulatedHost, ledger: Ledger): Promise<void> {
  for (;;) {
    try {
      await host.run(() => openGateway(ledger));
      return;
    } catch (error) {
      if (!(error instanceof HostCrashed)) throw error;
      await sleep(50);
    }
  }
}

async function openGateway(ledger: Ledger): Promise<void> {
  const opened: HttpClient[] = [];
  const server = await serve(handing(opened), { port: PORT, onError: () => {} });
  try {
    await sleep(Infinity);
  } finally {
    await server.close({ drainMs: 0 });
    for (const http of opened) {
      await withShield(Infinity, () => sleep(DRAINED_MS));
      // A connection that is on its way goes on when those for whom it was begun have gone.
      const { connecting, waiting, open, idle } = http.stats();
      if (waiting > 0 || open !== idle + connecting)
        ledger.wrong.push(`the client of a closed gateway has ${JSON.stringify(http.stats())}`);
      await http.close();
    }
  }
}
