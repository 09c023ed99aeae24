/**
 * A handler of ours in a `node:http` server that exists: as its listener, or behind the path of a framework.
 *
 * Only the shape of Node's objects is known here. They call us from their events, in the root context.
 */
import type { NamedEnd, StreamEnd } from "../../../io/net/address.ts";
import type { TlsInfo } from "../../../io/stream/transport.ts";
import { HttpProtocolError } from "../../wire/errors.ts";
import type { RequestHead } from "../../wire/request-head.ts";
import { textOf } from "../failure.ts";
import type { Handler } from "../options.ts";
import type { Ends } from "../request.ts";
import { adapterCore, headOf, type AdapterOptions } from "./adapter-core.ts";
import { NodeInput, NodeOutput, pairs, type NodeRequest, type NodeResponse } from "./node-messages.ts";
import { Visit } from "./visit.ts";

/** What a `node:http` server takes as its listener. */
export type NodeHandler = (request: NodeRequest, response: NodeResponse) => void;

/**
 * Makes a handler of ours one for a `node:http` server, or for a framework that mounts such (`app.use("/api", toNodeHandler(handler))`).
 *
 * As with `serve`, each request is a task, cancelled with all that it began when its client leaves; replies go no faster than the client
 * takes them; what a handler throws is answered, and what is no fault of the client reported. How long heads and bodies may take, and how
 * many connections there are, is that server's affair. Below a path of Express or Connect, `request.path` is what is left behind that path, as
 * their own handlers see it; `target` and `url` are what the client asked for. The handler reads the body itself: mount it before parsers such as
 * `express.json()`. Tasks live in the background of the caller's runtime: closing the server does not
 * end them, their clients' leaving does.
 *
 * @throws {InvalidArgument} for options that make no sense.
 * @example
 * import { createServer } from "node:http";
 * import { HttpClient, toNodeHandler } from "tsyncio/http";
 * const server = createServer(toNodeHandler(async (request) => ({ you: "sent", text: await request.text() })));
 * await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
 * {
 *   await using http = new HttpClient();
 *   const { port } = server.address() as { port: number };
 *   console.log(await http.post(`http://127.0.0.1:${port}/`, { body: "hello" }).text()); // {"you":"sent","text":"hello"}
 * }
 * server.close();
 */
export function toNodeHandler(handler: Handler, options: AdapterOptions = {}): NodeHandler {
  const core = adapterCore("toNodeHandler", handler, options);
  return (request, response) => {
    const output = new NodeOutput(response);
    let head: RequestHead;
    try {
      head = headOfNode(request);
    } catch (error) {
      refuse(output, error);
      return;
    }
    const visit = new Visit(core, head, endsOf(request.socket), {
      input: new NodeInput(request),
      output,
    });
    output.watch(visit);
    visit.start();
  };
}

/** Answers what is no request. */
function refuse(output: NodeOutput, error: unknown): void {
  const status = error instanceof HttpProtocolError ? error.status : 400;
  const fields = [["content-type", "text/plain;charset=UTF-8"]] as const;
  output.whole({ status, reason: null, fields }, textOf(error as Error));
}

function headOfNode(request: NodeRequest): RequestHead {
  const fields = pairs(request.rawHeaders);
  const has = (wanted: string): boolean => fields.some(([name]) => name.toLowerCase() === wanted);
  const authority = fields.find(([name]) => name === ":authority")?.[1] ?? null;
  return headOf({
    method: request.method ?? "GET",
    target: request.originalUrl ?? request.url ?? "/",
    mountedTarget: request.url ?? "/",
    version: request.httpVersionMajor === 1 && request.httpVersionMinor === 0 ? 10 : 11,
    fields,
    host: authority,
    hasBody:
      has("transfer-encoding") || has("content-length") || (authority !== null && !request.complete),
  });
}

/** What is known of a socket of Node. */
interface NodeSocket {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly encrypted?: boolean;
  readonly alpnProtocol?: string | false | null;
  readonly servername?: string | false | null;
  readonly authorized?: boolean;
  getProtocol?(): string | null;
}

const unknownEnd: NamedEnd = { name: "unknown" };

function endsOf(socket: NodeSocket): Ends {
  return {
    local: endOf(socket.localAddress, socket.localPort),
    remote: endOf(socket.remoteAddress, socket.remotePort),
    tls: socket.encrypted === true ? tlsOf(socket) : null,
  };
}

function endOf(host: string | undefined, port: number | undefined): StreamEnd {
  return host === undefined || port === undefined ? unknownEnd : { host, port };
}

function tlsOf(socket: NodeSocket): TlsInfo {
  return {
    protocol: socket.getProtocol?.() ?? "unknown",
    alpnProtocol: socket.alpnProtocol || null,
    serverName: socket.servername || null,
    isPeerTrusted: socket.authorized === true,
    peerCertificate: null,
  };
}
