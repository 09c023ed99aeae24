/** Handlers of ours in servers of `node:http`. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { until } from "../../../../src/index.ts";
import { connect, type ByteStream } from "../../../../src/io.ts";
import { toNodeHandler, type AdapterOptions, type Handler } from "../../../../src/http.ts";

export interface Mounted extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
}

export function mounted(handler: Handler, options: AdapterOptions = {}): Promise<Mounted> {
  return listening(createServer(toNodeHandler(handler, options)));
}

export async function listening(server: Server): Promise<Mounted> {
  await until(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const talk = async ({ port }: Mounted, text: string): Promise<ByteStream> => {
  const stream = await connect({ host: "127.0.0.1", port });
  await stream.write(text);
  return stream;
};
