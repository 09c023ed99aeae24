/** Real servers on the loopback interface, closed at the end of a test. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";

export interface Loopback extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly origin: string;
  readonly port: number;
  /** Requests whose answer is not finished and whose socket is not closed, and the most there ever were. */
  readonly running: number;
  readonly mostRunning: number;
  /** The paths in the order in which they were asked for. */
  readonly paths: readonly string[];
  /** Settles when no request runs any more. */
  quiet(): Promise<void>;
}

type Handler = (path: string, response: ServerResponse, request: IncomingMessage) => unknown;

export async function serveHttp(handler: Handler): Promise<Loopback> {
  const running = new Set<ServerResponse>();
  const paths: string[] = [];
  const idle: Array<() => void> = [];
  let mostRunning = 0;
  const server = createHttpServer((request, response) => {
    running.add(response);
    mostRunning = Math.max(mostRunning, running.size);
    response.once("close", () => {
      running.delete(response);
      if (running.size === 0) for (const resolve of idle.splice(0)) resolve();
    });
    paths.push(request.url ?? "");
    void handler(request.url ?? "", response, request);
  });
  const port = await listen(server);
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    paths,
    get running(): number {
      return running.size;
    },
    get mostRunning(): number {
      return mostRunning;
    },
    quiet: () => (running.size === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve))),
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return close(server);
    },
  };
}

/** A server that does with each connection what it likes. */
export async function serveTcp(
  handler: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly origin: string }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    handler(socket);
  });
  const port = await listen(server);
  return {
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return close(server);
    },
  };
}

/** A port on which nothing listens. */
export async function deadPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  await close(server);
  return port;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
