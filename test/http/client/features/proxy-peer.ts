/** A proxy to test against, written with streams: it notes what it is asked for, and passes bytes on. */
import { withTaskGroup } from "../../../../src/index.ts";
import {
  connect,
  listen,
  type ByteStream,
  type Server,
  type TlsServerOptions,
} from "../../../../src/io.ts";

export interface ProxyPeer extends AsyncDisposable {
  readonly port: number;
  /** The heads that came: request line and fields. */
  readonly heads: string[];
  /** How many connections were made to it. */
  readonly connections: () => number;
}

export interface PeerOptions {
  readonly host?: string;
  readonly port?: number;
  readonly tls?: TlsServerOptions;
  /** What it answers to a head in place of passing on; null to pass on. */
  readonly answer?: (head: string) => string | null;
  /** Where it goes, whatever it is asked for. */
  readonly target: { readonly host: string; readonly port: number };
}

export async function proxyPeer(options: PeerOptions): Promise<ProxyPeer> {
  const { host = "127.0.0.1", port = 0, tls, target, answer = () => null } = options;
  const heads: string[] = [];
  let connections = 0;
  const server: Server = await listen(
    { host, port },
    async (stream) => {
      connections++;
      const head = await readHead(stream);
      heads.push(head);
      const refused = answer(head);
      if (refused !== null) {
        await stream.write(refused);
        return;
      }
      await using out = await connect(target);
      if (head.startsWith("CONNECT ")) await stream.write("HTTP/1.1 200 Connection established\r\n\r\n");
      else
        await out.write(
          head.replace(/^(\S+) http:\/\/[^/]*/, "$1 ").replace(/proxy-authorization:.*\r\n/i, ""),
        );
      await withTaskGroup((group) => {
        group.spawn(() => pass(stream, out));
        group.spawn(() => pass(out, stream));
      });
    },
    { drainMs: 0, onError: () => {}, ...(tls === undefined ? {} : { tls }) },
  );
  return {
    port: "port" in server.address ? server.address.port : 0,
    heads,
    connections: () => connections,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function readHead(stream: ByteStream): Promise<string> {
  return new TextDecoder().decode(await stream.readUntil("\r\n\r\n"));
}

async function pass(from: ByteStream, to: ByteStream): Promise<void> {
  for (;;) {
    const bytes = await from.read();
    if (bytes === null) break;
    await to.write(bytes);
  }
  await to.end();
}
