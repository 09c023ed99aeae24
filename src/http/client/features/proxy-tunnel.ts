/**
 * A way through a proxy: CONNECT (RFC 9110, section 9.3.6). The connection to the proxy becomes one to the server, over which TLS is spoken
 * next; the proxy sees host and port, and how many bytes go by.
 *
 * Nothing that came behind the proxy's answer is read here: it belongs to the server, and goes along with the transport.
 */
import type { ByteStream } from "../../../io/stream/byte-stream.ts";
import type { Transport } from "../../../io/stream/transport.ts";
import { fieldLine } from "../../wire/fields.ts";
import { HttpProtocolError } from "../../wire/errors.ts";
import { HEAD, MORE } from "../../wire/events.ts";
import { wireLimits } from "../../wire/limits.ts";
import type { ResponseHead } from "../../wire/response-head.ts";
import { ResponseReader } from "../../wire/response-reader.ts";
import { requestHeadText } from "../../wire/writing.ts";
import type { ProxyTarget } from "./proxy-environment.ts";
import { ProxyFailed } from "./proxy-errors.ts";

/** A connection whose stream has given it up: it is started, and delivers to nobody. What secures it takes it over. */
export interface Detached {
  readonly transport: Transport;
  /** What has come and was not read; null for nothing. */
  readonly unread: Uint8Array | null;
}

/**
 * Asks the proxy at the other end of `stream` for a way to `host` and `port`. The connection is destroyed unless this returns it.
 *
 * Cancel safety: a cancelled call has closed the connection.
 * @throws {ProxyFailed} when the proxy refuses, answers something that is no HTTP, or hangs up.
 * @throws {ConnectionReset} when the connection to the proxy is lost.
 */
export async function openTunnel(
  stream: ByteStream,
  target: { readonly host: string; readonly port: number },
  proxy: ProxyTarget,
): Promise<Detached> {
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  const authority = `${host}:${target.port}`;
  let detached: Detached | null = null;
  try {
    await stream.write(connectHead(authority, proxy));
    const reader = new ResponseReader(wireLimits);
    reader.expect("CONNECT");
    const head = await finalHead(stream, reader, authority, proxy);
    if (!head.isTunnel || head.status < 200)
      throw new ProxyFailed(proxy.href, authority, {
        status: head.status,
        reason: `it answered ${head.status}${head.reason === "" ? "" : ` ${head.reason}`}`,
      });
    detached = joined(reader.takeUnread(), stream.detach());
    return detached;
  } finally {
    if (detached === null) stream.abort();
  }
}

function connectHead(authority: string, { authorization }: ProxyTarget): string {
  const credentials = authorization === null ? "" : fieldLine("Proxy-Authorization", authorization);
  return requestHeadText("CONNECT", authority, fieldLine("Host", authority) + credentials);
}

/** Reads the head of the proxy's answer, past interim ones. */
async function finalHead(
  stream: ByteStream,
  reader: ResponseReader,
  authority: string,
  proxy: ProxyTarget,
): Promise<ResponseHead> {
  try {
    for (;;) {
      const event = reader.next();
      // Behind 101 the reader never has another head.
      if (event === HEAD && (reader.head.status >= 200 || reader.head.isTunnel)) return reader.head;
      if (event !== MORE) continue;
      const bytes = await stream.read();
      if (bytes === null)
        throw new ProxyFailed(proxy.href, authority, {
          status: null,
          reason: "it hung up without an answer",
        });
      reader.push(bytes);
    }
  } catch (error) {
    if (!(error instanceof HttpProtocolError)) throw error;
    throw new ProxyFailed(proxy.href, authority, {
      status: null,
      reason: `its answer is no HTTP: ${error.message}`,
      cause: error,
    });
  }
}

function joined(behind: Uint8Array | null, { transport, unread }: Detached): Detached {
  if (behind === null || unread === null) return { transport, unread: behind ?? unread };
  const both = new Uint8Array(behind.length + unread.length);
  both.set(behind);
  both.set(unread, behind.length);
  return { transport, unread: both };
}
