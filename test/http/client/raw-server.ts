/** A server that a test plays by hand: it sees the bytes of requests, and writes those of responses. */
import {
  ConnectionReset,
  listen,
  UnexpectedEnd,
  withNetwork,
  type ByteStream,
  type Server,
} from "../../../src/io.ts";
import { HttpClient, type HttpClientOptions } from "../../../src/http.ts";
import { MemoryNetwork, virtual, type VirtualTime } from "../../../src/testing.ts";

/** A test function that runs under virtual time, on a network that has every host. */
export function offline(body: (time: VirtualTime) => unknown): () => Promise<void> {
  return virtual((time) => withNetwork(new MemoryNetwork(), () => body(time)));
}

/** A request, as it came. */
export interface RawRequest {
  readonly stream: ByteStream;
  /** The whole head. */
  readonly head: string;
  /** Which connection it came on, and which request of that it is; both from 1. */
  readonly connection: number;
  readonly request: number;
  /** Writes to the client. */
  write(text: string): Promise<void>;
}

export interface RawServer extends AsyncDisposable {
  readonly url: string;
  readonly server: Server;
  /** How many connections there have been. */
  readonly connections: number;
  /** The heads of all requests. */
  readonly heads: readonly string[];
}

/** A response with a body of a known length. */
export function ok(body: string, fields: string = ""): string {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${new TextEncoder().encode(body).length}\r\n\r\n${body}`;
}

/** Calls `answer` for each request; what it returns is written. A connection is closed when `answer` gives null. */
export async function rawServer(
  answer: (request: RawRequest) => Promise<string | null | void> | string | null | void,
  at: { readonly host: string; readonly port: number } = { host: "shop", port: 80 },
): Promise<RawServer> {
  let connections = 0;
  const heads: string[] = [];
  const server = await listen(
    at,
    async (stream) => {
      const connection = ++connections;
      for (let request = 1; ; request++) {
        const head = await headOf(stream);
        if (head === null) return;
        heads.push(head);
        const write = (text: string): Promise<void> => stream.write(text);
        const said = await answer({ stream, head, connection, request, write });
        if (said === null) return;
        if (typeof said === "string") await stream.write(said);
      }
    },
    { onError: () => {} },
  );
  return {
    server,
    url: `http://${at.host}${server.port === 80 ? "" : `:${server.port}`}/`,
    get connections() {
      return connections;
    },
    heads,
    [Symbol.asyncDispose]: () => server.close({ drainMs: 0 }),
  };
}

async function headOf(stream: ByteStream): Promise<string | null> {
  try {
    return new TextDecoder("latin1").decode(await stream.readUntil("\r\n\r\n"));
  } catch (error) {
    if (error instanceof UnexpectedEnd || error instanceof ConnectionReset) return null;
    throw error;
  }
}

/** A client of the server at http://shop/. */
export function clientOf(options: HttpClientOptions = {}): HttpClient {
  return new HttpClient({ baseUrl: "http://shop/", ...options });
}

/** What a promise was rejected with. */
export async function failureOf(promise: PromiseLike<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not fail");
}
